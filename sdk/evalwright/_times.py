"""Times as callers write them."""

from datetime import UTC, datetime


def utc(value: object) -> object:
    """Read a time without a zone as UTC, as the server does; leave all else as it is."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value
