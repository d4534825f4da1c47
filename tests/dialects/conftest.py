"""What tests of the dialects share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from evalwright_server.web.dialects.translation import Interpreter, Translator
from evalwright_server.web.document import Document
from fixtures_server import RunningServer
from server.client import Api

OLD = {"sdk-package-name": "arize", "sdk-version": "8.26.0", "sdk-language": "python"}
NEW = {**OLD, "sdk-version": "8.61.0"}


@pytest.fixture(scope="session")
def document() -> Document:
    """The document of the server."""
    return Document.bundled()


@pytest.fixture(scope="session")
def speaking(document: Document) -> Callable[[str], Translator]:
    """A function that returns the translator for a version of the Arize client."""
    interpreter = Interpreter(document)

    def translator(version: str) -> Translator:
        return interpreter.translator({"sdk-package-name": "arize", "sdk-version": version})

    return translator


@contextmanager
def _client(server: RunningServer, headers: dict[str, str]) -> Iterator[Api]:
    client = Api(server.url, headers)
    yield client
    client.pool.clear()


@pytest.fixture
def api(running_server: RunningServer) -> Iterator[Api]:
    """A client that says nothing of itself."""
    with _client(running_server, {}) as client:
        yield client


@pytest.fixture
def old(running_server: RunningServer) -> Iterator[Api]:
    """A client that says it is Arize's, of the old generation."""
    with _client(running_server, OLD) as client:
        yield client


@pytest.fixture
def new(running_server: RunningServer) -> Iterator[Api]:
    """The same of the new generation."""
    with _client(running_server, NEW) as client:
        yield client
