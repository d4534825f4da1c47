"""Tests of the released Tako client, and of what its guide does with plain HTTP.

They run in an environment that has the client, with `requests`, and none of our code; see the
folder above.
"""

import importlib.util
from typing import Any

import pytest

from interop.server_process import ServerProcess

collect_ignore_glob = [] if importlib.util.find_spec("tako_vm") else ["test_*.py"]


@pytest.fixture(scope="session")
def url(server: ServerProcess) -> str:
    """The server's address: the only thing that is changed for it."""
    return f"http://{server.host}"


@pytest.fixture(scope="session")
def tako(url: str) -> Any:
    """A client of that server."""
    from tako_vm.sdk import TakoVM

    return TakoVM(url)
