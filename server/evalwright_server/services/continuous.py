"""Continuous tasks: spans that come in are evaluated without anybody asking.

A task's watermark is the newest span that its continuous runs cover. It moves in the transaction
that starts a run, which is the one that adds the spans: neither crash nor restart loses any. Spans
that come in while a run is still queued join it, so that a task never has two waiting.
"""

import logging
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, update

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.span_ranges import SpanRange, newest_span, spans_since
from evalwright_server.runs.states import State
from evalwright_server.services.errors import ServiceError
from evalwright_server.services.stamps import Stamp
from evalwright_server.services.trigger_rules import check_evaluation
from evalwright_server.services.triggers import start
from evalwright_server.store.tables.runs import runs
from evalwright_server.store.tables.spans import spans
from evalwright_server.store.tables.tasks import task_runs, tasks

logger: Final = logging.getLogger(__name__)


def start_continuous_runs(conn: Connection, project: int, *, stamp: Stamp, engine: Engine) -> None:
    """Have the project's continuous tasks evaluate the spans that none of their runs covers.

    A task that can't be run now is left as it is, until more spans come in or the server starts.
    """
    waiting = select(tasks).where(tasks.c.project_id == project, tasks.c.is_continuous)
    for task in conn.execute(waiting.order_by(tasks.c.id)).all():
        found = spans_since(conn, project, task.seen_span_id or 0)
        if found is None:
            continue
        try:
            _cover(conn, task, found, stamp, engine)
        except ServiceError as error:
            logger.warning("continuous task %r can't be run: %s", task.name, error.detail)


def start_waiting_runs(conn: Connection, *, stamp: Stamp, engine: Engine) -> None:
    """Do the same for all projects, as the server starts."""
    newest = select(func.max(spans.c.id)).where(spans.c.project_id == tasks.c.project_id)
    behind = func.coalesce(tasks.c.seen_span_id, 0) < newest.scalar_subquery()
    waiting = select(tasks.c.project_id).where(tasks.c.is_continuous, behind).distinct()
    for project in conn.scalars(waiting).all():
        start_continuous_runs(conn, project, stamp=stamp, engine=engine)


def watermark(conn: Connection, project: int | None) -> int | None:
    """Return where a task starts that becomes continuous now: spans it has so far are not new."""
    return None if project is None else newest_span(conn, project)


def _cover(
    conn: Connection, task: Row[Any], found: SpanRange, stamp: Stamp, engine: Engine
) -> None:
    key = task.continuous_run_id
    if key is None or not _join(conn, key, found, engine):
        user = task.created_by_user_id or stamp.user_id
        plan = check_evaluation(conn, task, {}, stamp.now, found)
        key = start(conn, task, plan, stamp=Stamp(stamp.now, user), engine=engine)
    changes = update(tasks).where(tasks.c.id == task.id)
    conn.execute(changes.values(seen_span_id=found.newest, continuous_run_id=key))


def _join(conn: Connection, key: int, found: SpanRange, engine: Engine) -> bool:
    """Add spans to a run if it is still queued, and return whether it is."""
    waiting = select(runs.c.payload).where(runs.c.id == key, runs.c.state == State.QUEUED)
    payload = conn.execute(waiting.with_for_update()).scalar_one_or_none()
    if payload is None:
        return False
    joined = SpanRange.of_payload(payload).extended(found)
    engine.amend(conn, key, payload | joined.members())
    changes = update(task_runs).where(task_runs.c.run_id == key)
    conn.execute(changes.values(data_start_time=joined.start, data_end_time=joined.end))
    return True
