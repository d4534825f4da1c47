"""Tables of datasets, their versions and their examples.

Versions share rows. An example keeps its identity over versions in `dataset_examples`; what it
contains lies in `dataset_example_revisions`, each valid from `first_version_id` to
`last_version_id`, both inclusive, or until further notice when the latter is NULL. A new version
costs only the rows that differ.
"""

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint

from evalwright_server.store.tables.columns import Document, Key, key, reference, suffix, timestamp
from evalwright_server.store.tables.metadata import metadata

datasets = Table(
    "datasets",
    metadata,
    key(),
    suffix(),
    reference("space_id", "spaces.id"),
    Column("name", Text, nullable=False),
    timestamp("created_at"),
    timestamp("updated_at"),
    UniqueConstraint("space_id", "name"),
    sqlite_autoincrement=True,
)

dataset_versions = Table(
    "dataset_versions",
    metadata,
    key(),
    suffix(),
    reference("dataset_id", "datasets.id"),
    Column("name", Text, nullable=False),
    timestamp("created_at"),
    timestamp("updated_at"),
    UniqueConstraint("dataset_id", "name"),
    sqlite_autoincrement=True,
)
"""Versions of a dataset form one line, ordered by `id`."""

dataset_examples = Table(
    "dataset_examples",
    metadata,
    key(),
    suffix(),
    reference("dataset_id", "datasets.id"),
    timestamp("created_at"),
    Index("ix_dataset_examples_dataset", "dataset_id", "id"),
    sqlite_autoincrement=True,
)
"""Identities of examples; insertion order is the order of `id`."""

dataset_example_revisions = Table(
    "dataset_example_revisions",
    metadata,
    key(),
    reference("example_id", "dataset_examples.id"),
    Column("first_version_id", Key, nullable=False),
    Column("last_version_id", Key),
    Column("columns", Document, nullable=False),
    timestamp("updated_at"),
    Index("ix_dataset_example_revisions_example", "example_id", "first_version_id"),
    sqlite_autoincrement=True,
)
"""The version columns are no foreign keys: versions go only together with all examples."""
