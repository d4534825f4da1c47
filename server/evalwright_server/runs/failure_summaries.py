"""What a failure analysis comes to, counted by the database as `failures.summarize` counts it."""

from typing import Final

from pydantic import JsonValue
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    distinct,
    func,
    or_,
    select,
)

from evalwright_server.failures.analysis import ALERTING, GATED_SHARE, GATING, SURE
from evalwright_server.failures.scoring import FAIL, PASS, UNSURE
from evalwright_server.failures.taxonomy import BUCKET_OF, KINDS
from evalwright_server.store.tables.analyses import analysis_items, failure_tags
from evalwright_server.store.tables.runs import runs

REVIEWED: Final = 2.0
"""Severity from which what is not sure needs somebody to look at it."""

_tags: Final = failure_tags.c
_OF_RUN: Final = _tags.run_id == bindparam("of_run")
_FAILED: Final = _tags.decision == FAIL
_IS_SURE: Final = _tags.confidence >= SURE


def _count_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


_FIGURES: Final = select(
    _count_where(_FAILED).label("failures"),
    _count_where(_tags.decision == PASS).label("passes"),
    _count_where(_tags.decision == UNSURE).label("unsure"),
    func.max(case((_FAILED, _tags.severity))).label("severity"),
    func.avg(case((_FAILED, _tags.confidence))).label("confidence"),
    func.count(distinct(case((_FAILED, _tags.position)))).label("failed_items"),
    _count_where(and_(_FAILED, _IS_SURE, _tags.severity >= ALERTING)).label("alerting"),
    _count_where(and_(_FAILED, _IS_SURE, _tags.severity >= GATING)).label("gating"),
    _count_where(
        and_(
            _tags.severity >= REVIEWED,
            _tags.decision != PASS,
            or_(_tags.decision == UNSURE, ~_IS_SURE),
        )
    ).label("to_review"),
).where(_OF_RUN)
_WEIGHTS: Final = (
    select(
        _tags.subcategory_id,
        func.sum(case((_FAILED, _tags.severity * _tags.confidence))).label("weight"),
    )
    .where(_OF_RUN)
    .group_by(_tags.subcategory_id)
)
_DONE: Final = select(runs.c.progress_done).where(runs.c.id == bindparam("of_run"))
_FIRST: Final = (
    select(analysis_items.c.result)
    .where(analysis_items.c.run_id == bindparam("of_run"), analysis_items.c.outcome.is_not(None))
    .order_by(analysis_items.c.position)
    .limit(1)
)


def summarize_failures(connection: Connection, run_id: int) -> dict[str, JsonValue]:
    """Return summary, and which kinds of failures were looked for.

    Args:
        connection: A transaction.
        run_id: Key of the run.
    """
    of_run = {"of_run": run_id}
    figures = connection.execute(_FIGURES, of_run).one()
    items = connection.execute(_DONE, of_run).scalar_one()
    weights = {row.subcategory_id: row.weight for row in connection.execute(_WEIGHTS, of_run)}
    failing = {kind: weight for kind, weight in weights.items() if weight is not None}
    primary = max(sorted(failing), key=lambda kind: failing[kind], default=None)
    summary: dict[str, JsonValue] = {
        "total_failures_detected": figures.failures,
        "total_passes": figures.passes,
        "total_uncertain": figures.unsure,
        "overall_severity": float(figures.severity or 0.0),
        "overall_confidence": round(float(figures.confidence or 0.0), 3),
        "primary_failure": primary,
        "primary_failure_name": KINDS[primary].name if primary else None,
        "buckets_affected": list(dict.fromkeys(_buckets(failing))),
        "should_alert": bool(figures.alerting),
        "should_gate_ci": bool(figures.gating)
        or (items > 0 and figures.failed_items / items >= GATED_SHARE),
        "needs_human_review": bool(figures.to_review),
        "total_items": items,
        "items_with_failures": figures.failed_items,
        "items_all_passed": items - figures.failed_items,
    }
    first = connection.execute(_FIRST, of_run).scalar_one_or_none()
    skipped = {} if first is None else first["skipped"]
    return {
        "summary": summary,
        "detectors_run": [kind for kind in KINDS if kind in weights],
        "detectors_skipped": {
            kind: reason for kind, reason in skipped.items() if kind not in weights
        },
    }


def _buckets(failing: dict[str, float]) -> list[str]:
    return [BUCKET_OF[kind].id for kind in KINDS if kind in failing]
