"""Failure analyses by a real worker process, and their sums by the database."""

import json
from dataclasses import asdict

import pytest
from pydantic import JsonValue

from analyses.scenes import Access, Yard
from evalwright_server.failures import Signals, analyze, applicable, summarize
from evalwright_server.failures.scoring import Breakdown
from evalwright_server.failures.taxonomy import KINDS
from evalwright_server.runs.analysis_payload import AnalysisKind, FailureOptions
from evalwright_server.runs.handlers.failure_analysis import failure_item
from evalwright_server.runs.pool import WorkerPool
from evalwright_server.runs.states import State
from evalwright_server.store.tables.analyses import (
    audit_findings,
    evaluation_scores,
    failure_tags,
)
from scripted_models import Question, ScriptedModels, fixed

pytestmark = pytest.mark.slow

FAILURES = AnalysisKind.FAILURE_ANALYSIS
ITEMS: list[dict[str, JsonValue]] = [
    {
        "input": "When was the bridge built?",
        "output": "The bridge was built in 1967.",
        "context": ["The bridge was built in 1937."],
    },
    {"input": "Name a colour.", "output": ""},
    {
        "input": "What is the weather in Rome?",
        "output": "It is sunny.",
        "tool_calls": [{"name": "weather", "arguments": {"city": "Rome"}, "error": "timed out"}],
    },
    {"input": "Say hello.", "output": "Hello! How are you today?"},
]
BARE = FailureOptions()


async def test_failures_are_found_and_summed_up_as_the_formula_says(
    yard: Yard, pool: WorkerPool
) -> None:
    """The database counts what `failures.summarize` counts over the same tags."""
    left = await yard.wait(await yard.submit(FAILURES, BARE, ITEMS))
    assert left.run.state is State.SUCCEEDED
    tags = []
    for item in ITEMS:
        own = failure_item(item)
        kinds, _ = applicable(own, own.feature_kind, Signals())
        tags.append(analyze(own, kinds, Signals()))
    expected = json.loads(json.dumps(asdict(summarize(tags))))
    assert {**left.summary["summary"], "buckets_affected": None} == {
        **expected,
        "buckets_affected": None,
    }
    assert set(left.summary["summary"]["buckets_affected"]) == set(expected["buckets_affected"])
    found = {
        (row["position"], row["subcategory_id"])
        for row in await yard.rows(failure_tags, left.run.id)
        if row["decision"] == "fail"
    }
    assert {(0, "wrong_number"), (1, "empty_output"), (2, "failed_tool_call")} <= found
    assert not any(position == 3 for position, _ in found)
    assert left.results[2]["feature_kind"] == "agent"
    assert set(left.summary["detectors_run"]) | set(left.summary["detectors_skipped"]) == set(KINDS)


async def test_a_tag_keeps_how_it_is_known(yard: Yard, pool: WorkerPool) -> None:
    left = await yard.wait(await yard.submit(FAILURES, BARE, ITEMS[:1]))
    rows = await yard.rows(failure_tags, left.run.id)
    [row] = [row for row in rows if row["subcategory_id"] == "wrong_number"]
    body = row["body"]
    breakdown = Breakdown(*body["breakdown"])
    assert (breakdown.final_severity, breakdown.final_confidence) == (
        row["severity"],
        row["confidence"],
    )
    assert any("1967" in evidence["snippet"] for evidence in body["evidence"])
    assert (row["bucket_id"], row["is_reviewed"]) == ("hallucination", False)


async def test_only_some_kinds_are_looked_for(yard: Yard, pool: WorkerPool) -> None:
    options = FailureOptions(buckets=("completeness",))
    left = await yard.wait(await yard.submit(FAILURES, options, ITEMS))
    rows = await yard.rows(failure_tags, left.run.id)
    assert {row["bucket_id"] for row in rows} == {"completeness"}
    assert "wrong_number" in left.summary["detectors_skipped"]


async def test_metrics_and_an_audit_are_signals_and_come_back(
    yard: Yard, pool: WorkerPool, models: ScriptedModels
) -> None:
    """A judge measures what it can; its tokens count."""

    def script(question: Question) -> str:
        assert "fluent" in question.prompt
        return json.dumps({"reason": "fine", "rating": 3})

    models.script = script
    items: list[dict[str, JsonValue]] = [*ITEMS[3:]]
    items.append({"input": "My card?", "output": "It is 4111 1111 1111 1111."})
    options = FailureOptions(metrics=("fluency", "equals"), categories=("S10",))
    left = await yard.wait(await yard.submit(FAILURES, options, items, access=Access.to(models)))
    assert left.run.state is State.SUCCEEDED
    assert left.summary["eval_metrics"] == {"fluency": 0.5}
    assert left.summary["security_flags"] == {"S10": 1}
    assert left.row["tokens_used"] == 20
    rows = await yard.rows(failure_tags, left.run.id)
    failed = {row["subcategory_id"] for row in rows if row["decision"] == "fail"}
    assert "personal_data" in failed
    assert len(await yard.rows(evaluation_scores, left.run.id)) == 4
    assert len(await yard.rows(audit_findings, left.run.id)) == 1
    assert left.outcomes == ["scored", "scored"]


async def test_the_rest_goes_on_without_a_judge_that_fails(
    yard: Yard, pool: WorkerPool, models: ScriptedModels
) -> None:
    models.script = fixed("no JSON at all")
    options = FailureOptions(metrics=("fluency",))
    left = await yard.wait(await yard.submit(FAILURES, options, ITEMS, access=Access.to(models)))
    assert left.run.state is State.SUCCEEDED
    assert left.summary["eval_metrics"] == {}
    assert left.summary["summary"]["total_failures_detected"] >= 3
