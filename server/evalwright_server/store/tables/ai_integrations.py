"""Tables of AI integrations: how to reach a model provider, and who may use it."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, LargeBinary, Table, Text

from evalwright_server.store.tables.columns import Document, key, reference, suffix, timestamp
from evalwright_server.store.tables.metadata import metadata

ai_integrations = Table(
    "ai_integrations",
    metadata,
    key(),
    suffix(),
    Column("name", Text, nullable=False, unique=True),
    Column("provider", Text, nullable=False),
    Column("api_key", LargeBinary),
    Column("base_url", Text),
    Column("model_names", Document),
    Column("headers", LargeBinary),
    Column("enable_default_models", Boolean, nullable=False),
    Column("function_calling_enabled", Boolean, nullable=False),
    Column("auth_type", Text, nullable=False),
    Column("provider_metadata", Document),
    timestamp("created_at"),
    timestamp("updated_at"),
    Column("created_by_user_id", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""`api_key` and `headers` are sealed by `store.secrets`; the database never sees them in clear."""

ai_integration_scopings = Table(
    "ai_integration_scopings",
    metadata,
    key(),
    reference("integration_id", "ai_integrations.id"),
    reference("organization_id", "organizations.id", nullable=True),
    reference("space_id", "spaces.id", nullable=True),
    CheckConstraint("organization_id IS NOT NULL OR space_id IS NULL", "scoping_has_organization"),
    Index("ix_ai_integration_scopings_integration", "integration_id"),
    sqlite_autoincrement=True,
)
"""Where an integration may be used. No row at all: everywhere; no space: the whole organization."""
