"""Tests of the released Valiqor client and of its command.

They run in an environment that has the client and none of our code; see the folder above. A project
is a test's own: the client remembers the IDs of projects by name, whatever server they are on.
"""

import importlib.util
import itertools
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from interop.server_process import ServerProcess
from interop.valiqor_client.target import ChatTarget, chat_target

collect_ignore_glob = [] if importlib.util.find_spec("valiqor") else ["test_*.py"]

KEY = "vq_anything"
_numbers = itertools.count()

Connect: TypeAlias = Callable[..., Any]


@pytest.fixture(scope="session")
def server(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that lets red teams attack this machine."""
    data = tmp_path_factory.mktemp("data")
    with ServerProcess(python, data, EVALWRIGHT_ALLOW_PRIVATE_TARGETS="1") as process:
        yield process
        assert not process.failures


@pytest.fixture(scope="session")
def url(server: ServerProcess) -> str:
    """The server's address: the only thing that is changed for the client."""
    return f"http://{server.host}"


@pytest.fixture
def project() -> str:
    """The name of a project of this test's own, that nobody has made."""
    return f"project {next(_numbers):04}"


@pytest.fixture
def connect() -> Connect:
    """What makes a client of a server."""
    from valiqor import ValiqorClient

    def of(host: str, project: str, **settings: Any) -> Any:
        arguments = {"api_key": KEY, "base_url": f"http://{host}", "project_name": project}
        return ValiqorClient(**{**arguments, **settings})

    return of


@pytest.fixture
def client(server: ServerProcess, project: str, connect: Connect) -> Any:
    """A client of the server, for this test's project."""
    return connect(server.host, project)


@pytest.fixture
def target() -> Iterator[ChatTarget]:
    """A chat that red teams can attack."""
    with chat_target() as running:
        yield running
