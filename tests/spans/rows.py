"""Rows of spans for tests that look at the database from below."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from evalwright_server.store.tables.annotations import span_annotations
from evalwright_server.store.tables.projects import projects
from evalwright_server.store.tables.spans import span_evaluations, spans
from runs.conftest import make_space

START = datetime(2026, 1, 1, tzinfo=UTC)


def add_project(connection: Connection, space: int | None = None) -> int:
    """Insert a project and return its number."""
    values = {"suffix": "aaaa", "name": "chat", "created_at": START}
    space = make_space(connection) if space is None else space
    statement = insert(projects).values(space_id=space, **values)
    key: int = connection.execute(statement.returning(projects.c.id)).scalar_one()
    return key


def add_spans(
    connection: Connection, project: int, attributes: Sequence[dict[str, Any]], **values: Any
) -> list[int]:
    """Insert spans with these attributes, a second apart, and return their numbers."""
    kinds = ("LLM", "CHAIN", "TOOL")
    rows = []
    for index, each in enumerate(attributes):
        start = START + timedelta(seconds=index, microseconds=123)
        row = {
            "project_id": project,
            "trace_id": f"{index // 3:032x}",
            "span_id": f"{index:016x}",
            "parent_id": f"{index - 1:016x}" if index % 3 else None,
            "name": "answer" if index % 4 else "other",
            "kind": kinds[index % 3],
            "start_time": start,
            "end_time": start + timedelta(milliseconds=index),
            "status_code": "ERROR" if index % 5 == 0 else "OK",
            "status_message": "it broke" if index % 5 == 0 else "",
            "attributes": each,
            "events": [{"name": "exception"}] if index % 5 == 0 else [],
        }
        rows.append(row | values)
    if not rows:
        return []
    statement = insert(spans).returning(spans.c.id, sort_by_parameter_order=True)
    return list(connection.scalars(statement, rows))


def say(connection: Connection, span: int, name: str, **values: Any) -> None:
    """Insert an evaluation of a span."""
    row = {"span_id": span, "name": name, "updated_at": START, **values}
    connection.execute(insert(span_evaluations).values(row))


def annotate(connection: Connection, span: int, name: str, **values: Any) -> None:
    """Insert an annotation of a span."""
    row = {"record_id": span, "name": name, "updated_at": START, **values}
    connection.execute(insert(span_annotations).values(row))
