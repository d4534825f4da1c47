"""What the lists of a space's resources have in common."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func

from evalwright_server.services.references import require
from evalwright_server.store.ids import Kind
from evalwright_server.store.tables.spaces import spaces


@dataclass(frozen=True, slots=True)
class ListFilter:
    """The filters that lists share; None and empty text let everything pass.

    Attributes:
        space_id: Public ID of a space.
        space_name: Text that the space's name contains, whatever its case.
        name: Text that the row's name contains, whatever its case.
    """

    space_id: str | None = None
    space_name: str | None = None
    name: str | None = None


def apply_filter(
    conn: Connection, statement: Select[Any], table: Table, chosen: ListFilter
) -> Select[Any]:
    """Narrow a statement over `table` joined with `spaces`.

    Raises:
        InvalidRequest: `space_id` is no ID.
        ResourceNotFound: No space has it.
    """
    if chosen.space_id:
        space = require(conn, Kind.SPACE, chosen.space_id, "query:space_id")
        statement = statement.where(table.c.space_id == space.id)
    if chosen.space_name:
        statement = statement.where(contains(spaces.c.name, chosen.space_name))
    if chosen.name:
        statement = statement.where(contains(table.c.name, chosen.name))
    return statement


def contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Return the condition that a column contains `text`, whatever the case of either."""
    return func.lower(column).contains(text.lower(), autoescape=True)
