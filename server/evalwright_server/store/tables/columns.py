"""Column kinds that the domain tables share."""

from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, Column, DateTime, ForeignKey, Integer, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

Key = BigInteger().with_variant(Integer, "sqlite")
"""Type of surrogate keys. SQLite numbers rows by itself only for a plain INTEGER key."""

Document = JSON(none_as_null=True)
"""A JSON value; Python's None is SQL NULL. Not JSONB, which would forget the order of members."""


class UtcTimestamp(TypeDecorator[datetime]):
    """A point in time, always aware and in UTC, to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """The class of values; cursors of lists are read by it."""
        return datetime

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Move a value to UTC; SQLite stores the clock face and would drop the offset."""
        return value if value is None else value.astimezone(UTC)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Mark what SQLite returns without offset as UTC."""
        if value is None or value.tzinfo is UTC:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def key() -> Column[int]:
    """Return the primary key column of a table."""
    return Column("id", Key, primary_key=True)


def suffix() -> Column[str]:
    """Return the column with the random end of the public ID (see `store.ids`)."""
    return Column("suffix", String(4), nullable=False)


def timestamp(name: str) -> Column[datetime]:
    """Return a required point in time."""
    return Column(name, UtcTimestamp(), nullable=False)


def reference(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    """Return a foreign key whose row goes when the row it points to goes."""
    foreign_key = ForeignKey(target, ondelete="CASCADE")
    return Column(name, Key, foreign_key, nullable=nullable)
