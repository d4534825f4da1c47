"""What analyses come to, counted by the database; of unfinished ones what they have come to yet."""

from collections import Counter
from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any, Final, TypeAlias

from pydantic import JsonValue
from sqlalchemy import Connection, Row, bindparam, distinct, func, select

from evalwright_server.metrics import METRICS
from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.runs.failure_summaries import summarize_failures
from evalwright_server.store.tables.analyses import (
    audit_findings,
    evaluation_scores,
    red_team_attacks,
)
from evalwright_server.store.tables.runs import runs

_scores: Final = evaluation_scores.c
_findings: Final = audit_findings.c
_attacks: Final = red_team_attacks.c

_PROGRESS: Final = select(runs.c.progress_done, runs.c.progress_failed).where(
    runs.c.id == bindparam("of_run")
)
_METRICS: Final = (
    select(
        _scores.metric,
        func.count().label("items"),
        func.count(_scores.value).label("scored"),
        func.avg(_scores.value).label("mean"),
        func.sum(_scores.value * _scores.value).label("squares"),
        func.min(_scores.engine).label("first_engine"),
        func.max(_scores.engine).label("last_engine"),
    )
    .where(_scores.run_id == bindparam("of_run"))
    .group_by(_scores.metric)
)
_PASSED: Final = select(func.count()).where(
    _scores.run_id == bindparam("of_run"),
    _scores.metric == bindparam("of_metric"),
    _scores.value >= bindparam("least"),
)
_CATEGORIES: Final = (
    select(_findings.category, _findings.side, func.count())
    .where(_findings.run_id == bindparam("of_run"))
    .group_by(_findings.category, _findings.side)
)
_UNSAFE: Final = select(func.count(distinct(_findings.position))).where(
    _findings.run_id == bindparam("of_run"), _findings.side == "output"
)
_ATTACKS: Final = (
    select(_attacks.vector, _attacks.category, _attacks.status, func.count())
    .where(_attacks.run_id == bindparam("of_run"))
    .group_by(_attacks.vector, _attacks.category, _attacks.status)
)

Summary: TypeAlias = dict[str, JsonValue]


def summarize(
    connection: Connection, run_id: int, kind: AnalysisKind, options: Mapping[str, Any]
) -> Summary:
    """Sum up an analysis as far as it has come.

    Args:
        connection: A transaction.
        run_id: Key of its run.
        kind: Its kind.
        options: What was asked for.
    """
    return _SUMMARIES[kind](connection, run_id, options)


def summarize_evaluation(
    connection: Connection, run_id: int, options: Mapping[str, Any]
) -> Summary:
    """Sum up the scores of an evaluation; see `summarize`."""
    thresholds = options.get("thresholds") or {}
    rows = {row.metric: row for row in connection.execute(_METRICS, {"of_run": run_id})}
    metrics: dict[str, JsonValue] = {
        key: _metric(connection, run_id, key, rows.get(key), thresholds.get(key))
        for key in options["metrics"]
    }
    means = [float(row.mean) for row in rows.values() if row.scored]
    progress = connection.execute(_PROGRESS, {"of_run": run_id}).one()
    return {
        "overall_score": sum(means) / len(means) if means else 0.0,
        "evaluated_items": progress.progress_done,
        "failed_items": progress.progress_failed,
        "metrics": metrics,
    }


def _metric(
    connection: Connection,
    run_id: int,
    key: str,
    row: Row[*tuple[Any, ...]] | None,
    threshold: float | None,
) -> Summary:
    scored = row.scored if row is not None else 0
    mean = float(row.mean) if row is not None and scored else 0.0
    error = 0.0
    if row is not None and scored > 1:
        # Rounding can make the difference of two near numbers negative.
        variance = max(float(row.squares) - scored * mean * mean, 0.0) / (scored - 1)
        error = sqrt(variance / scored)
    passed = None
    if threshold is not None:
        where = {"of_run": run_id, "of_metric": key, "least": threshold}
        passed = connection.execute(_PASSED, where).scalar_one()
    return {
        "mean": mean,
        "standard_error": error,
        "scored": scored,
        "unscored": row.items - scored if row is not None else 0,
        "passed": passed,
        "threshold": threshold,
        "engine": _engine(key, row),
    }


def _engine(key: str, row: Row[*tuple[Any, ...]] | None) -> str:
    if row is None or row.first_engine is None:
        return str(METRICS[key].engines[0]) if key in METRICS else "rules"
    first: str = row.first_engine
    return first if first == row.last_engine else "mixed"


def summarize_audit(
    connection: Connection,
    run_id: int,
    options: Mapping[str, Any],  # noqa: ARG001 - asked for by all kinds
) -> Summary:
    """Sum up what an audit found; see `summarize`."""
    of_run = {"of_run": run_id}
    found: dict[str, Counter[str]] = {"input": Counter(), "output": Counter()}
    for category, side, count in connection.execute(_CATEGORIES, of_run):
        found[side][category] = count
    triggered = _most_first(found["output"])
    return {
        "audited_items": connection.execute(_PROGRESS, of_run).one().progress_done,
        "unsafe_items": connection.execute(_UNSAFE, of_run).scalar_one(),
        "triggered_categories": triggered,
        "input_categories": _most_first(found["input"]),
        "top_risk_category": next(iter(triggered), None),
    }


def _most_first(counts: Mapping[str, int]) -> dict[str, JsonValue]:
    order = sorted(counts, key=lambda code: (-counts[code], len(code), code))
    return {code: counts[code] for code in order}


def summarize_red_team(
    connection: Connection,
    run_id: int,
    options: Mapping[str, Any],  # noqa: ARG001 - asked for by all kinds
) -> Summary:
    """Sum up what became of a red team's attacks; see `summarize`."""
    statuses: Counter[str] = Counter()
    vectors: dict[str, Counter[str]] = {}
    categories: Counter[str] = Counter()
    for vector, category, status, count in connection.execute(_ATTACKS, {"of_run": run_id}):
        statuses[status] += count
        vectors.setdefault(vector, Counter())[status] += count
        if status == "succeeded":
            categories[category] += count
    rows: list[JsonValue] = [
        {
            "key": vector,
            "attacks": _answered(own),
            "successful": own["succeeded"],
            "success_rate": _rate(own),
        }
        for vector, own in vectors.items()
    ]
    return {
        "total_attacks": statuses.total(),
        "answered_attacks": _answered(statuses),
        "failed_attacks": statuses["error"],
        "successful_attacks": statuses["succeeded"],
        "success_rate": _rate(statuses),
        "distinct_vulns_count": len(categories),
        "top_vulnerability": next(iter(_most_first(categories)), None),
        "vectors": rows,
    }


def _answered(statuses: Mapping[str, int]) -> int:
    return statuses["succeeded"] + statuses["resisted"]


def _rate(statuses: Mapping[str, int]) -> float:
    answered = _answered(statuses)
    return statuses["succeeded"] / answered if answered else 0.0


def summarize_failure_analysis(
    connection: Connection, run_id: int, options: Mapping[str, Any]
) -> Summary:
    """Sum up the tags, scores and findings of a failure analysis; see `summarize`."""
    rows = connection.execute(_METRICS, {"of_run": run_id})
    means: dict[str, JsonValue] = {row.metric: float(row.mean) for row in rows if row.scored}
    return {
        **summarize_failures(connection, run_id),
        "eval_metrics": means,
        "security_flags": summarize_audit(connection, run_id, options)["triggered_categories"],
    }


_SUMMARIES: Final[
    Mapping[AnalysisKind, Callable[[Connection, int, Mapping[str, Any]], Summary]]
] = {
    AnalysisKind.EVALUATION: summarize_evaluation,
    AnalysisKind.SECURITY: summarize_audit,
    AnalysisKind.RED_TEAM: summarize_red_team,
    AnalysisKind.FAILURE_ANALYSIS: summarize_failure_analysis,
}
