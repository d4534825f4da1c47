"""Records of jobs: pages of them, and the answer to a job whose caller waits."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, literal_column, select

from evalwright_server.runs.states import State
from evalwright_server.services.job_views import view_records
from evalwright_server.services.jobs import JOB_COLUMNS, StoredJob, find_job, stored_job
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.jobs import jobs
from evalwright_server.store.tables.runs import runs

PAGE_OUTPUT_BYTES: Final = 16 * 1024 * 1024
"""The most that the outputs of a page may have together; a single one may have nearly as much."""
NOUN: Final = "Execution"
"""What a job is called where its record is asked for."""

_STATES: Final = {str(state): state for state in State}
_JOBS: Final = (
    select(*JOB_COLUMNS)
    .join_from(runs, jobs)
    .where(runs.c.id.in_(bindparam("of_runs", expanding=True)))
    .order_by(runs.c.id.desc())
)


@dataclass(frozen=True, slots=True)
class ExecutionFilter:
    """Which records a page shows.

    Attributes:
        status: Only those with this one.
        job_type: Only those of this type.
    """

    status: str | None = None
    job_type: str | None = None


def list_executions(
    conn: Connection,
    wanted: ExecutionFilter,
    *,
    limit: int,
    offset: int,
    view: str | None,
) -> JsonObject:
    """Return a page of records, newest first; filters that nothing can match give an empty one."""
    keys: list[int] = []
    if wanted.status is None or wanted.status in _STATES:
        # Keys first, from an index alone: what is passed over is never read.
        keys = list(conn.execute(_keys(wanted).limit(limit + 1).offset(offset)).scalars())
    found = _fetch(conn, keys[:limit])
    return {
        "items": view_records(conn, found, view, PAGE_OUTPUT_BYTES),
        "limit": limit,
        "offset": offset,
        "has_more": len(keys) > limit,
        "count": len(found),
    }


def _keys(wanted: ExecutionFilter) -> Select[Any]:
    statement = select(jobs.c.run_id).order_by(jobs.c.run_id.desc())
    if wanted.job_type is not None:
        statement = statement.where(jobs.c.job_type == wanted.job_type)
    if wanted.status is None:
        return statement
    state = _STATES[wanted.status]
    if state.is_final:
        return statement.where(jobs.c.ended_as == state)
    # A literal, or the databases would not use the partial index.
    unfinished = runs.c.state == literal_column(f"'{state}'")
    return statement.join_from(jobs, runs).where(unfinished)


def _fetch(conn: Connection, keys: list[int]) -> list[StoredJob]:
    if not keys:
        return []
    return [stored_job(row) for row in conn.execute(_JOBS, {"of_runs": keys})]


def get_execution(conn: Connection, execution_id: str, view: str | None) -> JsonObject:
    """Return the record of a job.

    Raises:
        ResourceNotFound: There is no such job.
    """
    return view_records(conn, [find_job(conn, execution_id, NOUN)], view)[0]


def view_ended(conn: Connection, execution_id: str) -> JsonObject | None:
    """Return what the caller of an execution is told of its end, or None before that.

    Raises:
        ResourceNotFound: It has been deleted.
    """
    job = find_job(conn, execution_id, NOUN)
    if not job.run.state.is_final:
        return None
    record = view_records(conn, [job], None)[0]
    error = record["error"] or {}
    return {
        "success": job.run.state is State.SUCCEEDED,
        "status": record["status"],
        "output": record["output"],
        "execution_time": _seconds(record),
        "stdout": record["stdout"],
        "stderr": record["stderr"],
        "exit_code": record["exit_code"],
        "error": error.get("message"),
        "error_type": error.get("type"),
        "job_type": record["job_type"],
        "execution_id": record["execution_id"],
        "runtime": record["runtime"],
    }


def _seconds(record: JsonObject) -> float:
    timing = record["timing"] or {}
    measured = timing.get("execution_ms")
    milliseconds = record["duration_ms"] or 0 if measured is None else measured
    return float(milliseconds) / 1000
