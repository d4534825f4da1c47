"""Evaluations: datasets and traces measured with metrics."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import JsonValue
from sqlalchemy import Connection

from evalwright_server.metrics import METRICS
from evalwright_server.metrics.items import Engine as ScoreEngine
from evalwright_server.runs.analysis_payload import (
    AnalysisKind,
    EngineChoice,
    EvaluationOptions,
)
from evalwright_server.services.analyses import AnalysisRequest
from evalwright_server.services.analysis_judges import JudgedPlan, predict_tokens, read_judge
from evalwright_server.services.analysis_projects import find_project
from evalwright_server.services.analysis_quotas import UsageAccount
from evalwright_server.services.analysis_records import (
    NumberedPage,
    StoredAnalysis,
    analyses_of,
    find_analysis,
    list_analyses,
    summary_of,
)
from evalwright_server.services.analysis_rules import (
    check_keys,
    check_names,
    gather_metadata,
    read_context,
)
from evalwright_server.services.analysis_views import error_of, status_of, with_status
from evalwright_server.services.errors import Findings
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.trace_steps import read_steps
from evalwright_server.store.tables.analyses import analyses

KIND: Final = AnalysisKind.EVALUATION
_ITEM_MEMBERS: Final = ("input", "output", "context", "expected", "metadata")


def check_metrics(body: Mapping[str, Any], findings: Findings) -> None:
    """Note what a request says of metrics that there are not, and of a judge that can't be."""
    check_names(findings, "/metrics", body.get("metrics"), METRICS, "metric")
    metrics = body.get("metrics")
    chosen = [name for name in METRICS if not isinstance(metrics, list) or name in metrics]
    check_keys(findings, "/thresholds", body.get("thresholds"), chosen, "measured metric")
    read_judge(body, findings)


def read_dataset(dataset: Sequence[Mapping[str, Any]]) -> list[JsonObject]:
    """Return the items of a dataset in the form that runs ask for."""
    return [
        {
            "input": item["input"],
            "output": item["output"],
            "context": read_context(item.get("context")),
            "expected": item.get("expected"),
            "metadata": gather_metadata(item, _ITEM_MEMBERS),
        }
        for item in dataset
    ]


def read_trace(trace: Mapping[str, Any]) -> list[JsonObject]:
    """Return the steps of a trace as items."""
    return [
        {
            "input": step.input,
            "output": step.output,
            "context": list(step.context),
            "expected": None,
            "metadata": {} if step.span_id is None else {"span_id": step.span_id},
        }
        for step in read_steps(trace)
    ]


def plan_evaluation(
    body: Mapping[str, Any],
    items: Sequence[JsonObject],
    account: UsageAccount,
    key: tuple[str, bytes] | None,
) -> AnalysisRequest:
    """Return the evaluation that a request asks for.

    Args:
        body: The request, judged.
        items: What to measure.
        account: Whose quota it counts for.
        key: The idempotency key and digest.
    """
    wish = read_judge(body, Findings())
    metrics = tuple(dict.fromkeys(body["metrics"]))
    engine = wish.engine if wish.is_there else EngineChoice.OFFLINE
    options = EvaluationOptions(metrics, engine, body.get("thresholds") or {})
    questions = sum(ScoreEngine.JUDGE in METRICS[name].engines for name in metrics)
    metadata: Mapping[str, JsonValue] = body.get("metadata") or {}
    return AnalysisRequest(
        KIND,
        body["project_name"],
        items,
        JudgedPlan(options, wish),
        account,
        name=body.get("run_name"),
        metadata=metadata,
        secrets=wish.secrets,
        key=key,
        predicted_tokens=predict_tokens(items, questions) if wish.is_there else 0,
    )


def view_evaluation(conn: Connection, stored: StoredAnalysis) -> JsonObject:
    """Return an evaluation as it stands in answers."""
    summary, run = summary_of(conn, stored), stored.run
    metrics = [_view_metric(key, found) for key, found in summary["metrics"].items()]
    return {
        "id": stored.uid,
        "run_id": stored.uid,
        "job_id": stored.uid,
        "project_id": stored.project.id,
        "project_name": stored.project.name,
        "run_name": stored.name,
        "status": status_of(run),
        "overall_score": summary["overall_score"],
        "aggregate_scores": {
            metric["metric_key"]: metric["score"] for metric in metrics if metric["scored"]
        },
        "metrics": metrics,
        "total_items": stored.total_items,
        "evaluated_items": summary["evaluated_items"],
        "failed_items": summary["failed_items"],
        "tokens_used": stored.tokens_used,
        "metadata": stored.metadata,
        "error": error_of(run),
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def _view_metric(key: str, found: Mapping[str, Any]) -> JsonObject:
    metric = METRICS.get(key)
    return {
        "metric_key": key,
        "metric_name": key if metric is None else metric.display_name,
        "value_type": "score" if metric is None else metric.value_type,
        "mean_value": found["mean"],
        "score": found["mean"],
        "standard_error": found["standard_error"],
        "scored": found["scored"],
        "unscored": found["unscored"],
        "passed": found["passed"],
        "threshold": found["threshold"],
        "engine": found["engine"],
    }


def get_evaluation(conn: Connection, uid: str) -> JsonObject:
    """Return an evaluation."""
    return view_evaluation(conn, find_analysis(conn, KIND, uid))


def list_evaluations(
    conn: Connection, page: NumberedPage, *, project_id: str | None, status: str | None
) -> JsonObject:
    """Return a page of evaluations, newest first."""
    chosen = analyses_of(KIND)
    if project_id is not None:
        project = find_project(conn, project_id, "query:project_id")
        chosen = chosen.where(analyses.c.project_id == project.key)
    if status is not None:
        chosen = chosen.where(with_status(status))
    found, total = list_analyses(conn, chosen, page)
    return page.envelope("items", [view_evaluation(conn, each) for each in found], total)


def list_metrics(conn: Connection, uid: str) -> list[JsonObject]:
    """Return a summary of each metric of an evaluation."""
    metrics: list[JsonObject] = get_evaluation(conn, uid)["metrics"]
    return metrics
