"""Unique names."""

from sqlalchemy import ColumnElement, Connection, Table, select

from evalwright_server.services.errors import Conflict, FieldError, ServiceError
from evalwright_server.store.ids import Kind, encode


def require_free_name(
    conn: Connection,
    table: Table,
    kind: Kind,
    name: str,
    scope: ColumnElement[bool],
    *,
    place: str,
    pointer: str = "/name",
    but: int | None = None,
    error: type[ServiceError] = Conflict,
) -> None:
    """Refuse a name that another row of the scope has.

    Two requests at once may both pass on PostgreSQL; the table's unique constraint then stops one.

    Args:
        conn: The transaction.
        table: Where the names are, in a column `name`.
        kind: What the rows are.
        name: The name wanted.
        scope: The rows among which it must be unique.
        place: The scope in words, such as "in this space".
        pointer: The request's member with the name.
        but: Key of the row that may have the name, when an existing one is renamed.
        error: The class of error to raise.

    Raises:
        ServiceError: Of the class `error`, with the other row's ID.
    """
    statement = select(table.c.id, table.c.suffix).where(scope, table.c.name == name)
    row = conn.execute(statement).one_or_none()
    if row is None or row.id == but:
        return
    owner = encode(kind, row.id, row.suffix)
    message = f"{name!r} is taken {place}, by {owner}; choose another name or use that one"
    raise error(message, [FieldError(pointer, message)])
