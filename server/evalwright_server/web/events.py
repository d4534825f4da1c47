"""Server-sent events."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import StreamingResponse

from evalwright_server.runs.errors import RunNotFound
from evalwright_server.runs.records import RunRow
from evalwright_server.services.runs import ShownRun
from evalwright_server.web.content import dump
from evalwright_server.web.presence import while_present

HEARTBEAT_SECONDS: Final = 15.0
"""How long a stream is silent before a comment shows that it is alive."""


def event_stream(
    request: Request,
    stopping: asyncio.Event,
    events: AsyncGenerator[bytes, None],
    heartbeat: float = HEARTBEAT_SECONDS,
) -> StreamingResponse:
    """Return an answer that sends events, each as it stands on the wire, until they end."""
    return StreamingResponse(
        _with_heartbeats(while_present(request, stopping, events, heartbeat)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _with_heartbeats(events: AsyncIterator[bytes | None]) -> AsyncIterator[bytes]:
    async for event in events:
        yield b": still here\n\n" if event is None else event


def frame(kind: str, place: str, data: bytes) -> bytes:
    """Return an event as it stands on the wire.

    Args:
        kind: Its type.
        place: Its ID.
        data: What it carries: JSON in one line.
    """
    return b"event: %b\nid: %b\ndata: %b\n\n" % (kind.encode(), place.encode(), data)


async def run_events(
    shown: ShownRun, changes: AsyncIterator[RunRow]
) -> AsyncGenerator[bytes, None]:
    """Yield an event each time a run changes, until it ends or is deleted."""
    try:
        async for run in changes:
            yield frame("run", str(run.version), dump(shown.at(run).view()))
    except RunNotFound:
        return
