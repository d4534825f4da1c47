"""Template evaluators, asking a scripted model over real HTTP."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from evalwright_server.evaluators import (
    EvaluationError,
    EvaluationResult,
    Outcome,
    build_template_evaluator,
    check_template_config,
)
from evalwright_server.evaluators.template_config import Variables
from evalwright_server.models import Integration, IntegrationUnusable, Models, Usage
from evalwright_server.models.retry import RetryPolicy
from scripted_models import Answer, ScriptedModels, as_text, by_prompt, fixed, in_turn, judgement

Rows = list[dict[str, JsonValue]]
Judge = Callable[..., Any]
ROW: Rows = [{"question": "Capital of France?", "output": "Paris"}]
CHOICES: JsonValue = {"correct": 1, "incorrect": 0}


def config(**changes: JsonValue) -> dict[str, JsonValue]:
    return {
        "name": "correctness",
        "template": "Question: {question}\nAnswer: {output}",
        "include_explanations": True,
        "use_function_calling_if_available": True,
        "classification_choices": CHOICES,
        "direction": "maximize",
        "data_granularity": None,
        "llm_config": {
            "ai_integration_id": "x",
            "model_name": "small",
            "invocation_parameters": {"temperature": 0},
            "provider_parameters": {},
        },
        **changes,
    }


@pytest.fixture
def judge(models: ScriptedModels) -> Judge:
    """A function that judges rows by the scripted model."""

    async def run(
        rows: Rows = ROW,
        *,
        functions: bool = True,
        concurrency: int = 8,
        mappings: dict[str, str] | None = None,
        cache: Path | None = None,
        scope: str = "v1",
        fresh: bool = False,
        **changes: JsonValue,
    ) -> list[Outcome]:
        integration = Integration(
            id=1,
            name="scripted",
            provider="custom",
            base_url=models.url,
            has_functions=functions,
            concurrency=concurrency,
        )
        async with Models.open(cache, RetryPolicy(attempts=1)) as reachable:
            evaluator = build_template_evaluator(
                config(**changes),
                reachable.client(integration),
                column_mappings=mappings,
                scope=scope,
                is_fresh=fresh,
            )
            assert evaluator.name == "correctness"
            return await evaluator.evaluate(rows)

    return run


def error(outcome: Outcome) -> str:
    assert isinstance(outcome, EvaluationError)
    return outcome.message


async def test_a_choice_becomes_label_and_score(models: ScriptedModels, judge: Judge) -> None:
    models.script = fixed(judgement("correct", "It is the capital."))
    [outcome] = await judge()
    assert outcome == EvaluationResult(1.0, "correct", "It is the capital.", Usage(7, 3))
    [asked] = models.asked
    assert asked.prompt.startswith("Question: Capital of France?\nAnswer: Paris\n\nCall the")
    function = asked.body["tools"][0]["function"]
    assert function["parameters"]["properties"]["label"]["enum"] == ["correct", "incorrect"]
    assert list(function["parameters"]["properties"]) == ["explanation", "label"]
    assert asked.body["tool_choice"]["function"]["name"] == function["name"]
    assert asked.body["temperature"] == 0


async def test_models_are_held_to_a_schema_instead_where_that_is_wanted(
    models: ScriptedModels, judge: Judge
) -> None:
    models.script = fixed(as_text(judgement("incorrect")))
    [outcome] = await judge(use_function_calling_if_available=False)
    assert (outcome.score, outcome.label) == (0.0, "incorrect")
    schema = models.asked[0].body["response_format"]["json_schema"]["schema"]
    assert schema["required"] == ["explanation", "label"]
    assert "tools" not in models.asked[0].body


async def test_models_are_told_in_words_where_nothing_else_is_wanted(
    models: ScriptedModels, judge: Judge
) -> None:
    models.script = fixed(as_text(judgement("correct")))
    wish = {"use_function_calling_if_available": False, "use_structured_output": False}
    [outcome] = await judge(**wish)
    assert outcome.label == "correct"
    assert set(models.asked[0].body) == {"model", "messages", "temperature"}


async def test_models_without_functions_are_told_in_words(
    models: ScriptedModels, judge: Judge
) -> None:
    models.script = fixed(as_text(judgement("correct")))
    [outcome] = await judge(functions=False)
    assert outcome.label == "correct"
    assert set(models.asked[0].body) == {"model", "messages", "temperature"}
    assert 'exactly one of "correct", "incorrect"' in models.asked[0].prompt


@pytest.mark.parametrize(
    "text",
    [
        'Sure!\n```json\n{"label": "correct"}\n```\nAnything else?',
        'My judgement is {"label": " CORRECT "} as asked.',
        "**Correct**",
        '"correct".',
    ],
)
async def test_decoration_around_an_answer_does_no_harm(
    models: ScriptedModels, judge: Judge, text: str
) -> None:
    models.script = fixed(text)
    [outcome] = await judge(functions=False)
    assert outcome == EvaluationResult(1.0, "correct", None, Usage(7, 3))
    assert len(models.asked) == 1


async def test_a_malformed_answer_is_repaired_once(models: ScriptedModels, judge: Judge) -> None:
    models.script = in_turn(judgement("perhaps"), judgement("correct"))
    [outcome] = await judge()
    assert (outcome.score, outcome.label, outcome.usage) == (1.0, "correct", Usage(14, 6))
    _, repair = models.asked
    roles = [message["role"] for message in repair.body["messages"]]
    assert roles == ["user", "assistant", "user"]
    assert json.loads(repair.body["messages"][1]["content"])["label"] == "perhaps"
    assert "'perhaps' is none of 'correct', 'incorrect'" in repair.prompt


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer("I can't tell."), "no JSON object: I can't tell."),
        (judgement("perhaps"), "'perhaps' is none of"),
        (judgement(None), 'no "label"'),
        (judgement(True), 'no "label"'),
        (judgement(["correct"]), 'no "label"'),
        (Answer(arguments='{"label": NaN}'), "no JSON object"),
        (Answer(""), "empty"),
        (Answer('{"label": "corr', finish_reason="length"), "max_tokens"),
    ],
)
async def test_an_answer_that_stays_malformed_is_an_error_and_never_a_score(
    models: ScriptedModels, judge: Judge, answer: Answer, reason: str
) -> None:
    models.script = fixed(answer)
    [outcome] = await judge()
    assert "could not be used, and neither could its second one" in error(outcome)
    assert reason in error(outcome)
    assert outcome.usage == Usage(14, 6)
    assert len(models.asked) == 2


async def test_a_refusal_is_not_argued_with(models: ScriptedModels, judge: Judge) -> None:
    models.script = in_turn(Answer(refusal="Not that."), Answer(finish_reason="content_filter"))
    first, second = await judge(ROW * 2, concurrency=1)
    assert error(first) == "The model refused to judge: Not that."
    assert "content filter" in error(second)
    assert len(models.asked) == 2


async def test_rows_fail_one_by_one(models: ScriptedModels, judge: Judge) -> None:
    def say(prompt: str) -> Answer:
        return Answer("too long", status=400) if "B" in prompt else judgement("correct")

    models.script = by_prompt(say)
    rows: Rows = [{"question": "", "output": output} for output in "ABA"]
    outcomes = await judge(rows, concurrency=1)
    assert [isinstance(outcome, EvaluationError) for outcome in outcomes] == [False, True, False]
    assert "too long (400)" in error(outcomes[1])


async def test_a_wrong_key_ends_it_for_all_rows(models: ScriptedModels, judge: Judge) -> None:
    models.script = fixed(Answer("Incorrect API key provided", status=401))
    with pytest.raises(ExceptionGroup) as caught:
        await judge(ROW * 50, concurrency=2)
    assert isinstance(caught.value.exceptions[0], IntegrationUnusable)
    assert len(models.asked) <= 4


@pytest.mark.parametrize(
    ("text", "score", "label"),
    [
        ("4.5", 4.5, None),
        (" -1e2\n", -100.0, None),
        ("friendly", None, "friendly"),
        ("8/10", None, "8/10"),
        ("NaN", None, "NaN"),
        ("inf", None, "inf"),
        ("1e999", None, "1e999"),
    ],
)
async def test_free_answers_are_scores_where_they_are_numbers(
    models: ScriptedModels, judge: Judge, text: str, score: float | None, label: str | None
) -> None:
    models.script = fixed(text)
    [outcome] = await judge(classification_choices=None, include_explanations=False)
    assert outcome == EvaluationResult(score, label, None, Usage(7, 3))
    assert models.asked[0].prompt == "Question: Capital of France?\nAnswer: Paris"


async def test_a_long_free_answer_is_kept_as_its_explanation(
    models: ScriptedModels, judge: Judge
) -> None:
    models.script = fixed("word " * 500)
    [outcome] = await judge(classification_choices=None, include_explanations=False)
    assert len(outcome.label) < 1100
    assert outcome.explanation == ("word " * 500).strip()


async def test_free_answers_are_explained_where_that_is_wanted(
    models: ScriptedModels, judge: Judge
) -> None:
    models.script = in_turn(judgement(7, "quite good"), judgement("fine", "so so"))
    outcomes = await judge(ROW * 2, concurrency=1, classification_choices={})
    assert [(o.score, o.label, o.explanation) for o in outcomes] == [
        (7.0, None, "quite good"),
        (None, "fine", "so so"),
    ]


async def test_a_choice_may_have_no_score(models: ScriptedModels, judge: Judge) -> None:
    models.script = fixed(judgement("unknown"))
    [outcome] = await judge(classification_choices={"yes": 1, "unknown": None})
    assert (outcome.score, outcome.label) == (None, "unknown")


async def test_missing_columns_are_errors_of_their_rows(
    models: ScriptedModels, judge: Judge
) -> None:
    models.script = fixed(judgement("correct"))
    outcomes = await judge([*ROW, {"question": "?"}])
    assert isinstance(outcomes[0], EvaluationResult)
    assert "no column 'output'; its columns are 'question'" in error(outcomes[1])
    assert len(models.asked) == 1


async def test_mappings_reach_into_objects(models: ScriptedModels, judge: Judge) -> None:
    models.script = fixed(judgement("correct"))
    row: Rows = [{"meta": {"turns": [{"text": "Hi {output}"}]}, "a.b": {"c": [1, "é"]}}]
    mappings = {"question": "meta.turns.0.text", "output": "a.b.c"}
    await judge(row, mappings=mappings)
    assert models.asked[0].prompt.startswith('Question: Hi {output}\nAnswer: [1, "é"]')


async def test_double_braces_are_understood(models: ScriptedModels, judge: Judge) -> None:
    models.script = fixed(judgement("correct"))
    await judge(template='{{question}} {{ output }} {"not": "a variable"}')
    assert models.asked[0].prompt.startswith('Capital of France? Paris {"not": "a variable"}')


async def test_rows_are_judged_at_once_but_not_all(models: ScriptedModels, judge: Judge) -> None:
    models.script = fixed(judgement("correct"))
    models.hold()
    judging = asyncio.create_task(judge(ROW * 12, concurrency=3))
    await asyncio.to_thread(models.wait_until_asked, 3)
    models.release()
    assert len(await judging) == 12
    assert models.most_at_once == 3


async def test_answers_are_used_again_for_the_same_version(
    models: ScriptedModels, judge: Judge, tmp_path: Path
) -> None:
    models.script = in_turn(judgement("perhaps"), judgement("correct"))
    cache = tmp_path / "cache.db"
    await judge(cache=cache)
    assert len(models.asked) == 2
    [outcome] = await judge(cache=cache)  # only the malformed first answer was not kept
    assert outcome.label == "correct"
    assert len(models.asked) == 3
    await judge(cache=cache)
    assert len(models.asked) == 3
    await judge(cache=cache, scope="v2")
    assert len(models.asked) == 4
    await judge(cache=cache, fresh=True)
    assert len(models.asked) == 5


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": "a/b"}, "/name"),
        ({"template": " "}, "/template"),
        ({"template": "{{#each}}"}, "/template"),
        ({"classification_choices": {"Yes": 1, "yes ": 0}}, "/classification_choices"),
        ({"classification_choices": {"": 1}}, "/classification_choices"),
        ({"llm_config": {"model_name": ""}}, "/llm_config/model_name"),
    ],
)
def test_configurations_that_can_not_work_are_found_out(
    changes: dict[str, JsonValue], pointer: str
) -> None:
    assert check_template_config(config()) == []
    [wrong] = check_template_config(config(**changes))
    assert wrong.pointer == pointer


def test_the_variables_of_any_evaluator_are_known() -> None:
    assert Variables.of(config()).names == ("question", "output")
    assert Variables.of({"variables": ["a"]}).names == ("a",)
    assert Variables.of({"template": ""}).names == ()
