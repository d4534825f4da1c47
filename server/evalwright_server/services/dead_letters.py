"""Jobs that were given up because their workers kept dying."""

from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, select

from evalwright_server.services.errors import ResourceNotFound
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.jobs import dead_letters

_GREATEST_KEY: Final = 2**63 - 1


def list_dead_letters(
    conn: Connection, *, error_type: str | None, limit: int, offset: int
) -> JsonObject:
    """Return a page of entries, newest first."""
    statement = select(dead_letters).order_by(dead_letters.c.id.desc())
    if error_type is not None:
        statement = statement.where(dead_letters.c.error_type == error_type)
    rows = conn.execute(statement.limit(limit + 1).offset(offset)).all()
    items = [_view(row) for row in rows[:limit]]
    return {
        "items": items,
        "limit": limit,
        "offset": offset,
        "has_more": len(rows) > limit,
        "count": len(items),
    }


def count_dead_letters(conn: Connection) -> JsonObject:
    """Return how many entries there are, by kind of error."""
    statement = select(dead_letters.c.error_type, func.count().label("number")).group_by(
        dead_letters.c.error_type
    )
    counts = {row.error_type: row.number for row in conn.execute(statement)}
    return {"total": sum(counts.values()), "by_error_type": counts}


def delete_dead_letter(conn: Connection, entry_id: int) -> JsonObject:
    """Remove an entry.

    Raises:
        ResourceNotFound: There is none of this number.
    """
    statement = delete(dead_letters).where(dead_letters.c.id == entry_id)
    if abs(entry_id) > _GREATEST_KEY or conn.execute(statement).rowcount == 0:
        raise ResourceNotFound("DLQ entry not found", hint="GET /dlq lists those there are")
    return {"status": "removed", "entry_id": entry_id}


def _view(row: Row[Any]) -> JsonObject:
    return {
        "id": row.id,
        "job_id": row.job_id,
        "job_data": row.job_data,
        "error_type": row.error_type,
        "error_message": row.error_message,
        "retry_count": row.retry_count,
        "created_at": row.created_at,
        "client_ip": None,
        "correlation_id": row.correlation_id,
    }
