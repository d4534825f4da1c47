"""Spans as rows, with what was said of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import JsonValue
from sqlalchemy import BindParameter, Connection, Row, bindparam, select

from evalwright_server.runs.span_columns import own_columns, with_attributes
from evalwright_server.store.tables.annotations import span_annotations
from evalwright_server.store.tables.spans import span_evaluations

_KEYS: Final[BindParameter[int]] = bindparam("keys", expanding=True)
_EVALUATIONS: Final = (
    select(span_evaluations)
    .where(span_evaluations.c.span_id.in_(_KEYS))
    .order_by(span_evaluations.c.name)
)
_ANNOTATIONS: Final = (
    select(span_annotations)
    .where(span_annotations.c.record_id.in_(_KEYS))
    .order_by(span_annotations.c.name)
)

Said = Mapping[int, Mapping[str, JsonValue]]
"""What was said of spans, as columns by the span's number."""


def what_was_said(connection: Connection, keys: Sequence[int]) -> Said:
    """Return the evaluations and annotations of spans as columns."""
    said: defaultdict[int, dict[str, JsonValue]] = defaultdict(dict)
    for row in connection.execute(_EVALUATIONS, {"keys": keys}):
        said[row.span_id].update(_members("eval", row, ("score", "label", "explanation", "error")))
    for row in connection.execute(_ANNOTATIONS, {"keys": keys}):
        said[row.record_id].update(_members("annotation", row, ("score", "label", "text")))
    return said


def columns_of(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, dict[str, JsonValue]]:
    """Return the columns of spans by their numbers.

    Args:
        connection: The transaction.
        rows: Rows of the table `spans`.
    """
    said = what_was_said(connection, [row.id for row in rows])
    return {
        row.id: with_attributes(own_columns(row, said.get(row.id, {})), row.attributes)
        for row in rows
    }


def _members(family: str, row: Row[Any], parts: Sequence[str]) -> Iterator[tuple[str, JsonValue]]:
    for part in parts:
        value = getattr(row, part)
        if value is not None:
            yield f"{family}.{row.name}.{part}", value
