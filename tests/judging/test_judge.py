"""Asking a scripted provider for answers with a form, over real HTTP."""

import asyncio
import json
from typing import Any

import pytest

from evalwright_server.judging import Judge, NoAnswer
from evalwright_server.judging.forms import Form
from evalwright_server.models import IntegrationUnusable
from judging.conftest import Judging
from scripted_models import Answer, Question, ScriptedModels, fixed, in_turn


class Verdict(Form):
    is_good: bool


GOOD = '{"is_good": true}'
TOKENS = 10
"""What each answer of the scripted provider takes."""


async def trouble(judge: Judge) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught:
        await judge.ask("Is it?", Verdict)
    return caught.value


async def test_the_form_is_asked_for_as_strictly_as_can_be(
    judging: Judging, models: ScriptedModels
) -> None:
    models.script = fixed(GOOD)
    async with judging() as judge:
        answer = await judge.ask("Is it?", Verdict)
    assert (answer.value, answer.tokens) == (Verdict(is_good=True), TOKENS)
    [asked] = models.asked
    wanted = asked.body["response_format"]["json_schema"]
    assert wanted["strict"] is True
    assert wanted["schema"]["required"] == ["is_good"]
    assert asked.body["temperature"] == 0
    assert "seed" in asked.body


async def test_a_misfit_is_shown_to_the_model_once(
    judging: Judging, models: ScriptedModels
) -> None:
    models.script = in_turn('{"is_good": "perhaps"}', GOOD)
    async with judging() as judge:
        answer = await judge.ask("Is it?", Verdict)
    assert answer.value.is_good
    assert answer.tokens == 2 * TOKENS
    repair = models.asked[1].body["messages"]
    assert [message["role"] for message in repair] == ["system", "user", "assistant", "user"]
    assert repair[2]["content"] == '{"is_good": "perhaps"}'
    assert "is_good: Input should be a valid boolean" in repair[3]["content"]


async def test_two_misfits_are_no_answer_and_still_cost(
    judging: Judging, models: ScriptedModels
) -> None:
    models.script = fixed("Well, it depends.")
    async with judging() as judge:
        error = await trouble(judge)
    assert "twice" in str(error)
    assert error.tokens == 2 * TOKENS
    assert len(models.asked) == 2


async def test_an_answer_cut_off_in_the_middle_is_repaired(
    judging: Judging, models: ScriptedModels
) -> None:
    models.script = in_turn(Answer('{"is_good": tr', finish_reason="length"), GOOD)
    async with judging() as judge:
        assert (await judge.ask("Is it?", Verdict)).value.is_good


async def test_a_refusal_is_not_argued_with(judging: Judging, models: ScriptedModels) -> None:
    models.script = fixed(Answer(refusal="I'd rather not."))
    async with judging() as judge:
        error = await trouble(judge)
    assert "the judge refused: I'd rather not." in str(error)
    assert error.tokens == TOKENS
    assert len(models.asked) == 1


def knows(*formats: str | None) -> Any:
    """Return a script of a provider that knows only these formats."""

    def script(question: Question) -> Answer | str:
        asked = question.body.get("response_format", {}).get("type")
        if asked not in formats:
            return Answer(f"'{asked}' is no response_format here", status=400)
        return GOOD

    return script


@pytest.mark.parametrize(
    ("formats", "requests"),
    [(("json_schema",), 1), (("json_object",), 2), ((None,), 3)],
)
async def test_what_a_provider_does_not_know_is_tried_once(
    judging: Judging, models: ScriptedModels, formats: tuple[str | None, ...], requests: int
) -> None:
    models.script = knows(*formats)
    async with judging() as judge:
        await judge.ask("Is it?", Verdict)
        assert len(models.asked) == requests
        await judge.ask("And that?", Verdict)
    assert len(models.asked) == requests + 1
    assert "schema" in models.asked[-1].prompt, "the form is always told in words, too"


async def test_questions_at_the_same_time_learn_together(
    judging: Judging, models: ScriptedModels
) -> None:
    models.script = knows(None)
    async with judging(concurrency=4) as judge:
        answers = await asyncio.gather(*(judge.ask(f"Is it {n}?", Verdict) for n in range(4)))
    assert all(answer.value.is_good for answer in answers)
    assert len(models.asked) <= 3 * 4


async def test_models_that_reason_are_asked_without_a_temperature(
    judging: Judging, models: ScriptedModels
) -> None:
    def script(question: Question) -> Answer | str:
        for name in ("temperature", "seed"):
            if name in question.body:
                return Answer(f"Unsupported parameter: '{name}'", status=400)
        return GOOD

    models.script = script
    async with judging() as judge:
        assert (await judge.ask("Is it?", Verdict)).value.is_good
        await judge.ask("And that?", Verdict)
    assert len(models.asked) == 4
    assert "response_format" in models.asked[-1].body


async def test_another_refusal_of_the_request_is_no_answer(
    judging: Judging, models: ScriptedModels
) -> None:
    models.script = fixed(Answer("the question is too long", status=400))
    async with judging() as judge:
        assert "too long" in str(await trouble(judge))
    assert len(models.asked) == 1


async def test_a_wrong_key_ends_all_questions(judging: Judging, models: ScriptedModels) -> None:
    models.script = fixed(Answer("wrong key", status=401))
    async with judging() as judge:
        with pytest.raises(IntegrationUnusable):
            await judge.ask("Is it?", Verdict)


async def test_a_dead_endpoint_is_no_answer(judging: Judging) -> None:
    async with judging(base_url="http://127.0.0.1:1/v1") as judge:
        assert "can't be reached" in str(await trouble(judge))


async def test_a_provider_that_counts_no_tokens_costs_none(
    judging: Judging, models: ScriptedModels
) -> None:
    models.script = fixed(Answer(GOOD, usage=None))
    async with judging() as judge:
        assert (await judge.ask("Is it?", Verdict)).tokens == 0


async def test_what_was_answered_is_remembered_and_free(
    judging: Judging, models: ScriptedModels
) -> None:
    models.script = fixed(GOOD)
    for scope, fresh, tokens in (
        ("a", False, TOKENS),
        ("a", False, 0),
        ("b", False, TOKENS),
        ("a", True, TOKENS),
    ):
        async with judging(cache=True, scope=scope, is_fresh=fresh) as judge:
            assert (await judge.ask("Is it?", Verdict)).tokens == tokens
    assert len(models.asked) == 3


async def test_misfits_are_not_remembered(judging: Judging, models: ScriptedModels) -> None:
    models.script = in_turn("no", "no", GOOD)
    async with judging(cache=True) as judge:
        await trouble(judge)
        assert (await judge.ask("Is it?", Verdict)).value.is_good


async def test_the_schema_can_be_sent(judging: Judging, models: ScriptedModels) -> None:
    """Pydantic's schemas hold nothing that JSON does not know."""
    models.script = fixed(GOOD)
    async with judging() as judge:
        await judge.ask("Is it?", Verdict)
    json.dumps(models.asked[0].body)
