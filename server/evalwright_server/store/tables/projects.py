"""Table of projects, the containers of spans."""

from sqlalchemy import Column, Table, Text, UniqueConstraint

from evalwright_server.store.tables.columns import key, reference, suffix, timestamp
from evalwright_server.store.tables.metadata import metadata

projects = Table(
    "projects",
    metadata,
    key(),
    suffix(),
    reference("space_id", "spaces.id"),
    Column("name", Text, nullable=False),
    timestamp("created_at"),
    UniqueConstraint("space_id", "name"),
    sqlite_autoincrement=True,
)
