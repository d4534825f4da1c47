"""Spans: listing, deleting and annotating them. How they come in is in `services.span_ingest`."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, select

from evalwright_server.filters import Filter
from evalwright_server.filters.database import to_sql
from evalwright_server.runs.span_columns import SpanColumns
from evalwright_server.runs.span_rows import columns_of
from evalwright_server.services.annotations import annotations_of, write_annotations
from evalwright_server.services.errors import Findings, ResourceNotFound
from evalwright_server.services.pages import Order, PageRequest, fetch, scan
from evalwright_server.services.query_filters import compile_request
from evalwright_server.services.references import require
from evalwright_server.services.requests import (
    AnnotateSpansRequest,
    DeleteSpansRequest,
    JsonObject,
    ListSpansRequest,
)
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.ids import Kind
from evalwright_server.store.tables.annotations import span_annotations
from evalwright_server.store.tables.spans import span_evaluations, spans

LISTED_WINDOW: Final = timedelta(days=7)
"""How far back spans are listed, unless the request says otherwise."""
ANNOTATED_WINDOW: Final = timedelta(days=31)
"""How far back spans are annotated, unless the request says otherwise."""

_ORDER: Final = Order("spans", (spans.c.start_time, spans.c.id))
_MEMBERS: Final = (
    "name",
    "kind",
    "parent_id",
    "start_time",
    "end_time",
    "status_code",
    "status_message",
    "attributes",
    "events",
)


def list_spans(
    conn: Connection, body: ListSpansRequest, page: PageRequest, *, stamp: Stamp
) -> JsonObject:
    """Return a page of a project's spans with what was said of them, newest first.

    Raises:
        InvalidRequest: The filter is none, or the window ends before it starts.
        ResourceNotFound: There is no such project.
    """
    text = body.get("filter")
    passes = compile_request(text, "/filter")
    project = require(conn, Kind.PROJECT, body["project_id"], "/project_id")
    window = _window(body, stamp.now, LISTED_WINDOW)
    statement = select(spans).where(spans.c.project_id == project.id, window)
    if passes is None or not text:
        found = fetch(conn, statement, _ORDER, page)
    else:
        wanted = to_sql(text, SpanColumns())
        statement = statement.where(wanted.condition)
        if wanted.is_exact:
            found = fetch(conn, statement, _ORDER, page)
        else:
            found = scan(conn, statement, _ORDER, page, partial(_keep, conn, passes))
    return found.envelope("spans", _views(conn, found.rows))


def delete_spans(conn: Connection, body: DeleteSpansRequest) -> JsonObject:
    """Delete spans with what was said of them, and return which of them there were."""
    project = require(conn, Kind.PROJECT, body["project_id"], "/project_id")
    statement = delete(spans).where(
        spans.c.project_id == project.id, spans.c.span_id.in_(_folded(body["span_ids"]))
    )
    deleted = set(conn.scalars(statement.returning(spans.c.span_id)))
    gone = [each for each in body["span_ids"] if each.lower() in deleted]
    left = [each for each in body["span_ids"] if each.lower() not in deleted]
    return {"completed": not left, "deleted_span_ids": gone, "not_deleted_span_ids": left}


def annotate_spans(conn: Connection, body: AnnotateSpansRequest, *, stamp: Stamp) -> None:
    """Annotate spans of a project; values that are left out stay as they are.

    Raises:
        InvalidRequest: The window ends before it starts.
        ResourceNotFound: A span isn't in the window; all that are missing are named.
    """
    project = require(conn, Kind.PROJECT, body["project_id"], "/project_id")
    window = _window(body, stamp.now, ANNOTATED_WINDOW)
    given = body["annotations"]
    wanted = _folded([record["record_id"] for record in given])
    statement = select(spans.c.span_id, spans.c.id).where(
        spans.c.project_id == project.id, spans.c.span_id.in_(wanted), window
    )
    keys = {row.span_id: row.id for row in conn.execute(statement.order_by(spans.c.id))}
    findings = Findings()
    for index, span_id in enumerate(wanted):
        if span_id not in keys:
            message = "the project has no span with this ID that began in the window"
            pointer = f"/annotations/{index}/record_id"
            findings.add(pointer, message, error=ResourceNotFound)
    findings.raise_if_any()
    write_annotations(conn, span_annotations, [keys[each] for each in wanted], given, stamp)


def _folded(span_ids: Sequence[str]) -> list[str]:
    """Return IDs as they are stored: hex is the same in capitals."""
    return [span_id.lower() for span_id in span_ids]


def _window(
    body: ListSpansRequest | AnnotateSpansRequest, now: datetime, length: timedelta
) -> ColumnElement[bool]:
    """Return the condition that a span begins in the window of a request."""
    given = body.get("start_time"), body.get("end_time")
    start, end = (None if text is None else datetime.fromisoformat(text) for text in given)
    start, end = start or now - length, end or now
    if start >= end:
        findings = Findings()
        name = "/start_time" if "start_time" in body else "/end_time"
        message = (
            f"the window must start before it ends; it is from {start.isoformat()} "
            f"to {end.isoformat()}"
        )
        findings.add(name, message)
        findings.raise_if_any()
    return and_(spans.c.start_time >= start, spans.c.start_time < end)


def _keep(conn: Connection, passes: Filter, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    columns = columns_of(conn, rows)
    return [row for row in rows if passes(columns[row.id])]


def _views(conn: Connection, rows: Sequence[Row[Any]]) -> list[JsonObject]:
    keys = [row.id for row in rows]
    annotations = annotations_of(conn, span_annotations, keys)
    statement = select(span_evaluations).where(span_evaluations.c.span_id.in_(keys))
    evaluations: defaultdict[int, list[JsonObject]] = defaultdict(list)
    for row in conn.execute(statement.order_by(span_evaluations.c.name)):
        evaluations[row.span_id].append(dict(_evaluation(row)))
    return [
        {
            "context": {"trace_id": row.trace_id, "span_id": row.span_id},
            **{name: row._mapping[name] for name in _MEMBERS},
            "annotations": annotations[row.id],
            "evaluations": evaluations[row.id],
        }
        for row in rows
    ]


def _evaluation(row: Row[Any]) -> Iterator[tuple[str, Any]]:
    yield "name", row.name
    for name in ("score", "label", "explanation", "error"):
        if row._mapping[name] is not None:
            yield name, row._mapping[name]
