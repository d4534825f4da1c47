"""The server's side of analyses, with workers that a test moves by hand."""

from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import insert

from analyses.scenes import KEY, Access, Yard
from evalwright_server.runs.analysis_payload import (
    LARGE,
    LARGE_QUEUE,
    MAX_ATTEMPTS,
    QUEUE,
    AnalysisKind,
    EvaluationOptions,
    JudgeUse,
    Secrets,
    queue_for,
)
from evalwright_server.runs.errors import LeaseLost
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.leases import Leases
from evalwright_server.runs.records import Assignment, Finish
from evalwright_server.runs.sources.analysis_results import ItemResult
from evalwright_server.runs.sources.source import Claimed, Item
from evalwright_server.runs.states import State
from evalwright_server.services.model_access import ModelLimits
from evalwright_server.services.run_hooks import ServerHooks
from evalwright_server.store.secrets import SecretBox
from evalwright_server.store.tables.ai_integrations import ai_integrations
from evalwright_server.store.tables.analyses import evaluation_scores

OPTIONS = EvaluationOptions(("equals",))
ITEMS = [{"input": str(number), "output": str(number), "expected": "1"} for number in range(5)]
ACCESS = Access(JudgeUse("m"), Secrets(KEY, "http://system/?t=1", {"X-Key": "s3cret"}))


def scored(position: int, value: float = 1.0, tokens: int = 0) -> Item:
    score = {"value": value, "explanation": "", "engine": "rules"}
    result = {"scores": {"equals": score}, "errors": {}}
    return ItemResult(position, ItemResult.SCORED, result, tokens).to_item()


def worker(yard: Yard, name: str, box: SecretBox | None = None) -> Leases:
    limits = ModelLimits(concurrency=3, timeout=4)
    hooks = ServerHooks(yard.engine, box or yard.secrets, limits, lambda: datetime.now(UTC))
    return Leases(yard.engine, name, SOURCES, hooks)


async def claim(leases: Leases) -> tuple[Claimed, Assignment]:
    [found] = await leases.claim(QUEUE, 1)
    return found


async def test_the_next_attempt_goes_on_where_the_last_one_was(yard: Yard) -> None:
    run_id = await yard.submit(AnalysisKind.EVALUATION, OPTIONS, ITEMS)
    first = worker(yard, "first")
    claimed, _ = await claim(first)
    await first.begin(claimed)
    await first.store(claimed, [scored(0), scored(2, 0.0, tokens=5)])
    await first.abandon()
    second = worker(yard, "second")
    again, _ = await claim(second)
    beginning = await second.begin(again)
    assert (beginning.progress.total, beginning.progress.done) == (5, 2)
    page = await second.page(again, None, 2)
    assert [item["position"] for item in page.items] == [1, 3]
    page = await second.page(again, page.cursor, 2)
    assert [item["position"] for item in page.items] == [4]
    assert page.cursor is None
    with pytest.raises(LeaseLost):
        await first.store(claimed, [scored(1)])
    await second.store(again, [scored(1), scored(3), scored(4)])
    await second.finish(again, Finish(State.SUCCEEDED))
    left = await yard.wait(run_id)
    assert left.run.progress.done == left.run.progress.succeeded == 5
    assert left.summary["overall_score"] == pytest.approx(0.8)
    assert left.row["tokens_used"] == 5


async def test_a_batch_that_comes_twice_counts_once(yard: Yard) -> None:
    """As after a broken connection, when it isn't known whether it was stored."""
    run_id = await yard.submit(AnalysisKind.EVALUATION, OPTIONS, ITEMS)
    leases = worker(yard, "worker")
    claimed, _ = await claim(leases)
    await leases.begin(claimed)
    for _ in range(2):
        await leases.store(claimed, [scored(0, tokens=3), scored(1, tokens=3)])
    await leases.finish(claimed, Finish(State.SUCCEEDED))
    left = await yard.wait(run_id)
    assert (left.run.progress.done, left.row["tokens_used"]) == (2, 6)
    assert len(await yard.rows(evaluation_scores, run_id)) == 2


async def test_secrets_are_erased_however_it_ends(yard: Yard) -> None:
    """Here: given up, because each of its workers died."""
    run_id = await yard.submit(AnalysisKind.EVALUATION, OPTIONS, ITEMS, access=ACCESS)
    for attempt in range(MAX_ATTEMPTS):
        leases = worker(yard, f"worker {attempt}")
        await claim(leases)
        await leases.abandon()
    left = await yard.wait(run_id)
    assert (left.run.state, left.row["ended_as"]) == (State.FAILED, "failed")
    assert left.row["sealed"] is None
    assert left.summary["evaluated_items"] == 0


async def test_secrets_go_to_the_worker_and_nowhere_else(yard: Yard) -> None:
    run_id = await yard.submit(AnalysisKind.EVALUATION, OPTIONS, ITEMS, access=ACCESS)
    claimed, assignment = await claim(worker(yard, "worker"))
    judge = assignment.grants["judge"]
    assert isinstance(judge, dict)
    assert (judge["api_key"], judge["provider"], judge["concurrency"]) == (KEY, "openAI", 3)
    assert assignment.grants["target_url"] == "http://system/?t=1"
    assert assignment.grants["target_headers"] == {"X-Key": "s3cret"}
    left = await yard.remains(claimed.run)
    for text in (repr(assignment), repr(claimed), repr(left), repr(ACCESS)):
        assert KEY not in text
        assert "s3cret" not in text
    assert left.run.id == run_id


async def test_what_was_sealed_with_another_key_is_an_error_of_the_worker(yard: Yard) -> None:
    await yard.submit(AnalysisKind.EVALUATION, OPTIONS, ITEMS, access=ACCESS)
    other = SecretBox([Fernet.generate_key().decode()])
    _, assignment = await claim(worker(yard, "worker", other))
    assert "can't be opened" in str(assignment.grants["error"])


async def test_a_stored_integration_is_used_with_its_own_key(yard: Yard) -> None:
    """And never sent to an address that came with the request."""
    now = datetime.now(UTC)
    values = {
        "id": 7, "suffix": "aaaa", "name": "ours", "provider": "custom",
        "api_key": yard.secrets.seal("stored-key"), "base_url": "http://stored/v1",
        "enable_default_models": False, "function_calling_enabled": True, "auth_type": "default",
        "created_at": now, "updated_at": now, "created_by_user_id": "u",
    }  # fmt: skip
    statement = insert(ai_integrations).values(**values)
    await yard.engine.db.write(lambda connection: connection.execute(statement))
    use = JudgeUse("m", integration=7, base_url="http://elsewhere/v1")
    access = Access(use, Secrets(KEY))
    await yard.submit(AnalysisKind.EVALUATION, OPTIONS, ITEMS, access=access)
    _, assignment = await claim(worker(yard, "worker"))
    judge = assignment.grants["judge"]
    assert isinstance(judge, dict)
    assert (judge["id"], judge["api_key"], judge["base_url"]) == (
        7,
        "stored-key",
        "http://stored/v1",
    )


def test_large_analyses_can_not_take_the_slots_of_small_ones() -> None:
    assert (queue_for(LARGE - 1), queue_for(LARGE)) == (QUEUE, LARGE_QUEUE)
