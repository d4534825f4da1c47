"""Tasks. Their rules are in `services.task_rules`, their runs in `services.task_runs`."""

from typing import Any

from sqlalchemy import Connection, delete, insert, update

from evalwright_server.runs.engine import Engine
from evalwright_server.services.continuous import watermark
from evalwright_server.services.errors import Conflict, InvalidRequest, ServiceError
from evalwright_server.services.lists import ListFilter, apply_filter
from evalwright_server.services.names import require_free_name
from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.references import require
from evalwright_server.services.removal import drop_task_runs
from evalwright_server.services.requests import CreateTaskRequest, JsonObject, UpdateTaskRequest
from evalwright_server.services.revisions import require_match
from evalwright_server.services.stamps import Stamp
from evalwright_server.services.task_rules import (
    AppliedEvaluator,
    check_creation,
    check_update,
)
from evalwright_server.services.task_views import read_task, task_rows, view_tasks
from evalwright_server.store.ids import Kind, new_suffix
from evalwright_server.store.tables.tasks import task_evaluators, task_experiments, tasks

_ORDER = Order("tasks", (tasks.c.id,))


def list_tasks(
    conn: Connection,
    page: PageRequest,
    chosen: ListFilter,
    *,
    project_id: str | None = None,
    dataset_id: str | None = None,
    task_type: str | None = None,
) -> JsonObject:
    """Return a page of tasks, newest first."""
    statement = apply_filter(conn, task_rows(), tasks, chosen)
    if project_id:
        project = require(conn, Kind.PROJECT, project_id, "query:project_id")
        statement = statement.where(tasks.c.project_id == project.id)
    if dataset_id:
        dataset = require(conn, Kind.DATASET, dataset_id, "query:dataset_id")
        statement = statement.where(tasks.c.dataset_id == dataset.id)
    if task_type:
        statement = statement.where(tasks.c.type == task_type)
    found = fetch(conn, statement, _ORDER, page)
    return found.envelope("tasks", view_tasks(conn, found.rows))


def create_task(conn: Connection, body: CreateTaskRequest, *, stamp: Stamp) -> JsonObject:
    """Create a task in the space of its project or dataset."""
    plan = check_creation(conn, body)
    _require_free(conn, plan.space, body["name"], InvalidRequest)
    statement = insert(tasks).values(
        suffix=new_suffix(),
        space_id=plan.space,
        name=body["name"],
        type=body["type"],
        project_id=plan.project,
        dataset_id=plan.dataset,
        sampling_rate=plan.sampling_rate,
        is_continuous=body.get("is_continuous", False),
        seen_span_id=watermark(conn, plan.project),
        query_filter=body.get("query_filter") or None,
        run_configuration=body.get("run_configuration"),
        created_at=stamp.now,
        updated_at=stamp.now,
        created_by_user_id=stamp.user_id,
    )
    key = conn.execute(statement.returning(tasks.c.id)).scalar_one()
    _replace_evaluators(conn, key, plan.evaluators)
    rows = [
        {"task_id": key, "position": position, "experiment_id": experiment}
        for position, experiment in enumerate(plan.experiments)
    ]
    if rows:
        conn.execute(insert(task_experiments), rows)
    return read_task(conn, key)


def get_task(conn: Connection, task_id: str) -> JsonObject:
    """Return a task."""
    return read_task(conn, require(conn, Kind.TASK, task_id, "path:task_id").id)


def get_task_type(conn: Connection, task_id: str) -> str:
    """Return a task's type, which decides what its updates and triggers may hold."""
    kind: str = require(conn, Kind.TASK, task_id, "path:task_id").type
    return kind


def update_task(
    conn: Connection,
    task_id: str,
    body: UpdateTaskRequest,
    *,
    stamp: Stamp,
    if_match: str | None,
) -> JsonObject:
    """Change a task; a list of evaluators or a run configuration replaces the stored one."""
    row = require(conn, Kind.TASK, task_id, "path:task_id")
    require_match(read_task(conn, row.id), if_match)
    chosen = check_update(conn, row, body)
    if "name" in body:
        _require_free(conn, row.space_id, body["name"], Conflict, but=row.id)
    values: dict[str, Any] = {name: value for name, value in body.items() if name != "evaluators"}
    if "query_filter" in values:
        values["query_filter"] = values["query_filter"] or None
    if values.get("is_continuous") and not row.is_continuous:
        values["seen_span_id"] = watermark(conn, row.project_id)
    changes = update(tasks).where(tasks.c.id == row.id)
    conn.execute(changes.values(updated_at=stamp.now, **values))
    if chosen is not None:
        _replace_evaluators(conn, row.id, chosen)
    return read_task(conn, row.id)


def delete_task(conn: Connection, task_id: str, *, engine: Engine) -> None:
    """Delete a task with its runs; those that have not ended are cancelled first."""
    row = require(conn, Kind.TASK, task_id, "path:task_id")
    drop_task_runs(conn, engine, tasks.c.id == row.id)
    conn.execute(delete(tasks).where(tasks.c.id == row.id))


def _replace_evaluators(conn: Connection, task: int, chosen: list[AppliedEvaluator]) -> None:
    conn.execute(delete(task_evaluators).where(task_evaluators.c.task_id == task))
    rows = [
        {
            "task_id": task,
            "position": position,
            "evaluator_id": each.evaluator,
            "evaluator_version_id": each.version,
            "query_filter": each.query_filter,
            "column_mappings": each.column_mappings,
        }
        for position, each in enumerate(chosen)
    ]
    if rows:
        conn.execute(insert(task_evaluators), rows)


def _require_free(
    conn: Connection, space: int, name: str, error: type[ServiceError], but: int | None = None
) -> None:
    """Refuse a name that is taken in the space: clients expect 400 on create, 409 on update."""
    scope = tasks.c.space_id == space
    require_free_name(
        conn, tasks, Kind.TASK, name, scope, place="in this space", but=but, error=error
    )
