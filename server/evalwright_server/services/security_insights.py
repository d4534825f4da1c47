"""What the audits within failure analyses have found in answers over a time."""

from typing import Final

from sqlalchemy import Connection, distinct, func, select

from evalwright_server.audits import CATEGORIES
from evalwright_server.services.failure_periods import ANALYSES, Period
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.analyses import analyses, audit_findings
from evalwright_server.store.tables.runs import runs

MOST_CATEGORIES: Final = 5

_findings: Final = audit_findings.c
_FINDINGS: Final = ANALYSES.join(audit_findings, _findings.run_id == runs.c.id)
_IS_AUDITED: Final = analyses.c.options["shown"]["is_audited"].as_boolean()


def get_security_insights(conn: Connection, period: Period) -> JsonObject:
    """Return what the audits within failure analyses have found in answers."""
    audited = select(func.count()).select_from(ANALYSES).where(_IS_AUDITED)
    said = _findings.side == "output"
    issues = select(func.count(distinct(runs.c.id))).select_from(_FINDINGS).where(said)
    by_category = (
        select(_findings.category, func.count().label("issues"))
        .select_from(_FINDINGS)
        .where(said)
        .group_by(_findings.category)
    )
    rows = conn.execute(period.narrow(conn, by_category))
    counts = {row.category: row.issues for row in rows}
    ordered = [code for code in CATEGORIES if code in counts]
    top = sorted(ordered, key=lambda code: -counts[code])[:MOST_CATEGORIES]
    return {
        **period.head,
        "total_runs_with_security": conn.execute(period.narrow(conn, audited)).scalar_one(),
        "runs_with_issues": conn.execute(period.narrow(conn, issues)).scalar_one(),
        "total_issues_found": sum(counts.values()),
        "issues_by_category": [_view_issues(code, counts[code]) for code in ordered],
        "top_categories": [_view_issues(code, counts[code]) for code in top],
    }


def _view_issues(code: str, count: int) -> JsonObject:
    category = CATEGORIES[code]
    return {
        "category_id": code,
        "category_name": category.name,
        "issue_count": count,
        "severity": category.severity,
    }
