"""The events of a job as its rows tell them.

While a job runs, and after it if it lived long enough to be heard, its output is in rows that keep
their numbers. What a short one wrote is in its result only, cut the same way each time; nobody can
have been given other numbers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.records import RunRow
from evalwright_server.runs.states import State
from evalwright_server.services.job_event_ids import EventId, Stage
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.jobs import job_output, job_results

PIECE_CHARACTERS: Final = 256 * 1024
"""The largest piece of output that is taken from a result."""

_PIECES_PER_READ: Final = 16

_c: Final = job_output.c
_OF_ATTEMPT: Final = (_c.run_id == bindparam("of_run")) & (_c.attempt == bindparam("of_attempt"))
_PIECES: Final = (
    select(_c.seq, _c.stream, _c.at, _c.text)
    .where(_OF_ATTEMPT, _c.seq > bindparam("behind"))
    .order_by(_c.seq)
    .limit(_PIECES_PER_READ + 1)
)
_LAST_PIECE: Final = select(func.coalesce(func.max(_c.seq), 0)).where(_OF_ATTEMPT)
_RESULT: Final = select(job_results.c.stdout, job_results.c.stderr).where(
    job_results.c.run_id == bindparam("of_run")
)


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened to a job.

    Attributes:
        id: Its place.
        at: When it happened, where that was kept.
        status: The new status, for events that tell it.
        stream: Where something was written, for events of output.
        text: What was written, for those.
    """

    id: EventId
    at: datetime | None
    status: str | None = None
    stream: str | None = None
    text: str | None = None

    @property
    def type(self) -> str:
        """What kind of event it is."""
        return "output" if self.id.stage is Stage.WRITING else "status"

    def view(self) -> JsonObject:
        """Return it as it stands in answers."""
        return {
            "id": str(self.id),
            "type": self.type,
            "attempt": self.id.attempt,
            "at": self.at,
            "status": self.status,
            "stream": self.stream,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events in their order.

    Attributes:
        events: The events.
        has_more: Whether there are more already.
        is_last: Whether there can't be any more.
    """

    events: Sequence[JobEvent]
    has_more: bool
    is_last: bool


def read_page(conn: Connection, run_id: int, after: EventId | None, *, engine: Engine) -> EventPage:
    """Return the events behind a place, as far as they are there, and no more than a page."""
    run = engine.get(conn, run_id)
    if run is None:
        return EventPage([], has_more=False, is_last=True)
    known = after or EventId(-1, Stage.STARTED)
    written = _written(conn, run, known)
    has_more = len(written) > _PIECES_PER_READ
    events = [*_beginnings(run), *written[:_PIECES_PER_READ]]
    if not has_more:
        events += _endings(run)
    news = [event for event in events if event.id > known]
    return EventPage(news, has_more, is_last=run.state.is_final and not has_more)


def _beginnings(run: RunRow) -> Iterator[JobEvent]:
    """Yield what comes before the output of the present attempt.

    When a later attempt began is not kept, and of the earlier ones nothing is.
    """
    yield JobEvent(EventId.of_state(0, State.QUEUED), run.created_at, State.QUEUED)
    if run.attempt:
        at = run.started_at if run.attempt == 1 else None
        yield JobEvent(EventId.of_state(run.attempt, State.RUNNING), at, State.RUNNING)


def _endings(run: RunRow) -> Iterator[JobEvent]:
    """Yield what comes behind it."""
    if run.state.is_final or (run.state is State.QUEUED and run.attempt):
        yield JobEvent(EventId.of_state(run.attempt, run.state), run.finished_at, run.state)


def _written(conn: Connection, run: RunRow, known: EventId) -> list[JobEvent]:
    """Return the output of the present attempt behind a place, one more than fits in a page."""
    if known >= EventId(run.attempt, Stage.QUEUED):
        return []
    behind = known.seq if known >= EventId(run.attempt, Stage.WRITING) else 0
    parameters = {"of_run": run.id, "of_attempt": run.attempt, "behind": behind}
    rows = conn.execute(_PIECES, parameters).all()
    if rows or not run.state.is_final or _last_row(conn, run):
        return [
            JobEvent(_place(run, row.seq), row.at, stream=row.stream, text=row.text) for row in rows
        ]
    return [event for event in _from_result(conn, run) if event.id.seq > behind]


def _from_result(conn: Connection, run: RunRow) -> Iterator[JobEvent]:
    """Yield the output of a job that was over before anybody could hear of it."""
    row = conn.execute(_RESULT, {"of_run": run.id}).one_or_none()
    streams = {} if row is None else {"stdout": row.stdout, "stderr": row.stderr}
    numbers = count(1)
    for stream, text in streams.items():
        for start in range(0, len(text), PIECE_CHARACTERS):
            piece = text[start : start + PIECE_CHARACTERS]
            yield JobEvent(_place(run, next(numbers)), None, stream=stream, text=piece)


def _place(run: RunRow, seq: int) -> EventId:
    return EventId(run.attempt, Stage.WRITING, seq)


def _last_row(conn: Connection, run: RunRow) -> int:
    parameters = {"of_run": run.id, "of_attempt": run.attempt}
    found: int = conn.execute(_LAST_PIECE, parameters).scalar_one()
    return found


def was_given_out(conn: Connection, run: RunRow, known: EventId) -> bool:
    """Tell whether there is an event with an ID; those of earlier attempts are believed."""
    if known.attempt < run.attempt:
        return known.stage is not Stage.ENDED
    if known.stage is Stage.WRITING and known.attempt == run.attempt:
        return known.seq <= _last_seq(conn, run)
    return known in [event.id for event in (*_beginnings(run), *_endings(run))]


def _last_seq(conn: Connection, run: RunRow) -> int:
    last = _last_row(conn, run)
    if last or not run.state.is_final:
        return last
    return sum(1 for _ in _from_result(conn, run))
