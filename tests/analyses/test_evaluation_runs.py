"""Evaluations by a real worker process: offline, with a judge, interrupted and cancelled."""

import json
import os
import signal

import pytest

from analyses.scenes import KEY, Access, Yard
from evalwright_server.runs.analysis_payload import (
    AnalysisKind,
    EngineChoice,
    EvaluationOptions,
    JudgeUse,
    Secrets,
)
from evalwright_server.runs.pool import WorkerPool
from evalwright_server.runs.states import State
from evalwright_server.store.tables.analyses import analyses, evaluation_scores, usage_counters
from scripted_models import Answer, Question, ScriptedModels, fixed

pytestmark = pytest.mark.slow

EVALUATION = AnalysisKind.EVALUATION
ITEMS = [
    {"input": "Capital of France?", "output": "Paris", "expected": "Paris"},
    {"input": "Capital of Spain?", "output": "Lisbon", "expected": "Madrid"},
    {"input": "Capital of Italy?", "output": "Rome"},
]
FLUENT = json.dumps({"reason": "fine", "rating": 5})


async def test_offline_engines_measure_a_dataset(yard: Yard, pool: WorkerPool) -> None:
    """What can't be scored has a reason in place of a number, and does not count."""
    options = EvaluationOptions(("equals", "levenshtein"), thresholds={"equals": 1.0})
    left = await yard.wait(await yard.submit(EVALUATION, options, ITEMS))
    assert left.run.state is State.SUCCEEDED
    assert left.outcomes == ["scored", "scored", "failed"]
    assert left.results[0]["scores"]["equals"]["value"] == 1.0
    assert left.results[0]["scores"]["equals"]["engine"] == "rules"
    assert set(left.results[2]["errors"]) == {"equals", "levenshtein"}
    equals = left.summary["metrics"]["equals"]
    assert (equals["mean"], equals["scored"], equals["unscored"]) == (0.5, 2, 1)
    assert (equals["passed"], equals["engine"], equals["standard_error"]) == (1, "rules", 0.5)
    assert (left.summary["evaluated_items"], left.summary["failed_items"]) == (3, 1)
    assert (left.run.progress.total, left.run.progress.done) == (3, 3)
    assert left.row["ended_as"] == "succeeded"
    scores = await yard.rows(evaluation_scores, left.run.id)
    assert len(scores) == 6
    assert sum(score["value"] is None for score in scores) == 2


async def test_closeness_of_meaning_is_told_or_said_to_be_missing(
    yard: Yard, pool: WorkerPool
) -> None:
    items = [{"input": "q", "output": "A cat sleeps.", "expected": "A cat is asleep."}]
    left = await yard.wait(await yard.submit(EVALUATION, EvaluationOptions(("similarity",)), items))
    result = left.results[0]
    if "similarity" in result["errors"]:
        assert "pip install" in result["errors"]["similarity"]
    else:
        assert result["scores"]["similarity"]["engine"] == "embedding"
        assert result["scores"]["similarity"]["value"] > 0.7


async def test_a_judge_measures_what_it_is_better_at(
    yard: Yard, pool: WorkerPool, models: ScriptedModels
) -> None:
    """With the key of the request, which is erased; its tokens count, for the quota too."""
    models.script = fixed(Answer(FLUENT, usage=(7, 3)))
    options = EvaluationOptions(("fluency", "equals"))
    run_id = await yard.submit(
        EVALUATION, options, ITEMS[:2], usage_key="f" * 64, access=Access.to(models)
    )
    left = await yard.wait(run_id)
    assert [result["scores"]["fluency"] for result in left.results] == [
        {"value": 1.0, "explanation": "fine", "engine": "judge"}
    ] * 2
    assert left.results[0]["scores"]["equals"]["engine"] == "rules"
    assert {question.headers["authorization"] for question in models.asked} == {f"Bearer {KEY}"}
    assert (left.row["sealed"], left.row["tokens_used"]) == (None, 20)
    statement = usage_counters.select()
    [counter] = await yard.engine.db.read(lambda connection: connection.execute(statement).all())
    assert (counter.service, counter.period, counter.tokens) == ("evaluation", "2026-11", 20)


async def test_the_offline_engine_is_taken_where_it_is_asked_for(
    yard: Yard, pool: WorkerPool, models: ScriptedModels
) -> None:
    options = EvaluationOptions(("fluency",), engine=EngineChoice.OFFLINE)
    left = await yard.wait(
        await yard.submit(EVALUATION, options, ITEMS[:1], access=Access.to(models))
    )
    assert left.results[0]["scores"]["fluency"]["engine"] == "rules"
    assert models.asked == []


async def test_a_judge_that_is_insisted_on_and_missing_gives_errors(
    yard: Yard, pool: WorkerPool
) -> None:
    options = EvaluationOptions(("fluency", "equals"), engine=EngineChoice.JUDGE)
    left = await yard.wait(await yard.submit(EVALUATION, options, ITEMS[:1]))
    assert left.run.state is State.SUCCEEDED
    assert "judge" in left.results[0]["errors"]["fluency"]
    assert left.results[0]["scores"]["equals"]["value"] == 1.0


async def test_an_answer_that_can_not_be_used_is_the_error_of_its_item(
    yard: Yard, pool: WorkerPool, models: ScriptedModels
) -> None:
    def script(question: Question) -> str:
        return "no idea" if "Spain" in json.dumps(question.body) else FLUENT

    models.script = script
    left = await yard.wait(
        await yard.submit(
            EVALUATION, EvaluationOptions(("fluency",)), ITEMS, access=Access.to(models)
        )
    )
    assert left.run.state is State.SUCCEEDED
    assert left.outcomes == ["scored", "failed", "scored"]
    assert "can't be used, twice" in left.results[1]["errors"]["fluency"]
    assert left.row["tokens_used"] == 4 * 10


async def test_a_judge_that_lets_nobody_in_is_asked_no_more(
    yard: Yard, pool: WorkerPool, models: ScriptedModels
) -> None:
    """The analysis ends, every item has the reason, and the key is in none of them."""
    models.script = fixed(Answer(f"bad key {KEY}", status=401))
    items = ITEMS * 30
    left = await yard.wait(
        await yard.submit(
            EVALUATION, EvaluationOptions(("fluency",)), items, access=Access.to(models)
        )
    )
    assert left.run.state is State.SUCCEEDED
    assert len(models.asked) <= 4
    reasons = {result["errors"]["fluency"] for result in left.results}
    assert len(reasons) == 1
    assert "bad key ***" in reasons.pop()
    assert left.run.note is not None
    assert "given up" in left.run.note
    assert left.row["sealed"] is None


async def test_a_worker_that_dies_costs_only_what_was_not_stored(
    yard: Yard, pool: WorkerPool, models: ScriptedModels
) -> None:
    """kill -9 in the middle: another one goes on, and no stored item is asked about again."""
    models.script = fixed(FLUENT)
    items = [{"input": f"question {number}", "output": f"answer {number}"} for number in range(40)]

    def script(question: Question) -> str:
        if question.number == 20:
            models.hold()
        return FLUENT

    models.script = script
    run_id = await yard.submit(
        EVALUATION, EvaluationOptions(("fluency",)), items, access=Access.to(models)
    )
    run = await yard.until(run_id, lambda run: run.progress.done >= 19)
    [pid] = pool.pids
    os.kill(pid, signal.SIGKILL)
    models.script = fixed(FLUENT)
    models.release()
    left = await yard.wait(run_id)
    assert (left.run.state, left.run.attempt) == (State.SUCCEEDED, 2)
    assert left.run.progress.done == left.run.progress.succeeded == 40
    assert left.outcomes == ["scored"] * 40
    assert len(models.asked) - 40 <= 40 - run.progress.done
    assert left.row["tokens_used"] == 400
    assert left.summary["metrics"]["fluency"]["scored"] == 40
    assert len(await yard.rows(evaluation_scores, run_id)) == 40


async def test_a_cancelled_evaluation_keeps_what_is_done(
    yard: Yard, pool: WorkerPool, models: ScriptedModels
) -> None:
    def script(question: Question) -> str:
        if question.number == 2:
            models.hold()
        return FLUENT

    models.script = script
    items = ITEMS * 10
    run_id = await yard.submit(
        EVALUATION, EvaluationOptions(("fluency",)), items, access=Access.to(models)
    )
    await yard.until(run_id, lambda run: run.progress.done >= 2)
    await yard.engine.db.write(lambda connection: yard.engine.cancel(connection, run_id))
    left = await yard.wait(run_id)
    assert left.run.state is State.CANCELLED
    assert left.summary["evaluated_items"] == left.run.progress.done >= 2
    assert left.outcomes.count("scored") == left.run.progress.done
    assert (left.row["sealed"], left.row["ended_as"]) == (None, "cancelled")


async def test_cancelling_before_it_starts_erases_the_key(yard: Yard) -> None:
    run_id = await yard.submit(
        EVALUATION,
        EvaluationOptions(("fluency",)),
        ITEMS,
        access=Access(JudgeUse("judge-1"), Secrets(api_key=KEY)),
    )
    [row] = await yard.rows(analyses, run_id)
    assert row["sealed"] is not None
    assert KEY.encode() not in row["sealed"]
    await yard.engine.db.write(lambda connection: yard.engine.cancel(connection, run_id))
    left = await yard.wait(run_id)
    assert (left.row["sealed"], left.row["ended_as"]) == (None, "cancelled")
    assert left.summary["evaluated_items"] == 0
