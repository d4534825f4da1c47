"""The statements of the engine, built once.

States stand in conditions as literals, not as parameters: only then do both databases use the
partial indexes.
"""

from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Executable,
    Row,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    false,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from evalwright_server.runs.records import Progress, RunRow
from evalwright_server.runs.states import State
from evalwright_server.store.clock import now, seconds_from_now
from evalwright_server.store.tables.runs import UNFINISHED, run_skips, runs

_c: Final = runs.c


def _is(state: State) -> ColumnElement[bool]:
    return _c.state == literal_column(f"'{state}'")


RUN_COLUMNS: Final = tuple(
    _c[name]
    for name in (
        "id", "suffix", "uid", "kind", "space_id", "queue", "rank", "state", "version", "attempt",
        "max_attempts", "owner", "cancel_requested", "progress_total", "progress_done",
        "progress_succeeded", "progress_failed", "progress_skipped", "result", "failure_reason",
        "note", "created_at", "started_at", "finished_at",
    )
)  # fmt: skip
"""What `run_row` reads; queries of other modules select these to get a `RunRow`."""


def run_row(row: Row[Any]) -> RunRow:
    """Return the run in a row that holds `RUN_COLUMNS`, whatever else it holds."""
    found = row._mapping
    return RunRow(
        id=found[_c.id],
        suffix=found[_c.suffix],
        uid=found[_c.uid],
        kind=found[_c.kind],
        space_id=found[_c.space_id],
        queue=found[_c.queue],
        priority=-found[_c.rank],
        state=State(found[_c.state]),
        version=found[_c.version],
        attempt=found[_c.attempt],
        max_attempts=found[_c.max_attempts],
        owner=found[_c.owner],
        cancel_requested=found[_c.cancel_requested],
        progress=Progress(
            found[_c.progress_total],
            found[_c.progress_done],
            found[_c.progress_succeeded],
            found[_c.progress_failed],
            found[_c.progress_skipped],
        ),
        result=found[_c.result],
        failure_reason=found[_c.failure_reason],
        note=found[_c.note],
        created_at=found[_c.created_at],
        started_at=found[_c.started_at],
        finished_at=found[_c.finished_at],
    )


GET: Final = select(*RUN_COLUMNS).where(_c.id == bindparam("run_id"))
GET_MANY: Final = select(*RUN_COLUMNS).where(_c.id.in_(bindparam("run_ids", expanding=True)))
GET_BY_UID: Final = select(*RUN_COLUMNS).where(_c.uid == bindparam("uid"))
GET_MANY_BY_UID: Final = select(*RUN_COLUMNS).where(_c.uid.in_(bindparam("uids", expanding=True)))
GET_BY_KEY: Final = select(_c.id, _c.suffix, _c.uid, _c.idem_hash).where(
    _c.idem_scope == bindparam("scope"), _c.idem_key == bindparam("key")
)


@cache
def submit(dialect: str, *, has_deadline: bool, is_started: bool) -> Executable:
    """Return the INSERT of a run, which returns nothing when its idempotency key is in use.

    Args:
        dialect: Of the database.
        has_deadline: Whether there is a parameter `deadline_seconds`.
        is_started: Whether it is claimed at once, with parameters `owner` and `lease_seconds`.
    """
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(runs)
    values: dict[str, object] = {"created_at": now()}
    if has_deadline:
        values["deadline_at"] = seconds_from_now(bindparam("deadline_seconds"))
    if is_started:
        values |= {
            "started_at": now(),
            "lease_until": seconds_from_now(bindparam("lease_seconds")),
            "attempt": 1,
            "version": 1,
        }
    statement: Executable = (
        insert.values(values)
        .on_conflict_do_nothing(index_elements=["idem_scope", "idem_key"])
        .returning(*RUN_COLUMNS)
    )
    return statement


ANNOUNCED: Final = (_c.id, _c.queue, _c.state)
"""What whoever announces a change has to know."""
_NEXT_VERSION: Final = _c.version + 1
_NO_LEASE: Final = {_c.owner: null(), _c.lease_until: null()}

_WAITING: Final = select(_c.id).where(
    _is(State.QUEUED), _c.queue == bindparam("of_queue"), _c.rank >= bindparam("from_rank")
)
COUNT_WAITING: Final = select(func.count()).select_from(
    _WAITING.limit(bindparam("at_most")).subquery()
)
COUNT_AHEAD: Final = select(func.count()).where(
    _is(State.QUEUED),
    _c.queue == bindparam("of_queue"),
    or_(
        _c.rank < bindparam("own_rank"),
        and_(_c.rank == bindparam("own_rank"), _c.id < bindparam("own_id")),
    ),
)

# FOR UPDATE SKIP LOCKED lets two servers claim at once on PostgreSQL; SQLite has one writer and
# its compiler leaves the clause out. In a subquery instead of a CTE PostgreSQL may ignore LIMIT.
_PICK: Final = (
    select(_c.id)
    .where(_is(State.QUEUED), _c.queue == bindparam("of_queue"))
    .order_by(_c.rank, _c.id)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("pick")
)
CLAIM: Final = (
    update(runs)
    .where(_c.id.in_(select(_PICK.c.id)))
    .values({
        _c.state: State.RUNNING,
        _c.owner: bindparam("by_owner"),
        _c.lease_until: seconds_from_now(bindparam("lease_seconds")),
        _c.attempt: _c.attempt + 1,
        _c.started_at: case((_c.started_at.is_(None), now()), else_=_c.started_at),
        _c.version: _NEXT_VERSION,
    })
    .returning(*RUN_COLUMNS, _c.payload, _c.deadline_at, now().label("claimed_at"))
)  # fmt: skip

_FENCE: Final = and_(
    _c.id == bindparam("of_run"),
    _c.owner == bindparam("by_owner"),
    _c.attempt == bindparam("of_attempt"),
    _is(State.RUNNING),
)

AMEND: Final = (
    update(runs)
    .where(_c.id == bindparam("of_run"), _is(State.QUEUED))
    .values({
        _c.payload: bindparam("with_payload", type_=_c.payload.type),
        _c.version: _NEXT_VERSION,
    })
)  # fmt: skip

RENEW: Final = (
    update(runs)
    .where(
        _is(State.RUNNING),
        _c.owner == bindparam("by_owner"),
        _c.id.in_(bindparam("run_ids", expanding=True)),
    )
    .values(lease_until=seconds_from_now(bindparam("lease_seconds")))
    .returning(_c.id, _c.attempt, _c.cancel_requested)
)

BEGIN: Final = (
    update(runs)
    .where(_FENCE)
    .values({
        _c.progress_total: bindparam("total"),
        _c.progress_done: bindparam("done"),
        _c.progress_skipped: bindparam("skipped"),
        _c.version: _NEXT_VERSION,
    })
    .returning(*ANNOUNCED)
)  # fmt: skip

ADVANCE: Final = (
    update(runs)
    .where(_FENCE)
    .values({
        _c.progress_done: _c.progress_done + bindparam("more_done"),
        _c.progress_succeeded: _c.progress_succeeded + bindparam("more_succeeded"),
        _c.progress_failed: _c.progress_failed + bindparam("more_failed"),
        _c.progress_skipped: _c.progress_skipped + bindparam("more_skipped"),
        _c.progress_total: _c.progress_total - bindparam("less_total"),
        _c.version: _NEXT_VERSION,
    })
    .returning(*ANNOUNCED)
)  # fmt: skip

GUARD: Final = select(*ANNOUNCED).where(_FENCE).with_for_update()

NOTE_SKIPS: Final = insert(run_skips)
FORGET_SKIPS: Final = delete(run_skips).where(run_skips.c.run_id == bindparam("of_run"))

# Nobody may report "cancelled" who wasn't asked: a worker that misunderstands a signal must not
# end a run. Such a report changes nothing, and the lease brings the run back.
FINISH: Final = (
    update(runs)
    .where(_FENCE, or_(bindparam("is_cancelled") == false(), _c.cancel_requested))
    .values({
        _c.state: bindparam("to_state"),
        _c.failure_reason: bindparam("because"),
        _c.note: bindparam("with_note"),
        _c.result: bindparam("with_result", type_=_c.result.type),
        _c.finished_at: now(),
        _c.version: _NEXT_VERSION,
        **_NO_LEASE,
    })
    .returning(*RUN_COLUMNS)
)  # fmt: skip

_IS_ASKED: Final = _c.cancel_requested == true()
_IS_USED_UP: Final = _c.attempt >= _c.max_attempts

# Being handed back is nobody's fault, so the run may be started once more than before.
HAND_BACK: Final = (
    update(runs)
    .where(_FENCE)
    .values({
        _c.state: case((_IS_ASKED, State.CANCELLED), else_=State.QUEUED),
        _c.failure_reason: case((_IS_ASKED, "cancelled on request"), else_=null()),
        _c.finished_at: case((_IS_ASKED, now()), else_=null()),
        _c.max_attempts: _c.max_attempts + 1,
        _c.version: _NEXT_VERSION,
        **_NO_LEASE,
    })
    .returning(*RUN_COLUMNS)
)  # fmt: skip

_WORKER_GONE: Final = {
    _c.state: case(
        (_IS_ASKED, State.CANCELLED), (_IS_USED_UP, State.FAILED), else_=State.QUEUED
    ),
    _c.failure_reason: case(
        (_IS_ASKED, "cancelled on request"),
        (
            _IS_USED_UP,
            "given up after "
            + cast(_c.attempt, Text)
            + " attempts: each time its worker died or stopped answering",
        ),
        else_=null(),
    ),
    _c.finished_at: case((or_(_IS_ASKED, _IS_USED_UP), now()), else_=null()),
    _c.version: _NEXT_VERSION,
    **_NO_LEASE,
}  # fmt: skip
_ABANDON: Final = update(runs).values(_WORKER_GONE).returning(*RUN_COLUMNS)

REAP: Final = _ABANDON.where(_is(State.RUNNING), _c.lease_until < now())
ABANDON_OWNER: Final = _ABANDON.where(_is(State.RUNNING), _c.owner == bindparam("by_owner"))
ABANDON_ALL: Final = _ABANDON.where(_is(State.RUNNING))

TIME_OUT: Final = (
    update(runs)
    .where(UNFINISHED, _c.deadline_at < now())
    .values({
        _c.state: State.TIMEOUT,
        _c.failure_reason: "its deadline passed before it ended",
        _c.finished_at: now(),
        _c.version: _NEXT_VERSION,
        **_NO_LEASE,
    })
    .returning(*RUN_COLUMNS)
)  # fmt: skip

_WAS_QUEUED: Final = _is(State.QUEUED)
CANCEL: Final = (
    update(runs)
    .where(
        _c.id == bindparam("of_run"),
        UNFINISHED,
        _c.cancel_requested == false(),
    )
    .values({
        _c.cancel_requested: true(),
        _c.state: case((_WAS_QUEUED, State.CANCELLED), else_=_c.state),
        _c.failure_reason: case((_WAS_QUEUED, "cancelled before it started"), else_=null()),
        _c.finished_at: case((_WAS_QUEUED, now()), else_=null()),
        _c.version: _NEXT_VERSION,
    })
    .returning(*RUN_COLUMNS)
)  # fmt: skip
