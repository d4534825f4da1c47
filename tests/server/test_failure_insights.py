"""What many failure analyses come to, counted by each kind of database."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, update

from analyses.scenes import make_project
from evalwright_server.failures.taxonomy import BUCKET_OF
from evalwright_server.runs.analysis_payload import AnalysisKind, AnalysisPayload, FailureOptions
from evalwright_server.runs.analysis_rows import NewAnalysis, add_analysis, new_run
from evalwright_server.runs.engine import Engine
from evalwright_server.services.failure_insights import change, get_insights, get_trends
from evalwright_server.services.failure_periods import Period
from evalwright_server.services.security_insights import get_security_insights
from evalwright_server.store.database import Database
from evalwright_server.store.tables.analyses import audit_findings, failure_tags
from evalwright_server.store.tables.runs import runs
from runs.conftest import make_space
from server.client import Api
from server.failure_analyses import analyse, fetch

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
Tags = Sequence[tuple[int, str, str, float]]
"""Item, kind of failure, decision and severity of each tag."""


class Archive:
    """Failure analyses as they are stored.

    Args:
        connection: A transaction.
        engine: Keeps runs.
    """

    def __init__(self, connection: Connection, engine: Engine) -> None:
        self._connection = connection
        self._engine = engine
        self._space = make_space(connection)
        self._project = make_project(connection, self._space)

    def add(
        self,
        days_ago: float,
        tags: Tags,
        *,
        items: int = 4,
        findings: Sequence[tuple[int, str, str]] = (),
        kind: AnalysisKind = AnalysisKind.FAILURE_ANALYSIS,
    ) -> None:
        """Store an analysis that was made some days ago."""
        options = FailureOptions().to_json() | {"shown": {"is_audited": bool(findings)}}
        payload = AnalysisPayload(options)
        rows = [{"input": "q", "output": "a"}] * items
        run = new_run(kind, self._space, payload, total_items=items)
        run_id = self._engine.submit(self._connection, run).id
        add_analysis(self._connection, run_id, NewAnalysis(kind, self._project, payload, rows))
        made = NOW - timedelta(days=days_ago)
        self._connection.execute(
            update(runs).where(runs.c.id == run_id).values(created_at=made, progress_done=items)
        )
        for position, subcategory, decision, severity in tags:
            self._connection.execute(
                insert(failure_tags).values(
                    run_id=run_id,
                    position=position,
                    subcategory_id=subcategory,
                    bucket_id=BUCKET_OF[subcategory].id,
                    decision=decision,
                    severity=severity,
                    confidence=0.9,
                    is_reviewed=False,
                    body={},
                )
            )
        for position, category, side in findings:
            found = {"position": position, "category": category, "side": side, "confidence": 0.9}
            self._connection.execute(insert(audit_findings).values(run_id=run_id, **found))


def fill(connection: Connection, engine: Engine) -> None:
    archive = Archive(connection, engine)
    archive.add(40, [(0, "repetition", "fail", 1.0)])
    archive.add(25, [(0, "wrong_number", "fail", 4.0), (1, "repetition", "pass", 0.0)])
    archive.add(
        2,
        [
            (0, "wrong_number", "fail", 4.0),
            (0, "repetition", "fail", 1.0),
            (1, "wrong_number", "fail", 3.0),
            (2, "wrong_number", "unsure", 3.0),
        ],
        findings=[(0, "S10", "output"), (1, "S10", "output"), (1, "S1", "output"),
                  (2, "S9", "input")],
    )  # fmt: skip
    archive.add(2, [(0, "repetition", "pass", 0.0)], findings=[(0, "S9", "input")])
    archive.add(2, [], kind=AnalysisKind.EVALUATION)


@pytest.fixture
async def filled(db: Database) -> Database:
    """A database with some analyses in it."""
    engine = Engine(db)
    await db.write(lambda connection: fill(connection, engine))
    return db


async def test_what_recurs_and_how_it_changes(filled: Database) -> None:
    """Only of the period, only failures, and only of failure analyses."""
    found = await filled.read(lambda conn: get_insights(conn, Period(30, NOW, None)))
    assert (found["total_runs"], found["total_items_analyzed"]) == (3, 12)
    assert found["overall_failure_rate"] == pytest.approx(3 / 12)
    assert found["average_severity"] == pytest.approx((4 + 4 + 1 + 3) / 4)
    first, second = found["top_recurring_failures"]
    assert (first["subcategory_id"], first["bucket_id"]) == ("wrong_number", "hallucination")
    assert (first["occurrence_count"], first["affected_runs"]) == (3, 2)
    assert (first["trend_percent"], second["trend_percent"]) == (100.0, 100.0)
    assert [(each["bucket_id"], each["percentage"]) for each in found["bucket_distribution"]] == [
        ("hallucination", 75.0),
        ("style", 25.0),
    ]
    assert found["period_end"] - found["period_start"] == timedelta(days=30)


async def test_failures_day_by_day(filled: Database) -> None:
    found = await filled.read(lambda conn: get_trends(conn, Period(30, NOW, None)))
    assert found["trend_data"] == [
        {
            "date": "2026-10-31",
            "failure_count": 1,
            "pass_count": 1,
            "total_runs": 1,
            "failure_rate": 0.25,
        },
        {
            "date": "2026-11-23",
            "failure_count": 3,
            "pass_count": 1,
            "total_runs": 2,
            "failure_rate": 0.25,
        },
    ]


async def test_harm_in_answers(filled: Database) -> None:
    """What users ask for is no issue of the answers."""
    found = await filled.read(lambda conn: get_security_insights(conn, Period(30, NOW, None)))
    assert (found["total_runs_with_security"], found["runs_with_issues"]) == (2, 1)
    assert found["total_issues_found"] == 3
    by_category = [(each["category_id"], each["issue_count"])
                   for each in found["issues_by_category"]]  # fmt: skip
    assert by_category == [("S1", 1), ("S10", 2)]
    assert found["top_categories"][0]["category_name"] == "Privacy Violations"


@pytest.mark.parametrize("name", ["nobody's", "project"])
async def test_projects_are_told_apart(filled: Database, name: str) -> None:
    period = Period(30, NOW, name)
    runs_there = 3 if name == "project" else 0
    insights = await filled.read(lambda conn: get_insights(conn, period))
    assert (insights["total_runs"], insights["project_name"]) == (runs_there, name)
    trends = await filled.read(lambda conn: get_trends(conn, period))
    assert bool(trends["trend_data"]) == bool(runs_there)
    harm = await filled.read(lambda conn: get_security_insights(conn, period))
    assert bool(harm["total_issues_found"]) == bool(runs_there)


@pytest.mark.parametrize(
    ("before", "after", "percent"), [(0, 0, 0), (0, 3, 100), (4, 2, -50), (2, 3, 50), (3, 0, -100)]
)
def test_change_in_percent(before: int, after: int, percent: float) -> None:
    assert change(before, after) == percent


def test_insights_over_http(api: Api) -> None:
    """The answers are those of the document, whatever is stored."""
    project = "insights"
    analyse(api, project)
    insights = fetch(api, f"/insights?project_name={project}&days=7")
    assert (insights["total_runs"], insights["period_days"]) == (1, 7)
    assert insights["overall_failure_rate"] == pytest.approx(2 / 3)
    trends = fetch(api, f"/insights/trends?project_name={project}")
    assert trends["trend_data"][0]["failure_count"] == 2
    harm = fetch(api, f"/insights/security?project_name={project}")
    assert harm["total_runs_with_security"] == 0
    assert fetch(api, "/insights?project_name=nobody's")["overall_failure_rate"] == 0
