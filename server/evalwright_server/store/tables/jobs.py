"""Tables of jobs: what a run of kind `job` has beyond the run itself.

A job is a run: its state, times and payload (with code and input) are the run's. What is read when
jobs are polled or listed is in `jobs`; what may be large is in tables of its own.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from evalwright_server.store.tables.columns import (
    Document,
    Key,
    UtcTimestamp,
    key,
    reference,
    timestamp,
)
from evalwright_server.store.tables.metadata import metadata

_DIGEST: Final = String(64)


def _of_run() -> Column[int]:
    return Column("run_id", Key, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)


jobs: Final = Table(
    "jobs",
    metadata,
    _of_run(),
    Column("parent_uid", Text),
    Column("relationship", Text),
    Column("job_type", Text, nullable=False),
    Column("job_ref", Text, nullable=False),
    Column("job_version", Text, nullable=False),
    Column("is_held", Boolean, nullable=False),
    Column("correlation_id", Text),
    Column("code_hash", _DIGEST, nullable=False),
    Column("code_bytes", Integer, nullable=False),
    Column("input_hash", _DIGEST, nullable=False),
    Column("input_bytes", Integer, nullable=False),
    Column("environment_hash", _DIGEST),
    Column("output_hash", _DIGEST),
    Column("ended_as", Text),
    Index("ix_jobs_type", "job_type", "run_id"),
    Index("ix_jobs_end", "ended_as", "run_id"),
    Index("ix_jobs_type_end", "job_type", "ended_as", "run_id"),
)
"""One row per job, inserted with its run. `is_held` tells executions, whose callers wait, from jobs
in the queue. `ended_as` is the run's final state, set when it ends and null until then: with it the
indexes find the newest jobs of a type and status, however many there are. `parent_uid` names the
job it was made from, which may be deleted meanwhile.
"""

job_results: Final = Table(
    "job_results",
    metadata,
    _of_run(),
    Column("record", Document, nullable=False),
    Column("stdout", Document, nullable=False),
    Column("stderr", Document, nullable=False),
    Column("output", Text),
)
"""How a job ended, one row for every job that has. `record` is small (see `runs.job_record`). The
streams are JSON strings, since PostgreSQL's text can't hold NUL. `output` is the text of a JSON
object: nobody but its reader takes it apart.
"""

job_output: Final = Table(
    "job_output",
    metadata,
    reference("run_id", "runs.id"),
    Column("attempt", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("stream", Text, nullable=False),
    timestamp("at"),
    Column("text", Document, nullable=False),
    PrimaryKeyConstraint("run_id", "attempt", "seq"),
)
"""What a job wrote while it ran, in pieces and in order. Jobs of less than a moment have no rows;
what they wrote is in their result only. A later attempt removes what an earlier one wrote.
"""

job_artifacts: Final = Table(
    "job_artifacts",
    metadata,
    reference("run_id", "runs.id"),
    Column("name", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("size", Key, nullable=False),
    Column("sha256", _DIGEST, ForeignKey("blobs.digest"), nullable=False),
    Column("content_type", Text),
    PrimaryKeyConstraint("run_id", "name"),
    Index("ix_job_artifacts_content", "sha256"),
)
"""The files a job left; their contents are blobs. Written when it ends, in one transaction."""

dead_letters: Final = Table(
    "dead_letters",
    metadata,
    key(),
    reference("run_id", "runs.id"),
    Column("job_id", Text, nullable=False),
    Column("job_data", Document, nullable=False),
    Column("error_type", Text, nullable=False),
    Column("error_message", Text, nullable=False),
    Column("retry_count", Integer, nullable=False),
    Column("correlation_id", Text),
    timestamp("created_at"),
    Index("ix_dead_letters_run", "run_id"),
    sqlite_autoincrement=True,
)
"""Jobs that were given up because each of their workers died. `job_data` has hashes and sizes,
never code or input.
"""

_DUE: Final = text("state = 'pending'")

webhook_deliveries: Final = Table(
    "webhook_deliveries",
    metadata,
    key(),
    reference("run_id", "runs.id"),
    Column("url", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("next_attempt_at", UtcTimestamp()),
    Column("lease_until", UtcTimestamp()),
    timestamp("created_at"),
    Column("delivered_at", UtcTimestamp()),
    UniqueConstraint("run_id"),
    Index("ix_webhook_deliveries_due", "next_attempt_at", sqlite_where=_DUE, postgresql_where=_DUE),
    sqlite_autoincrement=True,
)
"""Whom to tell of a job's end. Inserted as `waiting` with the job, made `pending` in the
transaction in which it ends. `url` is what may be shown of it; `sealed` holds all of it, headers
and secret. Whoever sends it holds a lease, and `attempts` is the fence of what it found.
"""
