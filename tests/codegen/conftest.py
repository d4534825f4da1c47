"""The sample document, compiled once, and a server to talk to."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from codegen.compiler import Compiled, compile_into, load
from codegen.wire_server import WireServer, serving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in one worker, so that the sample is compiled once."""
    here = pathlib.Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("codegen"))


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The package made from the sample."""
    output = tmp_path_factory.mktemp("compiled")
    compile_into(output)
    return load(output)


@pytest.fixture
def server() -> Iterator[WireServer]:
    """A server that plays what the test gives it."""
    with serving() as running:
        yield running


@pytest.fixture
def client(compiled: Compiled, server: WireServer) -> Iterator[Any]:
    """A client of that server, under a path of it."""
    with compiled.client.Client(f"{server.url}/root/", headers={"X-Client": "a"}) as opened:
        yield opened
