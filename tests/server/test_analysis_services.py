"""What all analyses share, on both databases: projects, quotas, keys, lists and aggregates."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from cryptography.fernet import Fernet

from databases import PostgreSQL
from evalwright_server.runs.analysis_payload import (
    AnalysisKind,
    AnalysisPayload,
    EvaluationOptions,
    Secrets,
)
from evalwright_server.runs.engine import Engine
from evalwright_server.services.analyses import AnalysisRequest, AnalysisStarter, cancel_analysis
from evalwright_server.services.analysis_quotas import (
    AnalysisLimits,
    UsageAccount,
    read_usage,
    view_usage,
)
from evalwright_server.services.analysis_records import (
    NumberedPage,
    StoredAnalysis,
    analyses_of,
    find_analysis,
    list_analyses,
    summary_of,
)
from evalwright_server.services.analysis_views import view_status
from evalwright_server.services.errors import (
    Conflict,
    DatasetTooLarge,
    QuotaExceeded,
    ResourceNotFound,
)
from evalwright_server.services.organizations import ensure_identity
from evalwright_server.store.database import Database
from evalwright_server.store.secrets import SecretBox
from evalwright_server.store.tables.analyses import analyses
from fixtures_server import RunningServer
from server.client import Api
from server.evaluations import ITEMS, begin, ended, evaluate, problem, request, status

NOW = datetime(2026, 12, 31, 23, 59, 30, tzinfo=UTC)
ACCOUNT = UsageAccount("f" * 64, NOW)
OPTIONS = EvaluationOptions(("equals",))
STORED_ITEMS: list[dict[str, Any]] = [
    {"input": "q", "output": "a", "context": [], "expected": None, "metadata": {}}
]


def wanted(**changes: object) -> AnalysisRequest:
    """Return a request for an evaluation."""
    made = AnalysisRequest(
        AnalysisKind.EVALUATION,
        "project",
        STORED_ITEMS,
        lambda _conn, _space: AnalysisPayload(OPTIONS.to_json()),
        ACCOUNT,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture
async def starter(db: Database) -> AnalysisStarter:
    """Starts analyses that nobody works on."""
    identity = await db.write(lambda conn: ensure_identity(conn, NOW))
    box = SecretBox([Fernet.generate_key().decode()])
    limits = AnalysisLimits(max_dataset=5, requests=3, tokens=100)
    return AnalysisStarter(Engine(db), limits, box, identity, lambda: NOW)


async def start(starter: AnalysisStarter, request: AnalysisRequest) -> StoredAnalysis:
    """Start an analysis in a transaction of its own."""
    return await starter.engine.db.write(lambda conn: starter.start(conn, request))


async def test_a_project_is_made_once_even_by_many_at_once(
    db: Database, starter: AnalysisStarter
) -> None:
    requests = [wanted(account=UsageAccount(f"key {n}", NOW)) for n in range(20)]
    found = await asyncio.gather(*(start(starter, each) for each in requests))
    assert len({each.project.id for each in found}) == 1
    nameless = await start(starter, wanted(project_name=None))
    blank = await start(starter, wanted(project_name="  "))
    assert nameless.project.name == blank.project.name == "default"
    page = NumberedPage(2, 5)
    chosen = analyses_of(AnalysisKind.EVALUATION).where(
        analyses.c.project_id == found[0].project.key
    )
    listed, total = await db.read(lambda conn: list_analyses(conn, chosen, page))
    assert total == 20
    assert [each.run.id for each in listed] == sorted(
        (each.run.id for each in found), reverse=True
    )[5:10]


async def test_a_quota_counts_what_was_started_and_nothing_that_was_refused(
    db: Database, starter: AnalysisStarter
) -> None:
    key = ("key", b"digest")
    first = await start(starter, wanted(key=key))
    with pytest.raises(DatasetTooLarge):
        await start(starter, wanted(items=STORED_ITEMS * 6))
    with pytest.raises(Conflict):
        await start(starter, wanted(key=("key", b"other")))
    await start(starter, wanted())
    await start(starter, wanted(project_name="other"))
    with pytest.raises(QuotaExceeded) as caught:
        await start(starter, wanted(project_name="never made"))
    assert caught.value.figures["current_usage"] == 3
    assert caught.value.retry_after == 30
    assert (await start(starter, wanted(key=key))).uid == first.uid
    usage = await db.read(lambda conn: view_usage(conn, ACCOUNT, starter.limits))
    assert (usage["total_api_usage"], usage["api_quota_remaining"]) == (3, 0)
    assert usage["reset_date"] == datetime(2027, 1, 1, tzinfo=UTC)
    later = UsageAccount(ACCOUNT.key, datetime(2027, 1, 1, tzinfo=UTC))
    assert (await db.read(lambda conn: read_usage(conn, later))).total == 0
    assert (await start(starter, wanted(account=later))).uid


async def test_tokens_are_only_predicted_where_a_judge_takes_them(
    starter: AnalysisStarter,
) -> None:
    assert (await start(starter, wanted(predicted_tokens=1000))).uid


async def test_secrets_are_sealed_and_gone_with_a_cancelled_analysis(
    db: Database, starter: AnalysisStarter
) -> None:
    stored = await start(starter, wanted(secrets=Secrets(api_key="sk-secret")))
    statement = analyses.select().where(analyses.c.run_id == stored.run.id)
    row = await db.read(lambda conn: conn.execute(statement).one())
    assert row.sealed is not None
    assert b"sk-secret" not in row.sealed
    assert "sk-secret" not in str(row.options) + str(row.metadata)
    engine = starter.engine
    cancelled = await db.write(
        lambda conn: cancel_analysis(conn, AnalysisKind.EVALUATION, stored.uid, engine=engine)
    )
    assert view_status(cancelled, NOW)["status"] == "cancelled"
    assert (await db.read(lambda conn: conn.execute(statement).one())).sealed is None


async def test_an_analysis_is_found_under_its_kind_only(
    db: Database, starter: AnalysisStarter
) -> None:
    stored = await start(starter, wanted())
    found = await db.read(lambda conn: find_analysis(conn, AnalysisKind.EVALUATION, stored.uid))
    assert found == stored
    assert (await db.read(lambda conn: summary_of(conn, found)))["evaluated_items"] == 0
    for kind in set(AnalysisKind) - {AnalysisKind.EVALUATION}:
        look = partial(find_analysis, kind=kind, uid=stored.uid)
        with pytest.raises(ResourceNotFound):
            await db.read(look)


@pytest.mark.slow
def test_evaluations_are_the_same_on_postgresql(
    postgresql: PostgreSQL,
    start_server: Callable[..., RunningServer],
    connect: Callable[..., Api],
) -> None:
    """Sums, means and dates come from the database, and its types differ."""
    api = connect(start_server(database=postgresql()))
    one = evaluate(api, "p", metrics=["equals", "levenshtein"], thresholds={"equals": 1.0})
    assert one["aggregate_scores"]["equals"] == 0.5
    assert one["metrics"][0]["standard_error"] == 0.5
    assert (one["failed_items"], one["metrics"][0]["passed"]) == (1, 1)
    two = begin(api, "p", dataset=ITEMS * 50)
    assert ended(api, two)["evaluated_items"] == 150
    assert status(api, two)["progress_percent"] == 100.0
    assert len(api.get(f"/v2/evaluate/runs/{two}/items/stream").content.splitlines()) == 150
    found = api.get(f"/v2/evaluate/compare?run_ids={one['id']},{two}").body
    assert found["metrics"][0]["scores"] == [0.5, 0.5]
    (point,) = api.get(f"/v2/evaluate/trends?project_id={one['project_id']}&metrics=equals").body
    assert (point["score"], point["run_count"]) == (0.5, 2)
    stats = api.get(f"/v2/evaluate/projects/{one['project_id']}/stats").body
    assert (stats["total_runs"], stats["total_items"]) == (2, 153)
    assert api.get("/v2/evaluate/runs?status=completed").body["total"] == 2
    assert api.get("/v2/auth/usage").body["services"] == {"evaluation": 2}
    assert problem(api.post("/v2/evaluate/", request("p", metrics=["equal"])))["errors"]
