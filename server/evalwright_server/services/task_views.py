"""Tasks as they stand in answers."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, select

from evalwright_server.services.requests import JsonObject
from evalwright_server.store.ids import Kind, encode
from evalwright_server.store.tables.datasets import datasets
from evalwright_server.store.tables.evaluators import evaluator_versions, evaluators
from evalwright_server.store.tables.experiments import experiments
from evalwright_server.store.tables.projects import projects
from evalwright_server.store.tables.spaces import spaces
from evalwright_server.store.tables.tasks import task_evaluators, task_experiments, tasks


def task_rows() -> Select[Any]:
    """Return the statement that selects what `view_tasks` needs of each task."""
    return (
        select(
            tasks,
            spaces.c.suffix.label("space_suffix"),
            projects.c.suffix.label("project_suffix"),
            datasets.c.suffix.label("dataset_suffix"),
        )
        .join(spaces, spaces.c.id == tasks.c.space_id)
        .outerjoin(projects, projects.c.id == tasks.c.project_id)
        .outerjoin(datasets, datasets.c.id == tasks.c.dataset_id)
    )


_READ: Final = task_rows().where(tasks.c.id == bindparam("key"))
_EVALUATORS: Final = (
    select(
        task_evaluators,
        evaluators.c.suffix,
        evaluators.c.name,
        evaluator_versions.c.suffix.label("version_suffix"),
    )
    .join(evaluators, evaluators.c.id == task_evaluators.c.evaluator_id)
    .outerjoin(
        evaluator_versions, evaluator_versions.c.id == task_evaluators.c.evaluator_version_id
    )
    .where(task_evaluators.c.task_id.in_(bindparam("keys", expanding=True)))
    .order_by(task_evaluators.c.position)
)
_EXPERIMENTS: Final = (
    select(task_experiments, experiments.c.suffix)
    .join(experiments)
    .where(task_experiments.c.task_id.in_(bindparam("keys", expanding=True)))
    .order_by(task_experiments.c.position)
)


def read_task(conn: Connection, key: int) -> JsonObject:
    """Return the view of one task."""
    return view_tasks(conn, conn.execute(_READ, {"key": key}).all())[0]


def view_tasks(conn: Connection, rows: Sequence[Row[Any]]) -> list[JsonObject]:
    """Return the views of tasks selected by `task_rows`."""
    keys = [row.id for row in rows]
    applied = _evaluators(conn, keys)
    chosen = _experiments(conn, keys)
    return [_view(row, applied[row.id], chosen[row.id]) for row in rows]


def _evaluators(conn: Connection, keys: Sequence[int]) -> defaultdict[int, list[JsonObject]]:
    found: defaultdict[int, list[JsonObject]] = defaultdict(list)
    for row in conn.execute(_EVALUATORS, {"keys": keys}):
        version = row.evaluator_version_id
        view = {
            "evaluator_id": encode(Kind.EVALUATOR, row.evaluator_id, row.suffix),
            "evaluator_name": row.name,
            "evaluator_version_id": version
            and encode(Kind.EVALUATOR_VERSION, version, row.version_suffix),
            "query_filter": row.query_filter,
            "column_mappings": row.column_mappings,
        }
        found[row.task_id].append(view)
    return found


def _experiments(conn: Connection, keys: Sequence[int]) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in conn.execute(_EXPERIMENTS, {"keys": keys}):
        found[row.task_id].append(encode(Kind.EXPERIMENT, row.experiment_id, row.suffix))
    return found


def _view(row: Row[Any], applied: list[JsonObject], chosen: list[str]) -> JsonObject:
    project = row.project_id and encode(Kind.PROJECT, row.project_id, row.project_suffix)
    dataset = row.dataset_id and encode(Kind.DATASET, row.dataset_id, row.dataset_suffix)
    return {
        "id": encode(Kind.TASK, row.id, row.suffix),
        "name": row.name,
        "type": row.type,
        "space_id": encode(Kind.SPACE, row.space_id, row.space_suffix),
        "project_id": project,
        "dataset_id": dataset,
        "sampling_rate": row.sampling_rate,
        "is_continuous": row.is_continuous,
        "query_filter": row.query_filter,
        "evaluators": applied,
        "experiment_ids": chosen,
        "run_configuration": row.run_configuration,
        "last_run_at": row.last_run_at,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "created_by_user_id": row.created_by_user_id,
    }
