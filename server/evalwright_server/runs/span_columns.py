"""The columns of a span: what evaluators and filters see of it, in memory and in the database.

name, kind, status_code, status_message, trace_id, span_id, parent_id, start_time, end_time,
latency_ms, events                             the span itself; times as RFC 3339 text in UTC
attributes.<name>                              its attributes
<name>                                         the same, where no other column has that name
eval.<name>.score, .label, .explanation, .error     what evaluators said of it
annotation.<name>.score, .label, .text              what people said of it
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Row, Table, select

from evalwright_server.filters.sql_values import (
    NUMBER,
    TEXT,
    ColumnValue,
    FirstOf,
    JsonMember,
    NoValue,
    Value,
)
from evalwright_server.store.clock import timestamp_text
from evalwright_server.store.tables.annotations import span_annotations
from evalwright_server.store.tables.spans import span_evaluations, spans

ATTRIBUTES: Final = "attributes."
"""Stands before the names of attributes."""

_TEXTS: Final[Mapping[str, ColumnElement[Any]]] = {
    "name": spans.c.name,
    "kind": spans.c.kind,
    "status_code": spans.c.status_code,
    "status_message": spans.c.status_message,
    "trace_id": spans.c.trace_id,
    "span_id": spans.c.span_id,
    "parent_id": spans.c.parent_id,
    "context.trace_id": spans.c.trace_id,
    "context.span_id": spans.c.span_id,
    "start_time": timestamp_text(spans.c.start_time),
    "end_time": timestamp_text(spans.c.end_time),
}
_OTHERS: Final = ("latency_ms", "events")
_FAMILIES: Final = ("attributes", "eval", "annotation")
_SAID: Final = re.compile(
    r"eval\.(?P<eval>.+)\.(?P<part>score|label|explanation|error)"
    r"|annotation\.(?P<annotation>.+)\.(?P<side>score|label|text)",
    re.DOTALL,
)
_MILLISECOND: Final = timedelta(milliseconds=1)


def own_columns(row: Row[Any], said: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the columns of a span, but for its attributes.

    Args:
        row: A row of the table `spans`.
        said: The columns with what was said of it.
    """
    return {
        "name": row.name,
        "kind": row.kind,
        "status_code": row.status_code,
        "status_message": row.status_message,
        "trace_id": row.trace_id,
        "span_id": row.span_id,
        "parent_id": row.parent_id,
        "context.trace_id": row.trace_id,
        "context.span_id": row.span_id,
        "start_time": _write_time(row.start_time),
        "end_time": _write_time(row.end_time),
        "latency_ms": (row.end_time - row.start_time) / _MILLISECOND,
        "events": row.events,
        **said,
    }


def with_attributes(
    own: Mapping[str, JsonValue], attributes: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Return all columns of a span."""
    columns = {f"{ATTRIBUTES}{name}": value for name, value in attributes.items()}
    bare = {name: value for name, value in attributes.items() if not _is_taken(name)}
    return {**bare, **columns, **own}


class SpanColumns:
    """Finds the columns of spans in the database; see `filters.database`."""

    def find(self, parts: Sequence[str]) -> Value | None:
        """Return the value that a dotted name stands for.

        It may be one column, or a column and a path into the objects in it; the longest column
        that exists counts.
        """
        members: list[JsonMember] = []
        for count in range(len(parts), 0, -1):
            name, path = ".".join(parts[:count]), parts[count:]
            if name in _OTHERS and not path:
                return None
            fixed = _fixed(name)
            if fixed is not None:
                return FirstOf(members, NoValue() if path else fixed)
            steps = (name.removeprefix(ATTRIBUTES), *path)
            if not all(map(JsonMember.is_addressable, steps)):
                return None
            members.append(JsonMember(spans.c.attributes, steps))
        return FirstOf(members, NoValue())


def _fixed(name: str) -> Value | None:
    """Return what a name stands for that no attribute can have."""
    if name in _TEXTS:
        return ColumnValue(_TEXTS[name], TEXT)
    found = _SAID.fullmatch(name)
    if found is not None:
        if found["eval"] is not None:
            return _said(span_evaluations, "span_id", found["eval"], found["part"])
        return _said(span_annotations, "record_id", found["annotation"], found["side"])
    return NoValue() if _is_taken(name) and not name.startswith(ATTRIBUTES) else None


def _said(table: Table, of_span: str, name: str, part: str) -> Value:
    found = select(table.c[part]).where(table.c[of_span] == spans.c.id, table.c.name == name)
    column = found.correlate(spans).scalar_subquery()
    return ColumnValue(column, NUMBER if part == "score" else TEXT)


def _is_taken(name: str) -> bool:
    """Return whether a column of this name is something else than an attribute."""
    return name in _TEXTS or name in _OTHERS or name.partition(".")[0] in _FAMILIES


def _write_time(moment: datetime) -> str:
    # Twice as fast as strftime, and done twice for each span.
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
