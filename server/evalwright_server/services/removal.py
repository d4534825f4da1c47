"""Taking runs away together with what they belong to."""

from contextlib import suppress

from sqlalchemy import ColumnElement, Connection, delete, select

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import RunFinished
from evalwright_server.store.tables.runs import runs
from evalwright_server.store.tables.tasks import task_runs, tasks


def drop_runs(conn: Connection, engine: Engine, condition: ColumnElement[bool]) -> None:
    """Cancel and delete the runs for which `condition` holds.

    A worker that still holds one is told to stop, and its fence keeps it from writing any more.
    """
    active = select(runs.c.id).where(condition, runs.c.finished_at.is_(None))
    for run_id in conn.scalars(active).all():
        # On PostgreSQL another server may have ended it between the two statements.
        with suppress(RunFinished):
            engine.cancel(conn, run_id)
    conn.execute(delete(runs).where(condition))


def drop_task_runs(conn: Connection, engine: Engine, condition: ColumnElement[bool]) -> None:
    """Cancel and delete the runs of the tasks for which `condition` holds."""
    of_tasks = select(task_runs.c.run_id).join(tasks).where(condition)
    drop_runs(conn, engine, runs.c.id.in_(of_tasks))
