"""What a run of a task may be asked to do, and what its worker is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import JsonValue
from sqlalchemy import Connection, Row, select

from evalwright_server.evaluators.template_config import check_template_config
from evalwright_server.runs.span_ranges import SpanRange, newest_span
from evalwright_server.services.errors import Findings, UnprocessableRequest
from evalwright_server.services.evaluator_versions import latest_version
from evalwright_server.services.model_access import choose_model
from evalwright_server.services.query_filters import Filter, check_stored
from evalwright_server.services.requests import (
    JsonObject,
    TriggerEvaluationTaskRunRequest,
)
from evalwright_server.services.task_rules import check_column, resolve_experiments
from evalwright_server.store.tables.datasets import datasets
from evalwright_server.store.tables.evaluators import evaluator_versions, evaluators
from evalwright_server.store.tables.tasks import task_evaluators, task_experiments

MAX_WINDOW: Final = timedelta(days=30)
"""The longest window of spans that one run may cover."""
FIRST_WINDOW: Final = timedelta(days=7)
"""The window of a task's first run, unless the request says otherwise."""
MAX_SPANS: Final = 10_000
"""The largest number of spans in a run, unless the request says otherwise."""

_LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class EvaluationPlan:
    """A run of an evaluation task.

    Attributes:
        payload: All that the worker needs.
        data_start_time: Start of the window of spans, where there is one.
        data_end_time: Its end, exclusive.
    """

    payload: dict[str, JsonValue]
    data_start_time: datetime | None
    data_end_time: datetime | None


def check_evaluation(
    conn: Connection,
    task: Row[Any],
    body: TriggerEvaluationTaskRunRequest,
    now: datetime,
    new_spans: SpanRange | None = None,
) -> EvaluationPlan:
    """Return what a run of an evaluation task consists of.

    Args:
        conn: The transaction.
        task: The task.
        body: What the run is asked to do.
        now: What the time is.
        new_spans: The spans to evaluate, all of them, in the place of a window of time.

    Raises:
        ServiceError: The request breaks a rule; all findings are listed.
    """
    findings = Findings()
    start, end = (
        _window(task, body, now, findings)
        if new_spans is None
        else (new_spans.start, new_spans.end)
    )
    chosen = _experiments(conn, task, body, findings)
    applied = _evaluators(conn, task, findings)
    findings.raise_if_any()
    payload: JsonObject = {
        "task_id": task.id,
        "type": task.type,
        "override": body.get("override_evaluations", False),
        "query_filter": task.query_filter,
        "evaluators": applied,
        "integrations": sorted({use["integration"] for use in applied} - {None}),
    }
    if task.project_id is None:
        payload["experiment_ids"] = [*chosen]
        return EvaluationPlan(payload, start, end)
    most = min(int(body.get("max_spans", MAX_SPANS)), _LARGEST)
    payload |= {
        "project_id": task.project_id,
        "sampling_rate": task.sampling_rate,
        "max_spans": most if new_spans is None else None,
    }
    if start is not None and end is not None:
        newest = newest_span(conn, task.project_id)
        payload |= (new_spans or SpanRange(start, end, 0, newest)).members()
    return EvaluationPlan(payload, start, end)


def default_start(last_run: datetime | None, end: datetime) -> datetime:
    """Return where a window begins that has only an end: at the last run, or a week before.

    A long pause between runs must not turn the default into a refusal, so it is cut.
    """
    span = FIRST_WINDOW if last_run is None or last_run >= end else end - last_run
    oldest = datetime.min.replace(tzinfo=UTC)
    return end - min(span, MAX_WINDOW, end - oldest)


def _window(
    task: Row[Any], body: TriggerEvaluationTaskRunRequest, now: datetime, findings: Findings
) -> tuple[datetime | None, datetime | None]:
    """Return the window of spans; on dataset tasks only what the request says."""
    start, end = _moment(body.get("data_start_time")), _moment(body.get("data_end_time"))
    if task.project_id is not None:
        end = end or now
        start = start or default_start(task.last_run_at, end)
    if start is not None and end is not None:
        if start >= end:
            findings.add("/data_start_time", "the window must start before it ends")
        elif end - start > MAX_WINDOW:
            message = f"the window may span at most {MAX_WINDOW.days} days"
            findings.add("/data_start_time", message)
    return start, end


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _experiments(
    conn: Connection, task: Row[Any], body: TriggerEvaluationTaskRunRequest, findings: Findings
) -> Sequence[int]:
    """Return the experiments to evaluate: those of the request, or else those of the task."""
    if task.project_id is not None:
        if body.get("experiment_ids"):
            findings.add("/experiment_ids", "only dataset tasks have experiments; leave it out")
        return []
    dataset = conn.execute(select(datasets).where(datasets.c.id == task.dataset_id)).one()
    if named := body.get("experiment_ids"):
        return resolve_experiments(conn, dataset, named, findings)
    statement = select(task_experiments.c.experiment_id).where(
        task_experiments.c.task_id == task.id
    )
    chosen = conn.scalars(statement.order_by(task_experiments.c.position)).all()
    if not chosen:
        message = "the task's experiments have all been deleted; name others of its dataset"
        findings.add("/experiment_ids", message, error=UnprocessableRequest)
    return chosen


def _evaluators(conn: Connection, task: Row[Any], findings: Findings) -> list[JsonObject]:
    statement = (
        select(task_evaluators, evaluators.c.name)
        .join(evaluators, evaluators.c.id == task_evaluators.c.evaluator_id)
        .where(task_evaluators.c.task_id == task.id)
        .order_by(task_evaluators.c.position)
    )
    applied: list[JsonObject] = []
    columns: dict[str, str] = {}
    filters = [Filter("the task", task.query_filter)]
    for row in conn.execute(statement).all():
        version = _version(conn, row)
        column = version.config["name"]
        check_column(columns, column, row.name, "", findings)
        filters.append(Filter(f"the evaluator {row.name!r}", row.query_filter))
        filters.append(Filter(f"{row.name!r} itself", version.config.get("query_filter")))
        applied.append(
            {
                "evaluator_id": row.evaluator_id,
                "version_id": version.id,
                "name": column,
                "config": version.config,
                "column_mappings": row.column_mappings,
                "query_filter": row.query_filter,
                "integration": _integration(conn, task, row, version, findings),
            }
        )
    check_stored(filters, findings)
    return applied


def _integration(
    conn: Connection,
    task: Row[Any],
    applied: Row[Any],
    version: Row[Any],
    findings: Findings,
) -> int | None:
    """Return the AI integration that an evaluator needs, if it needs one."""
    if "llm_config" not in version.config:
        return None
    owner = f"the evaluator {applied.name!r}"
    for wrong in check_template_config(version.config):
        message = f"{owner} can't work: {wrong.pointer}: {wrong.message}"
        findings.add("", message, error=UnprocessableRequest)
    wanted = version.config["llm_config"]
    choice = choose_model(conn, task.space_id, wanted, owner, findings)
    return None if choice is None else choice.integration


def _version(conn: Connection, applied: Row[Any]) -> Row[Any]:
    """Return the version that a task holds its evaluator to, or else the latest."""
    if applied.evaluator_version_id is None:
        return latest_version(conn, applied.evaluator_id)
    held = evaluator_versions.c.id == applied.evaluator_version_id
    return conn.execute(select(evaluator_versions).where(held)).one()
