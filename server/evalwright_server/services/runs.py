"""Runs of every kind, seen alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import RunFinished
from evalwright_server.runs.records import RunRow
from evalwright_server.runs.statements import RUN_COLUMNS, run_row
from evalwright_server.runs.states import State
from evalwright_server.services.errors import Conflict
from evalwright_server.services.pages import Order, Page, PageRequest, fetch
from evalwright_server.services.references import decode_all, require
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.ids import Kind, encode
from evalwright_server.store.tables.runs import runs
from evalwright_server.store.tables.spaces import spaces

_ORDER = Order("runs", (runs.c.id,))


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run of any kind, and what an answer about it needs besides."""

    space_id: str
    run: RunRow

    def at(self, run: RunRow) -> "ShownRun":
        """Return it with a newer state of the run."""
        return ShownRun(self.space_id, run)

    def view(self) -> JsonObject:
        """Return it as it stands in answers."""
        run = self.run
        return {
            "id": encode(Kind.TASK_RUN, run.id, run.suffix),
            "kind": run.kind,
            "state": run.state,
            "attempt": run.attempt,
            "space_id": self.space_id,
            "progress": view_progress(run),
            "failure_reason": run.failure_reason,
            "note": run.note,
            "cancel_requested": run.cancel_requested,
            "created_at": run.created_at,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
        }


def list_runs(
    conn: Connection, page: PageRequest, *, state: str | None = None, space_id: str | None = None
) -> JsonObject:
    """Return a page of runs, newest first."""
    statement = select(*RUN_COLUMNS)
    if state:
        statement = statement.where(runs.c.state == state)
    if space_id:
        space = require(conn, Kind.SPACE, space_id, "query:space_id")
        statement = statement.where(runs.c.space_id == space.id)
    found = fetch(conn, statement, _ORDER, page)
    return found.envelope("runs", _views(conn, [run_row(row) for row in found.rows]))


def pick_runs(conn: Connection, ids: Sequence[str], *, engine: Engine) -> JsonObject:
    """Return exactly these runs in this order; IDs that don't exist are left out.

    Raises:
        InvalidRequest: A text is no ID.
    """
    wanted = decode_all(ids, "query:ids")
    rows = engine.get_many(conn, [resource.number for resource in wanted])
    found = [
        rows[resource.number]
        for resource in wanted
        if resource.number in rows and rows[resource.number].suffix == resource.suffix
    ]
    return Page([], None).envelope("runs", _views(conn, found))


def get_run(conn: Connection, run_id: str, *, engine: Engine) -> ShownRun:
    """Return a run."""
    row = engine.get(conn, require(conn, Kind.TASK_RUN, run_id, "path:run_id").id)
    if row is None:
        raise LookupError("the run was there a moment ago, in the same transaction")
    return _show(conn, [row])[0]


def cancel_run(conn: Connection, run_id: str, *, engine: Engine) -> ShownRun:
    """Cancel a run.

    Raises:
        Conflict: It has ended.
    """
    key = require(conn, Kind.TASK_RUN, run_id, "path:run_id").id
    try:
        return _show(conn, [engine.cancel(conn, key)])[0]
    except RunFinished as error:
        raise Conflict(f"{error}; only a queued or running one can be cancelled") from error


def count_active(conn: Connection) -> tuple[int, int]:
    """Return how many runs wait for a worker, and how many a worker has."""
    active = runs.c.state.in_([State.QUEUED, State.RUNNING])
    statement = (
        select(runs.c.state, func.count().label("number")).where(active).group_by(runs.c.state)
    )
    counts = {row.state: row.number for row in conn.execute(statement)}
    return counts.get(State.QUEUED, 0), counts.get(State.RUNNING, 0)


def view_progress(row: RunRow) -> JsonObject:
    """Return a run's progress as it stands in answers."""
    progress = row.progress
    return {
        "total": progress.total,
        "done": progress.done,
        "succeeded": progress.succeeded,
        "failed": progress.failed,
        "skipped": progress.skipped,
    }


def _show(conn: Connection, rows: Sequence[RunRow]) -> list[ShownRun]:
    keys = {row.space_id for row in rows}
    statement = select(spaces.c.id, spaces.c.suffix).where(spaces.c.id.in_(keys))
    space_ids = {row.id: encode(Kind.SPACE, row.id, row.suffix) for row in conn.execute(statement)}
    return [ShownRun(space_ids[row.space_id], row) for row in rows]


def _views(conn: Connection, rows: Sequence[RunRow]) -> list[JsonObject]:
    return [shown.view() for shown in _show(conn, rows)]
