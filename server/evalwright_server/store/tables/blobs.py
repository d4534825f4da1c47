"""Tables of contents, each kept once however often it occurs."""

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, PrimaryKeyConstraint, String, Table

from evalwright_server.store.tables.columns import Key, timestamp
from evalwright_server.store.tables.metadata import metadata

CHUNK_BYTES: Final = 256 * 1024
"""Size of every chunk but the last: what one write or one read holds in memory."""

blobs: Final = Table(
    "blobs",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("size", Key, nullable=False),
    timestamp("touched_at"),
)
"""A content, by its SHA-256 in hexadecimal digits. `touched_at` is when it was last sent in: one
that nothing refers to yet may belong to a run that is about to end.
"""

blob_chunks: Final = Table(
    "blob_chunks",
    metadata,
    Column("digest", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("digest", "position"),
)
"""The pieces of a content, of `CHUNK_BYTES` each, numbered from 0."""
