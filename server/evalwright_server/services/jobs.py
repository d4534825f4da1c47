"""Jobs: finding them, cancelling them, making others from them."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import RunFinished
from evalwright_server.runs.job_payload import JobPayload
from evalwright_server.runs.records import RunRow
from evalwright_server.runs.statements import RUN_COLUMNS, run_row
from evalwright_server.services.errors import InvalidRequest, ResourceNotFound
from evalwright_server.services.job_plans import JobPlan, Lineage, plan_derived
from evalwright_server.services.job_rules import JobRules
from evalwright_server.services.requests import RerunJobRequest
from evalwright_server.store.tables.jobs import jobs
from evalwright_server.store.tables.runs import runs

RERUN: Final = "rerun"
FORK: Final = "fork"

_SHOWN: Final = (
    "parent_uid",
    "relationship",
    "job_type",
    "job_ref",
    "job_version",
    "code_hash",
    "code_bytes",
    "input_hash",
    "input_bytes",
    "environment_hash",
    "output_hash",
)
JOB_COLUMNS: Final = (
    *RUN_COLUMNS,
    runs.c.idem_key,
    *(jobs.c[name] for name in _SHOWN),
)
"""What `stored_job` reads."""

_FIND: Final = select(*JOB_COLUMNS).join_from(runs, jobs).where(runs.c.uid == bindparam("uid"))
_PAYLOAD: Final = select(runs.c.payload).where(runs.c.id == bindparam("of_run"))


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as its rows say, without what it was given and what it left.

    Attributes:
        run: Its run.
        uid: Its public ID.
        key: The idempotency key it was submitted with.
        parent_uid: Public ID of the job it was made from.
        relationship: `rerun` or `fork`, if it was made from another one.
        environment_hash: Of Python and its packages, once that is known.
        output_hash: Of what it came to, once it has.
    """

    run: RunRow
    uid: str
    key: str | None
    parent_uid: str | None
    relationship: str | None
    job_type: str
    job_ref: str
    job_version: str
    code_hash: str
    code_bytes: int
    input_hash: str
    input_bytes: int
    environment_hash: str | None
    output_hash: str | None


def stored_job(row: Row[Any]) -> StoredJob:
    """Return the job in a row that holds `JOB_COLUMNS`."""
    found = row._mapping
    run = run_row(row)
    values = {name: found[jobs.c[name]] for name in _SHOWN}
    return StoredJob(run, run.uid or "", found[runs.c.idem_key], **values)


def find_job(conn: Connection, job_id: str, noun: str = "Job") -> StoredJob:
    """Return a job.

    Args:
        conn: The transaction.
        job_id: Its public ID.
        noun: What to call it when there is none.

    Raises:
        ResourceNotFound: No job has this ID.
    """
    row = conn.execute(_FIND, {"uid": job_id}).one_or_none()
    if row is None:
        hint = "no job has this ID, or it has been deleted; GET /executions lists those there are"
        raise ResourceNotFound(f"{noun} not found", hint=hint)
    return stored_job(row)


def cancel_job(conn: Connection, job_id: str, *, engine: Engine) -> None:
    """Cancel a job: at once while it waits, otherwise as soon as its worker has killed it.

    Raises:
        ResourceNotFound: No job has this ID, or it has ended.
    """
    missing = "Job not found or already completed"
    row = conn.execute(_FIND, {"uid": job_id}).one_or_none()
    if row is None:
        raise ResourceNotFound(missing, hint="no job has this ID")
    try:
        engine.cancel(conn, stored_job(row).run.id)
    except RunFinished as error:
        raise ResourceNotFound(missing, hint=str(error)) from error


def cancel_if_running(conn: Connection, job_id: str, *, engine: Engine) -> None:
    """Cancel a job that nobody waits for any more; one that has ended or is gone is left alone."""
    with suppress(ResourceNotFound):
        cancel_job(conn, job_id, engine=engine)


def derive(
    conn: Connection,
    job_id: str,
    relationship: str,
    changes: RerunJobRequest,
    *,
    rules: JobRules,
    code: str | None = None,
) -> JobPlan:
    """Return the job that is made from another one.

    Args:
        conn: The transaction.
        job_id: The other one's public ID.
        relationship: `RERUN` or `FORK`.
        changes: What is to be different.
        rules: What jobs may do.
        code: The new code; None for the other one's.

    Raises:
        ServiceError: The other job is unknown or has not ended, or what is asked for can't be.
    """
    job = find_job(conn, job_id)
    if relationship == RERUN and not job.run.state.is_final:
        hint = f"it is {job.run.state}: wait for its end, or cancel it first"
        raise InvalidRequest("Cannot rerun job that hasn't completed", hint=hint)
    payload = JobPayload.read(conn.execute(_PAYLOAD, {"of_run": job.run.id}).scalar_one())
    return plan_derived(payload, Lineage(job.uid, relationship), changes, rules, code)
