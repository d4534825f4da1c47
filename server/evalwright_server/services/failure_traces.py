"""Traces of stored spans, read as items of a failure analysis."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from evalwright_server.services.analysis_projects import projects_named
from evalwright_server.services.errors import Findings, ResourceNotFound
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.span_texts import span_view
from evalwright_server.services.trace_steps import TraceStep, steps_of_spans
from evalwright_server.store.tables.projects import projects
from evalwright_server.store.tables.spans import spans

MOST_SPANS: Final = 10_000
"""Spans of a trace that are looked at; the first ones."""

_SPANS: Final = (
    select(
        spans.c.project_id,
        spans.c.span_id,
        spans.c.name,
        spans.c.kind,
        spans.c.attributes,
        projects.c.name.label("project_name"),
    )
    .join_from(spans, projects, projects.c.id == spans.c.project_id)
    .order_by(spans.c.start_time, spans.c.id)
    .limit(MOST_SPANS)
)


@dataclass(frozen=True, slots=True)
class StoredTrace:
    """What is stored of a trace.

    Attributes:
        project_name: The project it is in.
        items: Its steps, as items.
    """

    project_name: str
    items: list[JsonObject]


def read_stored_trace(conn: Connection, trace_id: str, project_name: str | None) -> StoredTrace:
    """Return a trace by its ID: that of a project or, without one named, whichever has it.

    Args:
        conn: The transaction.
        trace_id: 32 hexadecimal digits; dashes and capitals are allowed.
        project_name: The project in which to look.

    Raises:
        ResourceNotFound: There is no such trace.
        InvalidRequest: No step of it has an input and an output.
    """
    statement = _SPANS.where(spans.c.trace_id == trace_id.strip().replace("-", "").lower())
    if project_name:
        keys = [project.key for project in projects_named(conn, project_name)]
        statement = statement.where(spans.c.project_id.in_(keys))
    found = conn.execute(statement).all()
    findings = Findings()
    if not found:
        findings.add("/trace_id", _missing(trace_id, project_name), error=ResourceNotFound)
        raise findings.error()
    # Of a trace that several projects have, the part with its beginning is meant.
    of_project = [row for row in found if row.project_id == found[0].project_id]
    steps = steps_of_spans([span_view(dict(row._mapping)) for row in of_project])
    if not steps:
        message = (
            f"no span of this trace has both an input and an output; its {len(of_project)} spans "
            "are searched for input.value and output.value, llm.input_messages, "
            "gen_ai.input.messages and the like"
        )
        findings.add("/trace_id", message)
        raise findings.error()
    items = [_item(step, trace_id) for step in steps]
    return StoredTrace(found[0].project_name, items)


def _missing(trace_id: str, project_name: str | None) -> str:
    where = f"the project {project_name!r}" if project_name else "any project"
    return (
        f"no span with the trace ID {trace_id!r} is stored in {where}; send spans to "
        "POST /v1/traces first, or send a dataset"
    )


def _item(step: TraceStep, trace_id: str) -> JsonObject:
    return {
        "input": step.input,
        "output": step.output,
        "context": list(step.context),
        "tool_calls": [dict(call) for call in step.tool_calls],
        "expected": None,
        "trace_id": trace_id,
        **({} if step.span_id is None else {"span_id": step.span_id}),
    }
