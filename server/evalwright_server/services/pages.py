"""Pages of lists, by keyset: a page starts behind the last row of the one before."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, literal, tuple_

from evalwright_server.services.errors import FieldError, InvalidRequest

MOST_SCANNED: Final = 10_000
"""Rows that one request looks at in search of those it wants."""

_SCANNED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list is asked for.

    Attributes:
        limit: The largest number of rows.
        cursor: The end of the page before; None for the first one.
        pointer: Where in the request the cursor stands.
    """

    limit: int
    cursor: str | None = None
    pointer: str = "query:cursor"


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page."""

    rows: Sequence[Row[Any]]
    next_cursor: str | None

    def envelope(self, member: str, items: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the answer of a list operation."""
        pagination = {"has_more": self.next_cursor is not None, "next_cursor": self.next_cursor}
        return {member: items, "pagination": pagination}


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list.

    Attributes:
        name: Written into cursors, so that a cursor of one list is refused by another.
        columns: What the rows are sorted by; the last one is unique.
        descending: Whether the largest values come first.
    """

    name: str
    columns: tuple[ColumnElement[Any], ...]
    descending: bool = True


def fetch(conn: Connection, statement: Select[Any], order: Order, request: PageRequest) -> Page:
    """Return one page of `statement`, whose select list must hold the order's columns.

    Raises:
        InvalidRequest: The cursor is not one that this list gave out.
    """
    columns = order.columns
    if request.cursor:
        values = [
            literal(value, column.type)
            for value, column in zip(_read_cursor(order, request), columns, strict=True)
        ]
        here = tuple_(*columns)
        there = tuple_(*values)
        statement = statement.where(here < there if order.descending else here > there)
    directions = [column.desc() if order.descending else column.asc() for column in columns]
    rows = conn.execute(statement.order_by(*directions).limit(request.limit + 1)).all()
    if len(rows) <= request.limit:
        return Page(rows, None)
    rows = rows[: request.limit]
    return Page(rows, _cursor_at(order, rows[-1]))


def scan(
    conn: Connection,
    statement: Select[Any],
    order: Order,
    request: PageRequest,
    keep: Callable[[Sequence[Row[Any]]], Sequence[Row[Any]]],
) -> Page:
    """Return a page of the rows that `keep` keeps, which no statement can pick.

    No more than `MOST_SCANNED` rows are looked at, so a page may have few rows or none and still
    not be the last one.

    Args:
        conn: The transaction.
        statement: Selects all rows.
        order: Their order.
        request: Which page.
        keep: Picks some of the rows it is given, in the same order.

    Raises:
        InvalidRequest: The cursor is not one that this list gave out.
    """
    kept: list[Row[Any]] = []
    cursor = request.cursor
    for _ in range(0, MOST_SCANNED, _SCANNED_AT_ONCE):
        found = fetch(
            conn, statement, order, replace(request, limit=_SCANNED_AT_ONCE, cursor=cursor)
        )
        kept += keep(found.rows)
        if len(kept) > request.limit:
            kept = kept[: request.limit]
            return Page(kept, _cursor_at(order, kept[-1]))
        cursor = found.next_cursor
        if cursor is None or len(kept) == request.limit:
            break
    return Page(kept, cursor)


def _cursor_at(order: Order, row: Row[Any]) -> str:
    values = row._mapping
    return _write_cursor(order, [values[column] for column in order.columns])


def _write_cursor(order: Order, values: list[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(orjson.dumps([order.name, *plain])).decode().rstrip("=")


def _read_cursor(order: Order, request: PageRequest) -> list[Any]:
    text = request.cursor or ""
    try:
        padded = text + "=" * (-len(text) % 4)
        name, *values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if name == order.name and len(values) == len(order.columns):
            return [
                _typed(value, column) for value, column in zip(values, order.columns, strict=True)
            ]
    except (binascii.Error, ValueError, TypeError):
        pass
    message = "this is no cursor of this list; pass the `next_cursor` of the page before, unchanged"
    raise InvalidRequest(message, [FieldError(request.pointer, message)])


def _typed(value: object, column: ColumnElement[Any]) -> object:
    """Turn a cursor's value into one the column takes; a forged one raises ValueError."""
    expected = column.type.python_type
    if expected is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("no offset")
        return moment
    if type(value) is not expected:
        raise ValueError("another type")
    return value
