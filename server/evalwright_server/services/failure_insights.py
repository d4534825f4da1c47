"""What failure analyses have found over a time: which failures recur, and day by day.

All figures are counted by the database over the rows of stored analyses, finished or not.
"""

from collections import Counter
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, case, distinct, func, select

from evalwright_server.failures.scoring import FAIL, PASS
from evalwright_server.failures.taxonomy import BUCKET_OF, BUCKETS, KINDS
from evalwright_server.services.failure_periods import ANALYSES, Period, Statement
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.analyses import failure_tags
from evalwright_server.store.tables.runs import runs

MOST_RECURRING: Final = 10

_tags: Final = failure_tags.c
_TAGS: Final = ANALYSES.join(failure_tags, _tags.run_id == runs.c.id)
_DAY: Final = func.date(runs.c.created_at)
"""Both databases keep times in UTC, so that days begin at midnight in UTC."""
_FAILED: Final = _tags.decision == FAIL


def get_insights(conn: Connection, period: Period) -> JsonObject:
    """Return which failures come again and again."""
    totals = conn.execute(period.narrow(conn, _totals())).one()
    items = int(totals.items or 0)
    failing = select(runs.c.id, _tags.position).select_from(_TAGS).where(_FAILED).distinct()
    failed = _count(conn, period.narrow(conn, failing))
    rows = conn.execute(period.narrow(conn, _recurring(period))).all()
    count = sum(row.occurrences for row in rows)
    severity = sum(float(row.severities) for row in rows)
    recurring = sorted(rows, key=lambda row: (-row.occurrences, row.subcategory_id))
    return {
        **period.head,
        "total_runs": totals.runs,
        "total_items_analyzed": items,
        "overall_failure_rate": failed / items if items else 0.0,
        "average_severity": severity / count if count else 0.0,
        "period_start": period.start,
        "period_end": period.end,
        "top_recurring_failures": [_view_recurring(row) for row in recurring[:MOST_RECURRING]],
        "bucket_distribution": _spread({row.subcategory_id: row.occurrences for row in rows}),
    }


def _totals(*more: ColumnElement[Any]) -> Statement:
    return select(
        func.count().label("runs"), func.sum(runs.c.progress_done).label("items"), *more
    ).select_from(ANALYSES)


def _recurring(period: Period) -> Statement:
    is_late = case((runs.c.created_at >= period.middle, 1), else_=0)
    return (
        select(
            _tags.subcategory_id,
            func.count().label("occurrences"),
            func.count(distinct(runs.c.id)).label("affected"),
            func.sum(is_late).label("late"),
            func.sum(_tags.severity).label("severities"),
        )
        .select_from(_TAGS)
        .where(_FAILED)
        .group_by(_tags.subcategory_id)
    )


def _count(conn: Connection, statement: Statement) -> int:
    counted: int = conn.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
    return counted


def _view_recurring(row: Any) -> JsonObject:  # noqa: ANN401 - a row of `_recurring`
    kind = KINDS[row.subcategory_id]
    return {
        "subcategory_id": kind.id,
        "subcategory_name": kind.name,
        "bucket_id": BUCKET_OF[kind.id].id,
        "bucket_name": BUCKET_OF[kind.id].name,
        "occurrence_count": row.occurrences,
        "affected_runs": row.affected,
        "trend_percent": change(row.occurrences - row.late, row.late),
    }


def change(before: int, after: int) -> float:
    """Return how much more often something happened, in percent; 100 if it never did before."""
    if before == 0:
        return 100.0 if after else 0.0
    return round(100 * (after - before) / before, 1)


def _spread(counts: dict[str, int]) -> list[JsonObject]:
    """Return how failures spread over groups, the largest share first."""
    of_buckets: Counter[str] = Counter()
    for kind, count in counts.items():
        of_buckets[BUCKET_OF[kind].id] += count
    found = [bucket for bucket in BUCKETS if of_buckets[bucket.id]]
    return [
        {
            "bucket_id": bucket.id,
            "bucket_name": bucket.name,
            "failure_count": of_buckets[bucket.id],
            "percentage": round(100 * of_buckets[bucket.id] / of_buckets.total(), 1),
        }
        for bucket in sorted(found, key=lambda bucket: -of_buckets[bucket.id])
    ]


def get_trends(conn: Connection, period: Period) -> JsonObject:
    """Return the failures of each day with analyses, oldest first."""
    day = _DAY.label("day")
    totals = period.narrow(conn, _totals(day)).group_by(day).order_by(day)
    decisions = (
        select(day, _tags.decision, func.count().label("tags"))
        .select_from(_TAGS)
        .group_by(day, _tags.decision)
    )
    tags = {
        (str(row.day), row.decision): row.tags
        for row in conn.execute(period.narrow(conn, decisions))
    }
    failing = select(day, runs.c.id, _tags.position).select_from(_TAGS).where(_FAILED).distinct()
    found = period.narrow(conn, failing).subquery()
    per_day = select(found.c.day, func.count()).group_by(found.c.day)
    failed = {str(key): count for key, count in conn.execute(per_day)}
    points = [
        {
            "date": str(row.day),
            "failure_count": tags.get((str(row.day), FAIL), 0),
            "pass_count": tags.get((str(row.day), PASS), 0),
            "total_runs": row.runs,
            "failure_rate": failed.get(str(row.day), 0) / int(row.items) if row.items else 0.0,
        }
        for row in conn.execute(totals)
    ]
    return {**period.head, "trend_data": points}
