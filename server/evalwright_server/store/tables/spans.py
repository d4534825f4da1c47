"""Tables of spans and of what evaluators said about them.

Numbers of spans grow in the order of commits within a project: whoever adds spans first locks the
project's row. So a number is a watermark: once a span is seen, no older one can turn up behind it.
"""

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from evalwright_server.store.tables.columns import Document, Key, key, reference, timestamp
from evalwright_server.store.tables.metadata import metadata

spans = Table(
    "spans",
    metadata,
    key(),
    reference("project_id", "projects.id"),
    Column("trace_id", String(32), nullable=False),
    Column("span_id", String(16), nullable=False),
    Column("parent_id", String(16)),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    timestamp("start_time"),
    timestamp("end_time"),
    Column("status_code", Text, nullable=False),
    Column("status_message", Text, nullable=False),
    Column("attributes", Document, nullable=False),
    Column("events", Document, nullable=False),
    UniqueConstraint("project_id", "span_id", "trace_id"),
    Index("ix_spans_time", "project_id", "start_time", "id"),
    Index("ix_spans_project", "project_id", "id"),
    sqlite_autoincrement=True,
)
"""A span sent again replaces what is stored, and keeps its number and what was said about it."""

span_evaluations = Table(
    "span_evaluations",
    metadata,
    reference("span_id", "spans.id"),
    Column("name", Text, nullable=False),
    Column("evaluator_version_id", Key),
    Column("run_id", Key),
    Column("score", Float),
    Column("label", Text),
    Column("explanation", Text),
    Column("error", Text),
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    timestamp("updated_at"),
    UniqueConstraint("span_id", "name"),
    Index("ix_span_evaluations_run", "run_id", "span_id"),
)
"""One judgement per span and evaluation name; like `evaluations` of experiment runs."""
