"""Evaluations looked at together: side by side, over time, and all of a project."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import fmean
from typing import Final, TypeAlias

from sqlalchemy import Connection, bindparam, func, select

from evalwright_server.metrics import METRICS
from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.runs.states import State
from evalwright_server.services.analysis_projects import find_project
from evalwright_server.services.analysis_records import (
    NumberedPage,
    analyses_of,
    find_analysis,
    list_analyses,
)
from evalwright_server.services.errors import (
    FieldError,
    Findings,
    InvalidRequest,
    ResourceNotFound,
    closest,
)
from evalwright_server.services.evaluations import view_evaluation
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.analyses import analyses
from evalwright_server.store.tables.runs import runs

DEFAULT_PERIOD: Final = "last_7_days"

_KIND: Final = AnalysisKind.EVALUATION
_RECENT: Final = 10
_PERIOD: Final = re.compile(
    r"(?:last_)?([0-9]{1,4})_?(hour|day|week|month|year|[hdwmy])s?", re.ASCII
)
_HOURS: Final = {"h": 1, "d": 24, "w": 7 * 24, "m": 30 * 24, "y": 365 * 24}
_EXAMPLES: Final = ("last_24_hours", "last_7_days", "last_30_days", "last_12_months", "all")

_TOTALS: Final = select(func.count(), func.sum(analyses.c.total_items)).where(
    analyses.c.project_id == bindparam("of_project"), analyses.c.kind == _KIND
)
_COMPLETED: Final = (
    select(runs.c.created_at, analyses.c.summary)
    .join_from(runs, analyses, analyses.c.run_id == runs.c.id)
    .where(
        analyses.c.project_id == bindparam("of_project"),
        analyses.c.kind == _KIND,
        analyses.c.ended_as == State.SUCCEEDED,
    )
    .order_by(runs.c.id)
)
_ROWS_AT_ONCE: Final = 500

Means: TypeAlias = dict[str, float]


def compare_evaluations(conn: Connection, uids: Sequence[str]) -> JsonObject:
    """Return evaluations side by side; the first one is the baseline.

    Raises:
        InvalidRequest: One of them is named twice.
        ResourceNotFound: Some don't exist; all of those are named.
    """
    findings = Findings()
    if len(set(uids)) < len(uids):
        findings.add("query:run_ids", "an evaluation is named twice; name each once")
    views: list[JsonObject] = []
    for uid in uids:
        try:
            views.append(view_evaluation(conn, find_analysis(conn, _KIND, uid)))
        except ResourceNotFound as error:
            findings.add("query:run_ids", error.detail, error=ResourceNotFound)
    findings.raise_if_any()
    keys = dict.fromkeys(metric["metric_key"] for view in views for metric in view["metrics"])
    return {
        "runs": views,
        "metrics": [
            _compare(key, [view["aggregate_scores"].get(key) for view in views]) for key in keys
        ],
        "overall_scores": [view["overall_score"] for view in views],
    }


def _compare(key: str, scores: Sequence[float | None]) -> JsonObject:
    base = scores[0]
    return {
        "metric_key": key,
        "metric_name": METRICS[key].display_name if key in METRICS else key,
        "scores": list(scores),
        "differences": [
            None if base is None or score is None else score - base for score in scores
        ],
    }


def list_trends(
    conn: Connection, project_id: str, *, period: str | None, metrics: str | None, now: datetime
) -> list[JsonObject]:
    """Return the mean of each metric on each day, oldest first.

    Args:
        conn: The transaction.
        project_id: Public ID of the project.
        period: How far back.
        metrics: Keys of metrics, separated by commas; all without.
        now: The end of the period.
    """
    findings = Findings()
    with findings.collecting():
        project = find_project(conn, project_id, "query:project_id")
    with findings.collecting():
        since = _since(period or DEFAULT_PERIOD, now)
    wanted = {name.strip() for name in (metrics or "").split(",")} - {""}
    for name in sorted(wanted - set(METRICS)):
        findings.add(
            "query:metrics",
            f"there is no metric {name!r}",
            allowed=METRICS,
            nearest=closest(name, METRICS),
        )
    findings.raise_if_any()
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for created_at, means in _completed(conn, project.key, since):
        for key, mean in means.items():
            if not wanted or key in wanted:
                found[created_at.date().isoformat(), key].append(mean)
    return [
        {"date": day, "metric": key, "score": fmean(scores), "run_count": len(scores)}
        for (day, key), scores in sorted(found.items())
    ]


def _since(period: str, now: datetime) -> datetime | None:
    """Return when a period began; None if it has no beginning."""
    word = period.strip().casefold()
    if word in {"all", "all_time"}:
        return None
    if word == "today":
        return now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = _PERIOD.fullmatch(word)
    if found is None:
        message = f"{period!r} is no period; expected one such as {', '.join(_EXAMPLES)}"
        error = FieldError("query:period", message, _EXAMPLES, closest(period, _EXAMPLES))
        raise InvalidRequest(message, [error])
    hours = int(found[1]) * _HOURS[found[2][0]]
    return now - min(timedelta(hours=hours), timedelta(days=365 * 100))


def _completed(
    conn: Connection, project: int, since: datetime | None
) -> Iterator[tuple[datetime, Means]]:
    """Yield when each completed evaluation was started, and the means of its metrics."""
    for created_at, summary in _rows(conn, project, since):
        means = {key: each["mean"] for key, each in summary["metrics"].items() if each["scored"]}
        yield created_at, means


def _rows(
    conn: Connection, project: int, since: datetime | None
) -> Iterator[tuple[datetime, JsonObject]]:
    chosen = _COMPLETED
    if since is not None:
        chosen = chosen.where(runs.c.created_at >= since)
    for row in conn.execute(chosen, {"of_project": project}).yield_per(_ROWS_AT_ONCE):
        yield row.created_at, row.summary


def get_stats(conn: Connection, project_id: str) -> JsonObject:
    """Return a summary of a project's evaluations."""
    project = find_project(conn, project_id, "path:project_id")
    count, items = conn.execute(_TOTALS, {"of_project": project.key}).one()
    overall: list[float] = []
    scores: dict[str, list[float]] = defaultdict(list)
    for _, summary in _rows(conn, project.key, None):
        overall.append(summary["overall_score"])
        for key, each in summary["metrics"].items():
            if each["scored"]:
                scores[key].append(each["mean"])
    of_project = analyses_of(_KIND).where(analyses.c.project_id == project.key)
    recent, _ = list_analyses(conn, of_project, NumberedPage(1, _RECENT))
    return {
        "project_id": project.id,
        "project_name": project.name,
        "total_runs": count,
        "total_items": items or 0,
        "average_score": fmean(overall) if overall else 0.0,
        "metrics": {key: fmean(means) for key, means in sorted(scores.items())},
        "recent_runs": [view_evaluation(conn, each) for each in recent],
    }
