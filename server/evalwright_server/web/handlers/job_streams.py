"""What comes from jobs piece by piece: events, output, and archives."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from starlette.responses import Response, StreamingResponse

from evalwright_server.services.job_archive import get_archive, pack
from evalwright_server.services.job_event_pages import JobEvent
from evalwright_server.services.job_events import open_events
from evalwright_server.web.call import Call
from evalwright_server.web.content import dump
from evalwright_server.web.events import HEARTBEAT_SECONDS, event_stream, frame
from evalwright_server.web.presence import while_present


async def stream_job_events(call: Call) -> Response:
    """Send what happens to a job as it happens, until it has ended."""
    context = call.context
    reader = await call.read(
        open_events,
        call.values["job_id"],
        call.values.get("Last-Event-ID"),
        engine=context.engine,
        pointer="header:Last-Event-ID",
    )
    events = _frames(reader.read(follow=True))
    return event_stream(call.request, context.stopping, events)


async def stream_job_output(call: Call) -> Response:
    """Send the same as lines of JSON, with or without waiting for what is still to come."""
    context = call.context
    reader = await call.read(
        open_events,
        call.values["job_id"],
        call.values.get("after"),
        engine=context.engine,
        pointer="query:after",
    )
    pages = reader.read(follow=call.values.get("follow", True))
    wanted = while_present(call.request, context.stopping, pages, HEARTBEAT_SECONDS)
    return StreamingResponse(
        _lines(wanted),
        media_type="application/x-ndjson",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def download_job_artifacts(call: Call) -> Response:
    """Send all files of a job as a zip archive, which is made meanwhile."""
    archive = await call.read(get_archive, call.values["job_id"])
    name = f"job-{archive.job_id}.zip"
    return StreamingResponse(
        pack(call.context.db, archive),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _frames(pages: AsyncGenerator[Sequence[JobEvent], None]) -> AsyncGenerator[bytes, None]:
    async for page in pages:
        yield b"".join(frame(event.type, str(event.id), _json(event)) for event in page)


async def _lines(pages: AsyncIterator[Sequence[JobEvent] | None]) -> AsyncIterator[bytes]:
    """Yield a line per event; a line that says nothing would be an event to many readers."""
    async for page in pages:
        if page is not None:
            yield b"".join(_json(event) + b"\n" for event in page)


def _json(event: JobEvent) -> bytes:
    return dump(event.view(), with_offset=True)
