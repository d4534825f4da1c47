"""Long answers end when nobody waits for them any more, and when the server is to stop."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request

T = TypeVar("T")


class ClientGone(Exception):
    """The client closed the connection before it was answered."""


async def gone(request: Request) -> None:
    """Return when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def while_wanted(
    request: Request, stopping: asyncio.Event, work: Coroutine[Any, Any, T]
) -> T | None:
    """Return what a coroutine returns, or None if the server is to stop before that.

    Raises:
        ClientGone: The client went away first.
    """
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(gone(request))
    stop = asyncio.create_task(stopping.wait())
    tasks = {working, leaving, stop}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        if leaving.done():
            raise ClientGone
        return None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
