"""Runs of every kind, seen alike."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, literal_column, select

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import RunFinished
from evalwright_server.runs.job_payload import QUEUE
from evalwright_server.runs.records import RunRow
from evalwright_server.runs.statements import RUN_COLUMNS, run_row
from evalwright_server.runs.states import State
from evalwright_server.services.errors import Conflict, FieldError, ResourceNotFound
from evalwright_server.services.pages import Order, Page, PageRequest, fetch
from evalwright_server.services.references import decode_all, require
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.ids import Kind, encode
from evalwright_server.store.tables.runs import runs
from evalwright_server.store.tables.spaces import spaces

_ORDER = Order("runs", (runs.c.id,))

# Literals, or the databases would not use the partial indexes.
_COUNT_QUEUED = (
    select(runs.c.queue, func.count().label("number"))
    .where(runs.c.state == literal_column(f"'{State.QUEUED}'"))
    .group_by(runs.c.queue)
)
_COUNT_RUNNING = (
    select(func.count())
    .select_from(runs)
    .where(runs.c.state == literal_column(f"'{State.RUNNING}'"))
)
_UID = re.compile(r"(?:[a-z]+-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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
            "id": run.uid or encode(Kind.TASK_RUN, run.id, run.suffix),
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
    uids = [text for text in ids if _is_uid(text)]
    by_uid = engine.find_many(conn, uids) if uids else {}
    others = [text for text in ids if not _is_uid(text)]
    wanted = dict(zip(others, decode_all(others, "query:ids"), strict=True))
    rows = engine.get_many(conn, [resource.number for resource in wanted.values()])

    def pick(text: str) -> RunRow | None:
        if text not in wanted:
            return by_uid.get(text)
        row = rows.get(wanted[text].number)
        is_meant = row is not None and row.uid is None and row.suffix == wanted[text].suffix
        return row if is_meant else None

    found = [row for row in map(pick, ids) if row is not None]
    return Page([], None).envelope("runs", _views(conn, found))


def get_run(conn: Connection, run_id: str, *, engine: Engine) -> ShownRun:
    """Return a run."""
    return _show(conn, [_find(conn, run_id, engine)])[0]


def cancel_run(conn: Connection, run_id: str, *, engine: Engine) -> ShownRun:
    """Cancel a run.

    Raises:
        Conflict: It has ended.
    """
    key = _find(conn, run_id, engine).id
    try:
        return _show(conn, [engine.cancel(conn, key)])[0]
    except RunFinished as error:
        raise Conflict(f"{error}; only a queued or running one can be cancelled") from error


def _is_uid(text: str) -> bool:
    """Tell IDs that kinds of runs give themselves, UUIDs, from those made of numbers."""
    return _UID.fullmatch(text) is not None


def _find(conn: Connection, run_id: str, engine: Engine) -> RunRow:
    """Return the run that a public ID names.

    Raises:
        InvalidRequest: The text is no ID.
        ResourceNotFound: No run has it.
    """
    if _is_uid(run_id):
        row = engine.find(conn, run_id)
    else:
        row = engine.get(conn, require(conn, Kind.TASK_RUN, run_id, "path:run_id").id)
    if row is None or (row.uid is not None and row.uid != run_id):
        message = f"no run has the ID {run_id!r}; it may have been deleted"
        raise ResourceNotFound(message, [FieldError("path:run_id", message)])
    return row


@dataclass(frozen=True, slots=True)
class ActiveRuns:
    """How many runs have not ended.

    Attributes:
        queued: Those of every kind that wait for a worker.
        running: Those of every kind that a worker has.
        waiting_jobs: The jobs that wait for a worker.
    """

    queued: int
    running: int
    waiting_jobs: int


def count_active(conn: Connection) -> ActiveRuns:
    """Return how many runs have not ended, however many have."""
    waiting = {row.queue: row.number for row in conn.execute(_COUNT_QUEUED)}
    running = conn.execute(_COUNT_RUNNING).scalar_one()
    return ActiveRuns(sum(waiting.values()), running, waiting.get(QUEUE, 0))


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
