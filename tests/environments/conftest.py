"""An index and environments for each test."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from environments.index import Index
from evalwright_server.environments import Environments, PackageSettings

Open = Callable[..., Environments]


@pytest.fixture
def index() -> Iterator[Index]:
    with Index() as running:
        yield running


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def open_environments(tmp_path: Path, index: Index, clock: Clock) -> AsyncIterator[Open]:
    """Make environments that know the index and nothing else of the network."""
    opened: list[Environments] = []

    def make(root: Path = tmp_path / "environments", **settings: Any) -> Environments:
        values = {"index": index.url, "hosts": (), "timeout": 60.0, **settings}
        opened.append(Environments(root, PackageSettings(**values), clock=clock))
        return opened[-1]

    yield make
    for each in opened:
        await each.close()


@pytest.fixture
def environments(open_environments: Open) -> Environments:
    return open_environments()
