"""What tests of the server share: clients, and a space with something in it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from databases import database_url, db, postgresql
from fixtures_server import RunningServer, server_settings, serving
from server.client import Api
from server.scenes import Scene, build_scene, unique_name

__all__ = ["database_url", "db", "postgresql"]


@pytest.fixture
def api(running_server: RunningServer) -> Iterator[Api]:
    """A client of the shared server."""
    client = Api(running_server.url)
    yield client
    client.pool.clear()


@pytest.fixture
def connect() -> Iterator[Callable[..., Api]]:
    """A function that returns a client of some server."""
    clients: list[Api] = []

    def make(server: RunningServer, **headers: str) -> Api:
        clients.append(Api(server.url, headers))
        return clients[-1]

    yield make
    for client in clients:
        client.pool.clear()


@pytest.fixture
def unique() -> Callable[[str], str]:
    """A function that makes a name nobody else has."""
    return unique_name


@pytest.fixture
def scene(api: Api) -> Scene:
    """A space of this test's own on the shared server, with something in it."""
    return build_scene(api)


@pytest.fixture(scope="session")
def idle_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server without workers: runs stay as the tests leave them."""
    settings = server_settings(tmp_path_factory.mktemp("idle"))
    with serving(replace(settings, workers=0, job_queue=100_000)) as server:
        yield server


@pytest.fixture
def idle(idle_server: RunningServer) -> Iterator[Api]:
    """A client of the server without workers."""
    client = Api(idle_server.url)
    yield client
    client.pool.clear()
