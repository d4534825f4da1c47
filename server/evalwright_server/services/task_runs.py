"""Runs of tasks. How they are started is in `services.triggers`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import RunFinished
from evalwright_server.runs.records import RunRow
from evalwright_server.runs.statements import RUN_COLUMNS, run_row
from evalwright_server.runs.states import State
from evalwright_server.services.errors import FieldError, InvalidRequest, ResourceNotFound
from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.references import require
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.runs import view_progress
from evalwright_server.store.ids import Kind, encode
from evalwright_server.store.tables.experiments import experiments
from evalwright_server.store.tables.runs import runs
from evalwright_server.store.tables.tasks import task_runs, tasks

STATUSES: Mapping[State, str] = {
    State.QUEUED: "pending",
    State.RUNNING: "running",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
    State.TIMEOUT: "failed",
    State.OOM: "failed",
    State.CANCELLED: "cancelled",
}
"""What clients of task runs call the states of the engine."""

_ORDER = Order("task_runs", (runs.c.id,))


@dataclass(frozen=True, slots=True)
class TaskRun:
    """A run of a task: what never changes about it, and how its run stands."""

    fixed: JsonObject
    run: RunRow

    def at(self, run: RunRow) -> "TaskRun":
        """Return it with a newer state of its run."""
        return TaskRun(self.fixed, run)

    def view(self) -> JsonObject:
        """Return it as it stands in answers."""
        run = self.run
        return {
            **self.fixed,
            "status": STATUSES[run.state],
            "run_started_at": run.started_at,
            "run_finished_at": run.finished_at,
            "num_successes": run.progress.succeeded,
            "num_errors": run.progress.failed,
            "num_skipped": run.progress.skipped,
            "created_at": run.created_at,
            "failure_reason": run.failure_reason,
            "note": run.note,
            "progress": view_progress(run),
        }


def list_task_runs(
    conn: Connection, task_id: str, page: PageRequest, status: str | None
) -> JsonObject:
    """Return a page of a task's runs, newest first."""
    task = require(conn, Kind.TASK, task_id, "path:task_id")
    statement = _rows().where(task_runs.c.task_id == task.id)
    if status:
        states = [state for state, word in STATUSES.items() if word == status]
        statement = statement.where(runs.c.state.in_(states))
    found = fetch(conn, statement, _ORDER, page)
    return found.envelope("task_runs", [_task_run(row).view() for row in found.rows])


def get_task_run(conn: Connection, run_id: str) -> TaskRun:
    """Return a run of a task."""
    return read_task_run(conn, require(conn, Kind.TASK_RUN, run_id, "path:run_id").id, run_id)


def cancel_task_run(conn: Connection, run_id: str, *, engine: Engine) -> TaskRun:
    """Cancel a run of a task.

    Raises:
        InvalidRequest: It has ended: the class of error that clients of task runs expect.
    """
    task_run = get_task_run(conn, run_id)
    try:
        return task_run.at(engine.cancel(conn, task_run.run.id))
    except RunFinished as error:
        status = STATUSES[error.row.state]
        raise InvalidRequest(
            f"the run is {status}; only a pending or running one can be cancelled"
        ) from error


def read_task_run(conn: Connection, key: int, run_id: str) -> TaskRun:
    """Return the task run with this key.

    Raises:
        ResourceNotFound: The run belongs to no task.
    """
    row = conn.execute(_rows().where(runs.c.id == key)).one_or_none()
    if row is None:
        message = f"the run {run_id!r} is no run of a task; read it with GET /v2/runs/{run_id}"
        raise ResourceNotFound(message, [FieldError("path:run_id", message)])
    return _task_run(row)


def _rows() -> Select[Any]:
    return (
        select(
            *RUN_COLUMNS,
            task_runs.c.task_id,
            tasks.c.suffix.label("task_suffix"),
            task_runs.c.experiment_id,
            experiments.c.suffix.label("experiment_suffix"),
            task_runs.c.data_start_time,
            task_runs.c.data_end_time,
            task_runs.c.created_by_user_id,
        )
        .join(task_runs, task_runs.c.run_id == runs.c.id)
        .join(tasks, tasks.c.id == task_runs.c.task_id)
        .outerjoin(experiments, experiments.c.id == task_runs.c.experiment_id)
    )


def _task_run(row: Row[Any]) -> TaskRun:
    experiment_id = row.experiment_id
    if experiment_id is not None:
        experiment_id = encode(Kind.EXPERIMENT, experiment_id, row.experiment_suffix)
    fixed = {
        "id": encode(Kind.TASK_RUN, row.id, row.suffix),
        "task_id": encode(Kind.TASK, row.task_id, row.task_suffix),
        "experiment_id": experiment_id,
        "data_start_time": row.data_start_time,
        "data_end_time": row.data_end_time,
        "created_by_user_id": row.created_by_user_id,
    }
    return TaskRun(fixed, run_row(row))
