"""Tables of organizations, users, spaces and who is in them."""

from sqlalchemy import Column, Table, Text, UniqueConstraint

from evalwright_server.store.tables.columns import key, reference, suffix, timestamp
from evalwright_server.store.tables.metadata import metadata

organizations = Table(
    "organizations",
    metadata,
    key(),
    suffix(),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    timestamp("created_at"),
    sqlite_autoincrement=True,
)
"""One row, made on the first start: clients need its ID to create a space."""

users = Table(
    "users",
    metadata,
    key(),
    suffix(),
    Column("name", Text, nullable=False, unique=True),
    Column("email", Text, nullable=False),
    timestamp("created_at"),
    sqlite_autoincrement=True,
)
"""One row, made on the first start: whoever holds an API key acts as this user."""

spaces = Table(
    "spaces",
    metadata,
    key(),
    suffix(),
    reference("organization_id", "organizations.id"),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    timestamp("created_at"),
    UniqueConstraint("organization_id", "name"),
    sqlite_autoincrement=True,
)

space_memberships = Table(
    "space_memberships",
    metadata,
    key(),
    suffix(),
    reference("space_id", "spaces.id"),
    reference("user_id", "users.id"),
    Column("role", Text, nullable=False),
    UniqueConstraint("space_id", "user_id"),
    sqlite_autoincrement=True,
)
"""Which part a user has in a space. Kept and shown, but not enforced: there is one user so far."""
