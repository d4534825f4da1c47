"""Table of runs: everything that takes time, whatever its kind.

A row here is the only truth about a run. Whoever works on it holds a lease (`owner`,
`lease_until`) and a fence (`attempt`): each of its writes names both and changes nothing once
somebody else has the run. `version` counts the changes a reader can see; renewing a lease is none.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
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
    suffix,
    timestamp,
)
from evalwright_server.store.tables.metadata import metadata

_QUEUED: Final = text("state = 'queued'")
_RUNNING: Final = text("state = 'running'")
UNFINISHED: Final = text("state IN ('queued', 'running')")
"""SQLite uses a partial index only where a statement repeats its condition word for word."""


def _counter(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


runs: Final = Table(
    "runs",
    metadata,
    key(),
    suffix(),
    Column("uid", Text, unique=True),
    Column("kind", Text, nullable=False),
    reference("space_id", "spaces.id"),
    Column("queue", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("state", Text, nullable=False),
    _counter("version"),
    _counter("attempt"),
    Column("max_attempts", Integer, nullable=False),
    Column("owner", Text),
    Column("lease_until", UtcTimestamp()),
    Column("cancel_requested", Boolean, nullable=False),
    Column("progress_total", Integer),
    _counter("progress_done"),
    _counter("progress_succeeded"),
    _counter("progress_failed"),
    _counter("progress_skipped"),
    Column("failure_reason", Text),
    Column("note", Text),
    timestamp("created_at"),
    Column("started_at", UtcTimestamp()),
    Column("finished_at", UtcTimestamp()),
    Column("deadline_at", UtcTimestamp()),
    Column("idem_scope", Text),
    Column("idem_key", Text),
    Column("idem_hash", LargeBinary),
    Column("payload", Document, nullable=False),
    Column("result", Document),
    UniqueConstraint("idem_scope", "idem_key"),
    CheckConstraint("(state = 'running') = (owner IS NOT NULL)", "running_has_owner"),
    Index(
        "ix_runs_queued",
        "queue",
        "rank",
        "id",
        sqlite_where=_QUEUED,
        postgresql_where=_QUEUED,
    ),
    Index("ix_runs_lease", "lease_until", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    Index("ix_runs_deadline", "deadline_at", sqlite_where=UNFINISHED, postgresql_where=UNFINISHED),
    Index("ix_runs_owner", "owner", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    Index("ix_runs_space", "space_id", "id"),
    sqlite_autoincrement=True,
)
"""`rank` is the negative priority, so that a claim walks its index forward. The partial indexes
keep a claim's cost flat however many runs are done. Where a run has a `uid`, that is its public ID.

What may be large stands last: SQLite reads a row from its start and only as far as it must.
"""

run_skips: Final = Table(
    "run_skips",
    metadata,
    reference("run_id", "runs.id"),
    Column("row_id", Key, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("run_id", "row_id", "name"),
    sqlite_with_rowid=False,
)
"""What a run left alone because another one had done it: the row and the evaluation's name.

Written down, because later it can't be told any more. `row_id` is a row of what the kind of run is
about, and no foreign key.
"""
