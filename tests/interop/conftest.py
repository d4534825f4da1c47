"""Tests of released clients of others against a server in a process of its own.

`nox -s interop` runs them once for each client, in an environment that has that client and none of
our code; EVALWRIGHT_PYTHON names the interpreter that has the server.
"""

import importlib.util
import os
from collections.abc import Iterator
from typing import Any

import pytest

from interop.server_process import ServerProcess

collect_ignore_glob = [] if importlib.util.find_spec("arize") else ["test_*.py"]


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter that has the server."""
    interpreter = os.environ.get("EVALWRIGHT_PYTHON")
    if not interpreter:
        pytest.exit("set EVALWRIGHT_PYTHON to the interpreter that has the server", 2)
    return interpreter


@pytest.fixture(scope="session")
def server(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The server that all these tests share."""
    with ServerProcess(python, tmp_path_factory.mktemp("data")) as process:
        yield process
        assert not process.failures


@pytest.fixture(scope="session")
def client(server: ServerProcess) -> Any:
    """A client of that server."""
    from interop.clients import connect

    return connect(server.host)


@pytest.fixture
def scene(client: Any) -> Any:
    """A space of this test's own, with something in it."""
    from interop.scenes import build_scene

    return build_scene(client)
