"""Tables of evaluators and their versions."""

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint

from evalwright_server.store.tables.columns import Document, key, reference, suffix, timestamp
from evalwright_server.store.tables.metadata import metadata

evaluators = Table(
    "evaluators",
    metadata,
    key(),
    suffix(),
    reference("space_id", "spaces.id"),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("type", Text, nullable=False),
    timestamp("created_at"),
    timestamp("updated_at"),
    Column("created_by_user_id", Text),
    UniqueConstraint("space_id", "name"),
    Index("ix_evaluators_updated", "updated_at", "id"),
    sqlite_autoincrement=True,
)

evaluator_versions = Table(
    "evaluator_versions",
    metadata,
    key(),
    suffix(),
    reference("evaluator_id", "evaluators.id"),
    Column("commit_hash", Text, nullable=False),
    Column("commit_message", Text),
    Column("config", Document, nullable=False),
    timestamp("created_at"),
    Column("created_by_user_id", Text),
    Index("ix_evaluator_versions_evaluator", "evaluator_id", "id"),
    sqlite_autoincrement=True,
)
"""Versions are never changed; the one with the highest `id` is the latest.

`config` is the template_config or code_config of the wire, by the evaluator's type.
"""
