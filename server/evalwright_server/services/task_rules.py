"""What a task may consist of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row

from evalwright_server.runs.producers.build import check_configuration
from evalwright_server.services.errors import Findings, UnprocessableRequest, closest
from evalwright_server.services.evaluator_versions import latest_version
from evalwright_server.services.query_filters import check_filter
from evalwright_server.services.references import find
from evalwright_server.services.requests import (
    CreateEvaluationTaskRequest,
    CreateTaskRequest,
    JsonObject,
    TaskEvaluatorInput,
    UpdateTaskRequest,
)
from evalwright_server.store.ids import Kind

RUN_EXPERIMENT = "run_experiment"
_EVALUATOR_TYPES = {"template_evaluation": "template", "code_evaluation": "code"}


@dataclass(frozen=True, slots=True)
class AppliedEvaluator:
    """An evaluator as a task applies it, by the key of its row."""

    evaluator: int
    version: int | None
    query_filter: str | None
    column_mappings: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """A task to create, with keys in the place of public IDs."""

    space: int
    project: int | None
    dataset: int | None
    sampling_rate: float | None = None
    experiments: list[int] = field(default_factory=list)
    evaluators: list[AppliedEvaluator] = field(default_factory=list)


def check_creation(conn: Connection, body: CreateTaskRequest) -> TaskPlan:
    """Return what a task to create consists of.

    Raises:
        ServiceError: Something about it is wrong; all findings are listed.
    """
    findings = Findings()
    if body["type"] == "run_experiment":
        dataset = find(conn, Kind.DATASET, body["dataset_id"], "/dataset_id", findings)
        _check_configuration(conn, body["run_configuration"], findings)
        findings.raise_if_any()
        return TaskPlan(*_place(None, dataset))
    _check_target(body, findings)
    project = dataset = None
    if "project_id" in body:
        project = find(conn, Kind.PROJECT, body["project_id"], "/project_id", findings)
    if "dataset_id" in body:
        dataset = find(conn, Kind.DATASET, body["dataset_id"], "/dataset_id", findings)
    target = project if project is not None else dataset
    experiments = resolve_experiments(conn, dataset, body.get("experiment_ids", []), findings)
    space = target.space_id if target is not None else None
    chosen = _resolve_evaluators(conn, body["type"], space, body["evaluators"], findings)
    check_filter(findings, "/query_filter", body.get("query_filter"))
    findings.raise_if_any()
    rate = body.get("sampling_rate", 1.0) if project is not None else None
    return TaskPlan(*_place(project, dataset), rate, experiments, chosen)


def check_update(
    conn: Connection, task: Row[Any], body: UpdateTaskRequest
) -> list[AppliedEvaluator] | None:
    """Return the evaluators that a task is to have, or None if they stay.

    Raises:
        ServiceError: Something about the change is wrong; all findings are listed.
    """
    findings = Findings()
    if task.type == RUN_EXPERIMENT:
        if "run_configuration" in body:
            _check_configuration(conn, body["run_configuration"], findings)
        findings.raise_if_any()
        return None
    if task.dataset_id is not None:
        _refuse_span_members(body, findings)
    check_filter(findings, "/query_filter", body.get("query_filter"))
    chosen = None
    if "evaluators" in body:
        chosen = _resolve_evaluators(conn, task.type, task.space_id, body["evaluators"], findings)
    findings.raise_if_any()
    return chosen


def resolve_experiments(
    conn: Connection, dataset: Row[Any] | None, given: Sequence[str], findings: Findings
) -> list[int]:
    """Return the keys of experiments, which must belong to the dataset."""
    keys: list[int] = []
    for index, experiment_id in enumerate(given):
        pointer = f"/experiment_ids/{index}"
        row = find(conn, Kind.EXPERIMENT, experiment_id, pointer, findings)
        if row is None:
            continue
        if dataset is not None and row.dataset_id != dataset.id:
            message = "this experiment belongs to another dataset"
            findings.add(pointer, message, error=UnprocessableRequest)
        elif row.id in keys:
            findings.add(pointer, "this experiment is listed already")
        else:
            keys.append(row.id)
    return keys


def _place(
    project: Row[Any] | None, dataset: Row[Any] | None
) -> tuple[int, int | None, int | None]:
    """Return the keys of space, project and dataset, one of the latter two being there."""
    if project is not None:
        return project.space_id, project.id, None
    if dataset is not None:
        return dataset.space_id, None, dataset.id
    raise LookupError("neither project nor dataset: the findings should have been raised")


def _check_target(body: CreateEvaluationTaskRequest, findings: Findings) -> None:
    """Check that the task has one kind of target, and only the members that go with it."""
    targets = [name for name in ("project_id", "dataset_id") if name in body]
    if not targets:
        message = "give exactly one of project_id and dataset_id: what the task evaluates"
        findings.add("", message, allowed=["project_id", "dataset_id"])
    if len(targets) == 2:
        for name in targets:
            findings.add(f"/{name}", "give only one of project_id and dataset_id")
    if targets == ["project_id"] and body.get("experiment_ids"):
        findings.add("/experiment_ids", "only dataset tasks have experiments; leave it out")
    if targets == ["dataset_id"]:
        if not body.get("experiment_ids"):
            message = "a dataset task needs at least one experiment of the dataset"
            findings.add("/experiment_ids", message)
        _refuse_span_members(body, findings)


def _refuse_span_members(body: Mapping[str, Any], findings: Findings) -> None:
    message = "only project tasks have it; leave it out"
    if "sampling_rate" in body:
        findings.add("/sampling_rate", message)
    if body.get("is_continuous"):
        findings.add("/is_continuous", message)


def _resolve_evaluators(
    conn: Connection,
    task_type: str,
    space: int | None,
    given: Sequence[TaskEvaluatorInput],
    findings: Findings,
) -> list[AppliedEvaluator]:
    applied: list[AppliedEvaluator] = []
    columns: dict[str, str] = {}
    for index, each in enumerate(given):
        pointer = f"/evaluators/{index}"
        where = f"{pointer}/evaluator_id"
        check_filter(findings, f"{pointer}/query_filter", each.get("query_filter"))
        row = find(conn, Kind.EVALUATOR, each["evaluator_id"], where, findings)
        if row is None:
            continue
        if any(row.id == other.evaluator for other in applied):
            findings.add(where, f"{row.name!r} is listed already; each evaluator goes in once")
            continue
        _check_fit(row, task_type, space, where, findings)
        mappings = each.get("column_mappings")
        pinned = None
        if (version_id := each.get("evaluator_version_id")) is not None:
            where_version = f"{pointer}/evaluator_version_id"
            pinned = _find_version(conn, row, version_id, where_version, findings)
        config = (pinned or latest_version(conn, row.id)).config
        if row.type == "code" and mappings:
            pointer = f"{pointer}/column_mappings"
            _check_mappings(row.name, config["variables"], mappings, pointer, findings)
        check_column(columns, config["name"], row.name, where, findings)
        query_filter = each.get("query_filter") or None
        version = None if pinned is None else pinned.id
        applied.append(AppliedEvaluator(row.id, version, query_filter, mappings))
    return applied


def _find_version(
    conn: Connection, evaluator: Row[Any], version_id: str, pointer: str, findings: Findings
) -> Row[Any] | None:
    """Return the version that a task holds its evaluator to."""
    version = find(conn, Kind.EVALUATOR_VERSION, version_id, pointer, findings)
    if version is None or version.evaluator_id == evaluator.id:
        return version
    message = f"{version_id!r} is a version of another evaluator than {evaluator.name!r}"
    findings.add(pointer, message, error=UnprocessableRequest)
    return None


def check_column(
    columns: dict[str, str], column: str, evaluator: str, pointer: str, findings: Findings
) -> None:
    """Note who writes a column, and add to `findings` if another evaluator does so already."""
    if column in columns:
        message = f"{evaluator!r} and {columns[column]!r} would both write the column {column!r}"
        findings.add(pointer, message, error=UnprocessableRequest)
    columns[column] = evaluator


def _check_fit(
    evaluator: Row[Any], task_type: str, space: int | None, pointer: str, findings: Findings
) -> None:
    name = repr(evaluator.name)
    if space is not None and evaluator.space_id != space:
        message = f"{name} is in another space than the task's project or dataset"
        findings.add(pointer, message, error=UnprocessableRequest)
    wanted = _EVALUATOR_TYPES[task_type]
    if evaluator.type != wanted:
        message = f"{name} is a {evaluator.type} evaluator; a {task_type} task takes {wanted}"
        findings.add(pointer, message, allowed=[wanted], error=UnprocessableRequest)


def _check_mappings(
    evaluator: str,
    variables: Sequence[str],
    mappings: Mapping[str, str],
    pointer: str,
    findings: Findings,
) -> None:
    for variable in mappings:
        if variable not in variables:
            findings.add(
                f"{pointer}/{variable}",
                f"{evaluator!r} has no variable {variable!r}",
                allowed=variables,
                nearest=closest(variable, variables),
                error=UnprocessableRequest,
            )


def _check_configuration(conn: Connection, config: JsonObject, findings: Findings) -> None:
    pointer = "/run_configuration"
    integration_id = config["ai_integration_id"]
    where = f"{pointer}/ai_integration_id"
    find(conn, Kind.AI_INTEGRATION, integration_id, where, findings)
    for wrong in check_configuration(config):
        findings.add(f"{pointer}{wrong.pointer}", wrong.message)
    version_id = config.get("evaluator_version_id")
    if version_id is not None:
        where = f"{pointer}/evaluator_version_id"
        find(conn, Kind.EVALUATOR_VERSION, version_id, where, findings)
