"""Records of jobs that end without their worker: cancelled while waiting, too late, given up.

Or with a worker that could not say more than that it failed. What was written until then is kept.
"""

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, insert, select

from evalwright_server.runs.job_report import JobError, JobRecord, JobReport, Timing
from evalwright_server.runs.records import Finish, RunRow
from evalwright_server.runs.states import State
from evalwright_server.store.clock import now
from evalwright_server.store.tables.jobs import dead_letters, job_output, jobs

INTERRUPTED: Final = "interrupted"
"""The kind of error of a job whose workers died."""

_WRITTEN: Final = (
    select(job_output.c.stream, job_output.c.text)
    .where(
        job_output.c.run_id == bindparam("of_run"), job_output.c.attempt == bindparam("of_attempt")
    )
    .order_by(job_output.c.seq)
)
_JOB: Final = select(jobs).where(jobs.c.run_id == bindparam("of_run"))
_NOTE_DEAD: Final = insert(dead_letters).values(created_at=now())


def report_without_worker(connection: Connection, run: RunRow, finish: Finish | None) -> JobReport:
    """Return what is to be kept of a job whose worker sent no report.

    Args:
        connection: The transaction in which it ends.
        run: The job as it has just ended.
        finish: What its worker said, if it said anything.
    """
    phase = None if run.started_at is None else "execution"
    reason = run.failure_reason or ""
    record = JobRecord(
        error=JobError(_error_type(run.state, finish), reason, phase),
        timing=_timing(run),
    )
    written = {"stdout": "", "stderr": ""}
    parameters = {"of_run": run.id, "of_attempt": run.attempt}
    for row in connection.execute(_WRITTEN, parameters):
        written[row.stream] += row.text
    return JobReport(record.to_json(), written["stdout"], written["stderr"])


def _error_type(state: State, finish: Finish | None) -> str:
    match state:
        case State.CANCELLED:
            return "cancelled"
        case State.TIMEOUT:
            return "timeout"
        case _:
            return INTERRUPTED if finish is None else "internal_error"


def _timing(run: RunRow) -> Timing | None:
    if run.started_at is None or run.finished_at is None:
        return None
    total = round((run.finished_at - run.started_at).total_seconds() * 1000)
    return Timing(None, None, None, total, "execution")


def note_dead_letter(connection: Connection, run: RunRow) -> None:
    """Put a job that was given up where people look for what keeps killing workers."""
    if run.state is not State.FAILED:
        return
    job = connection.execute(_JOB, {"of_run": run.id}).mappings().one_or_none()
    data: Mapping[str, JsonValue] = {} if job is None else {
        name: job[name]
        for name in ("job_type", "code_hash", "code_bytes", "input_hash", "input_bytes")
    }  # fmt: skip
    connection.execute(
        _NOTE_DEAD,
        {
            "run_id": run.id,
            "job_id": run.uid or str(run.id),
            "job_data": data,
            "error_type": INTERRUPTED,
            "error_message": run.failure_reason,
            "retry_count": run.attempt,
            "correlation_id": None if job is None else job["correlation_id"],
        },
    )
