"""Both twins of TasksClient, and lists for them to look names up in."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from evalwright import AsyncTasksClient, TasksClient
from evalwright.errors import InvalidRequest
from sdk.blocking import Blocking
from sdk.samples import page
from sdk.scripted_server import Reply, Request, ScriptedServer


@pytest.fixture(params=["sync", "async"])
def tasks(request: pytest.FixtureRequest, server: ScriptedServer) -> Iterator[Any]:
    if request.param == "sync":
        with TasksClient(base_url=server.base_url) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        other = AsyncTasksClient(base_url=server.base_url)
        yield Blocking(other, runner)
        runner.run(other.aclose())


def wrong(caught: pytest.ExceptionInfo[InvalidRequest]) -> list[str]:
    return [error.path for error in caught.value.errors]


def listing(key: str, *rows: Any) -> Any:
    """A list as servers give it: filtered by part of the name."""

    def answer(request: Request) -> Reply:
        part = request.query.get("name", "").casefold()
        return page(key, *(row for row in rows if part in row["name"].casefold()))

    return answer
