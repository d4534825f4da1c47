"""The items of an analysis as they are done, a line of JSON each."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select
from starlette.responses import Response, StreamingResponse

from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.services.analysis_records import (
    ItemRow,
    StoredAnalysis,
    find_analysis,
)
from evalwright_server.services.errors import ResourceNotFound
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.analyses import analysis_items
from evalwright_server.web.call import Call
from evalwright_server.web.content import dump
from evalwright_server.web.events import HEARTBEAT_SECONDS
from evalwright_server.web.presence import while_present

_ITEMS_AT_ONCE: Final = 200
_c: Final = analysis_items.c
_DONE: Final = (
    select(_c.position, _c.item, _c.result)
    .where(
        _c.run_id == bindparam("of_run"),
        _c.position > bindparam("behind"),
        _c.outcome.is_not(None),
    )
    .order_by(_c.position)
    .limit(_ITEMS_AT_ONCE)
)

ViewItem = Callable[[StoredAnalysis, Any], JsonObject]
"""Returns an item as it stands in answers; the row has `position`, `item` and `result`."""


async def stream_items(call: Call, kind: AnalysisKind, uid: str, view: ViewItem) -> Response:
    """Send the items of an analysis in their order as they are done, until it has ended."""
    await call.read(find_analysis, kind, uid)
    lines = _follow(call, kind, uid, view)
    present = while_present(call.request, call.context.stopping, lines, HEARTBEAT_SECONDS)
    return StreamingResponse(
        _without_silence(present),
        media_type="application/x-ndjson",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _follow(
    call: Call, kind: AnalysisKind, uid: str, view: ViewItem
) -> AsyncGenerator[bytes, None]:
    behind: int = call.values.get("after", -1)
    engine = call.context.engine
    while True:
        try:
            stored, rows = await call.read(_look, kind, uid, behind)
        except ResourceNotFound:
            return
        if rows:
            behind = rows[-1].position
            yield b"".join(dump(view(stored, row)) + b"\n" for row in rows)
        elif stored.run.state.is_final:
            return
        else:
            version = stored.run.version
            await engine.wait(stored.run.id, since_version=version, timeout=HEARTBEAT_SECONDS)


def _look(
    conn: Connection, kind: AnalysisKind, uid: str, behind: int
) -> tuple[StoredAnalysis, Sequence[ItemRow]]:
    """Return an analysis and its next items; while it runs, none behind one that is not done."""
    stored = find_analysis(conn, kind, uid)
    rows = conn.execute(_DONE, {"of_run": stored.run.id, "behind": behind}).all()
    if stored.run.state.is_final:
        return stored, rows
    whole = [row for number, row in enumerate(rows, behind + 1) if row.position == number]
    return stored, whole


async def _without_silence(lines: AsyncIterator[bytes | None]) -> AsyncIterator[bytes]:
    """Yield lines only: to many readers, an empty one would be an item."""
    async for each in lines:
        if each is not None:
            yield each
