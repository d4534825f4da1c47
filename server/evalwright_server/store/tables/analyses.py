"""Tables of analyses: evaluations, failure analyses, security audits and red teams.

An analysis is a run: its state, times and progress are the run's. Its items stand one to a row,
with what came of them; what is counted over many items stands beside that in narrow tables.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from evalwright_server.store.tables.columns import Document, Key, UtcTimestamp, reference
from evalwright_server.store.tables.metadata import metadata

analyses: Final = Table(
    "analyses",
    metadata,
    Column("run_id", Key, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    reference("project_id", "projects.id"),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    Column("total_items", Integer, nullable=False),
    Column("tokens_used", Key, nullable=False, server_default="0"),
    Column("ended_as", Text),
    Column("usage_key", String(64)),
    Column("usage_period", Text),
    Column("sealed", LargeBinary),
    Column("options", Document, nullable=False),
    Column("metadata", Document, nullable=False),
    Column("summary", Document),
    Index("ix_analyses_project", "project_id", "kind", "run_id"),
    Index("ix_analyses_kind", "kind", "run_id"),
)
"""One row per analysis, inserted with its run and its items. `kind` is the run's kind, repeated for
the indexes. `options` is all that was asked for, without keys; `sealed` holds keys and header
fields that were sent for this analysis only, until the transaction in which it ends. In that
transaction `summary` and `ended_as`, the run's final state, are written. Tokens that a model took
count for `usage_key` in `usage_period`, too.
"""

analysis_items: Final = Table(
    "analysis_items",
    metadata,
    reference("run_id", "runs.id"),
    Column("position", Integer, nullable=False),
    Column("outcome", Text),
    Column("item", Document, nullable=False),
    Column("result", Document),
    PrimaryKeyConstraint("run_id", "position"),
)
"""What is analysed, numbered from 0, and what came of it; without `outcome` nothing yet."""

evaluation_scores: Final = Table(
    "evaluation_scores",
    metadata,
    reference("run_id", "runs.id"),
    Column("metric", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("value", Float),
    Column("engine", Text),
    PrimaryKeyConstraint("run_id", "metric", "position"),
    sqlite_with_rowid=False,
)
"""Each score of each item; without value and engine where a metric could not score the item."""

audit_findings: Final = Table(
    "audit_findings",
    metadata,
    reference("run_id", "runs.id"),
    Column("category", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("confidence", Float, nullable=False),
    PrimaryKeyConstraint("run_id", "category", "side", "position"),
    sqlite_with_rowid=False,
)
"""Which categories of harm count in which items. `side` is `input` or `output`."""

red_team_attacks: Final = Table(
    "red_team_attacks",
    metadata,
    reference("run_id", "runs.id"),
    Column("position", Integer, nullable=False),
    Column("vector", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("status", Text, nullable=False),
    PrimaryKeyConstraint("run_id", "position"),
    sqlite_with_rowid=False,
)
"""What became of each attack: `pending`, `succeeded`, `resisted` or `error`."""

failure_tags: Final = Table(
    "failure_tags",
    metadata,
    reference("run_id", "runs.id"),
    Column("position", Integer, nullable=False),
    Column("subcategory_id", Text, nullable=False),
    Column("bucket_id", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("severity", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("is_reviewed", Boolean, nullable=False),
    Column("reviewed_at", UtcTimestamp()),
    Column("issue_url", Text),
    Column("body", Document, nullable=False),
    PrimaryKeyConstraint("run_id", "position", "subcategory_id"),
    Index("ix_failure_tags_decision", "run_id", "decision", "subcategory_id", "severity"),
)
"""Whether a kind of failure is in an item; `body` is how that is known. The primary key makes the
public ID: `<uid>:<position>:<subcategory>`.
"""

project_settings: Final = Table(
    "project_settings",
    metadata,
    reference("project_id", "projects.id"),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("settings", Document, nullable=False),
    PrimaryKeyConstraint("project_id", "kind", "key"),
)
"""What a project sets by itself. `kind` is `metric`, `vulnerability` or `attack_vector`."""

usage_counters: Final = Table(
    "usage_counters",
    metadata,
    Column("usage_key", String(64), nullable=False),
    Column("period", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("requests", Key, nullable=False, server_default="0"),
    Column("tokens", Key, nullable=False, server_default="0"),
    PrimaryKeyConstraint("usage_key", "period", "service"),
    sqlite_with_rowid=False,
)
"""What a key has used. `usage_key` is a digest of it, `period` a month such as `2026-11`, `service`
the kind of analysis.
"""
