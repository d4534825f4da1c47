"""Server-sent events about a run."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import StreamingResponse

from evalwright_server.runs.errors import RunNotFound
from evalwright_server.runs.records import RunRow
from evalwright_server.services.runs import ShownRun
from evalwright_server.web.content import dump
from evalwright_server.web.presence import gone

HEARTBEAT_SECONDS: Final = 15.0
"""How long a stream is silent before a comment shows that it is alive."""


def event_stream(
    request: Request,
    stopping: asyncio.Event,
    shown: ShownRun,
    changes: AsyncIterator[RunRow],
    heartbeat: float = HEARTBEAT_SECONDS,
) -> StreamingResponse:
    """Return an answer that sends a run each time it changes, until it has ended."""
    frames = _frames(request, stopping, shown, changes, heartbeat)
    return StreamingResponse(
        frames,
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _frames(
    request: Request,
    stopping: asyncio.Event,
    shown: ShownRun,
    changes: AsyncIterator[RunRow],
    heartbeat: float,
) -> AsyncIterator[bytes]:
    """Yield what goes over the wire; a client that left or a server that stops ends it."""
    endings = {asyncio.create_task(gone(request)), asyncio.create_task(stopping.wait())}
    following: asyncio.Task[RunRow | None] = asyncio.create_task(_next(changes))
    try:
        while True:
            waited = {following, *endings}
            done, _ = await asyncio.wait(
                waited, timeout=heartbeat, return_when=asyncio.FIRST_COMPLETED
            )
            if following in done:
                run = following.result()
                if run is None:
                    return
                yield _frame(shown.at(run))
                following = asyncio.create_task(_next(changes))
            elif done:
                return
            else:
                yield b": still here\n\n"
    finally:
        for task in {following, *endings}:
            task.cancel()
        await asyncio.gather(following, *endings, return_exceptions=True)


async def _next(changes: AsyncIterator[RunRow]) -> RunRow | None:
    try:
        return await anext(changes, None)
    except RunNotFound:
        return None


def _frame(shown: ShownRun) -> bytes:
    return b"event: run\nid: %d\ndata: %b\n\n" % (shown.run.version, dump(shown.view()))
