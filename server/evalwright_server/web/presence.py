"""Long answers end when nobody waits for them any more, and when the server is to stop."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
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


async def while_present(
    request: Request,
    stopping: asyncio.Event,
    source: AsyncGenerator[T, None],
    silence: float,
) -> AsyncIterator[T | None]:
    """Yield what a source yields, and None whenever it was silent for some seconds.

    A client that left and a server that is to stop end it, and the source with it.
    """
    endings = {asyncio.create_task(gone(request)), asyncio.create_task(stopping.wait())}
    following = asyncio.create_task(_next(source))
    try:
        while True:
            waited = {following, *endings}
            done, _ = await asyncio.wait(
                waited, timeout=silence, return_when=asyncio.FIRST_COMPLETED
            )
            if following in done:
                values = following.result()
                if not values:
                    return
                yield values[0]
                following = asyncio.create_task(_next(source))
            elif done:
                return
            else:
                yield None
    finally:
        for task in {following, *endings}:
            task.cancel()
        await asyncio.gather(following, *endings, return_exceptions=True)
        await source.aclose()


async def _next(source: AsyncGenerator[T, None]) -> list[T]:
    """Return the next value, or none at the end."""
    async for value in source:
        return [value]
    return []
