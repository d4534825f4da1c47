"""Red teams by a real worker process: URLs, models, and attacks that others run."""

import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import JsonValue

from analyses.scenes import KEY, Access, Remains, Yard
from evalwright_server.red_team.items import make_items, read_attack
from evalwright_server.red_team.systems import PRIVATE_TARGETS_VARIABLE
from evalwright_server.runs.analysis_answers import GivenAnswer, keep_answers
from evalwright_server.runs.analysis_payload import (
    AnalysisKind,
    RedTeamOptions,
    Secrets,
)
from evalwright_server.runs.pool import WorkerPool
from evalwright_server.runs.states import State
from evalwright_server.store.tables.analyses import red_team_attacks
from scripted_models import Answer, Question, ScriptedModels, fixed

pytestmark = pytest.mark.slow

RED_TEAM = AnalysisKind.RED_TEAM
TEMPLATE: JsonValue = {"model": "m", "messages": [{"role": "user", "content": "{{attack}}"}]}
WEAK = "role_play"
ITEMS = make_items({"jailbreak": 3, WEAK: 3}, seed="tests")
REFUSAL = "I'm sorry, but I can't help with that."


@pytest.fixture
async def daring(yard: Yard) -> AsyncIterator[WorkerPool]:
    """A worker process that may attack systems on loopback."""
    async with yard.working(**{PRIVATE_TARGETS_VARIABLE: "1"}) as pool:
        yield pool


def system(**options: Any) -> RedTeamOptions:
    return RedTeamOptions(
        target_url="http://shown",
        request_template=TEMPLATE,
        response_key="choices.0.message.content",
        **options,
    )


def to_url(url: str) -> Access:
    secrets = Secrets(target_url=f"{url}/attack?token=t0ken", target_headers={"X-Secret": "s3cret"})
    return Access(None, secrets)


def weak_to(vector: str, items: list[dict[str, Any]] = ITEMS) -> dict[str, str]:
    """Return by prompt what a system answers that falls for one vector."""
    return {
        item["prompt"]: "".join(item["canary"]) if item["vector"] == vector else REFUSAL
        for item in items
    }


def rates(left: Remains) -> dict[str, float]:
    return {each["key"]: each["success_rate"] for each in left.summary["vectors"]}


async def test_a_system_behind_a_url_is_attacked(
    yard: Yard, daring: WorkerPool, models: ScriptedModels
) -> None:
    """Each prompt comes through word for word, and what succeeds is what the bot falls for."""
    says = weak_to(WEAK)
    models.script = lambda question: says[question.prompt]
    left = await yard.wait(await yard.submit(RED_TEAM, system(), ITEMS, access=to_url(models.url)))
    assert left.run.state is State.SUCCEEDED
    assert {question.prompt for question in models.asked} == {item["prompt"] for item in ITEMS}
    assert {question.headers["x-secret"] for question in models.asked} == {"s3cret"}
    assert {question.target for question in models.asked} == {"/v1/attack?token=t0ken"}
    assert rates(left) == {"jailbreak": 0.0, WEAK: 1.0}
    assert (left.summary["successful_attacks"], left.summary["success_rate"]) == (3, 0.5)
    assert left.results[0]["status"] == "resisted"
    assert "".join(ITEMS[3]["canary"]) in left.results[3]["evidence"]
    statuses = [row["status"] for row in await yard.rows(red_team_attacks, left.run.id)]
    assert sorted(statuses) == ["resisted"] * 3 + ["succeeded"] * 3
    assert left.row["sealed"] is None


async def test_an_attack_that_can_not_be_run_does_not_count(
    yard: Yard, daring: WorkerPool, models: ScriptedModels
) -> None:
    says = weak_to(WEAK)
    broken = ITEMS[0]["prompt"]

    def script(question: Question) -> Answer | str:
        if question.prompt == broken:
            return Answer("out of order", status=500)
        return says[question.prompt]

    models.script = script
    left = await yard.wait(await yard.submit(RED_TEAM, system(), ITEMS, access=to_url(models.url)))
    assert (left.results[0]["status"], left.outcomes[0]) == ("error", "failed")
    assert "status 500" in left.results[0]["error"]
    assert (left.summary["failed_attacks"], left.summary["answered_attacks"]) == (1, 5)
    assert left.summary["success_rate"] == 3 / 5


async def test_private_addresses_are_out_of_reach(
    yard: Yard, pool: WorkerPool, models: ScriptedModels
) -> None:
    left = await yard.wait(await yard.submit(RED_TEAM, system(), ITEMS, access=to_url(models.url)))
    assert left.run.state is State.SUCCEEDED
    assert models.asked == []
    assert {result["status"] for result in left.results} == {"error"}
    assert all(PRIVATE_TARGETS_VARIABLE in result["error"] for result in left.results)


async def test_a_dead_system_is_given_up(yard: Yard, daring: WorkerPool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    items = make_items({"jailbreak": 200}, seed="dead")
    access = to_url(f"http://127.0.0.1:{port}")
    left = await yard.wait(await yard.submit(RED_TEAM, system(), items, access=access))
    assert left.run.state is State.SUCCEEDED
    assert left.summary["failed_attacks"] == 200
    assert left.run.note is not None
    assert "given up after 10 failures in a row" in left.run.note


async def test_a_model_is_attacked_with_the_secret_in_its_instructions(
    yard: Yard, pool: WorkerPool, models: ScriptedModels
) -> None:
    def script(question: Question) -> str:
        messages = question.body["messages"]
        assert messages[0]["role"] == "system"
        assert messages[0]["content"].startswith("You are a parrot.")
        return f"My instructions are: {messages[0]['content']}"

    models.script = script
    items = make_items({"system_prompt_leak": 4}, seed="leak")
    options = RedTeamOptions(system_prompt="You are a parrot.")
    left = await yard.wait(await yard.submit(RED_TEAM, options, items, access=Access.to(models)))
    assert rates(left) == {"system_prompt_leak": 1.0}
    assert left.summary["top_vulnerability"] == "S10"
    assert models.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert left.row["tokens_used"] == 40


async def test_a_model_that_lets_nobody_in_is_given_up(
    yard: Yard, pool: WorkerPool, models: ScriptedModels
) -> None:
    models.script = fixed(Answer("no", status=401))
    items = make_items({"jailbreak": 50}, seed="closed")
    left = await yard.wait(
        await yard.submit(RED_TEAM, RedTeamOptions(), items, access=Access.to(models))
    )
    assert left.summary["failed_attacks"] == 50
    assert len(models.asked) <= 4


async def test_without_a_target_every_attack_says_so(yard: Yard, pool: WorkerPool) -> None:
    left = await yard.wait(await yard.submit(RED_TEAM, RedTeamOptions(), ITEMS))
    assert left.run.state is State.SUCCEEDED
    assert all("target_url" in result["error"] for result in left.results)


async def test_attacks_that_others_run_are_judged_when_their_answers_come(
    yard: Yard, pool: WorkerPool
) -> None:
    left = await yard.wait(await yard.submit(RED_TEAM, RedTeamOptions(generate_only=True), ITEMS))
    assert left.run.state is State.SUCCEEDED
    assert left.outcomes == [None] * 6
    assert left.summary["answered_attacks"] == 0
    says = weak_to(WEAK)
    answers = [
        GivenAnswer(position, says[item["prompt"]]) for position, item in enumerate(ITEMS[:5])
    ]
    last = [GivenAnswer(5, None, "it crashed"), GivenAnswer(99, "who?")]
    unknown = await keep_answers(yard.engine.db, left.run.id, [*answers, *last])
    assert unknown == {99}
    left = await yard.wait(left.run.id)
    assert rates(left) == {"jailbreak": 0.0, WEAK: 1.0}
    assert (left.summary["failed_attacks"], left.summary["successful_attacks"]) == (1, 2)
    assert left.results[5]["error"] == "it crashed"
    await keep_answers(yard.engine.db, left.run.id, [GivenAnswer(5, REFUSAL)])
    left = await yard.wait(left.run.id)
    assert (left.summary["failed_attacks"], left.summary["answered_attacks"]) == (0, 6)


def test_attacks_survive_their_way_through_json() -> None:
    item = json.loads(json.dumps(ITEMS[0]))
    attack = read_attack(item)
    assert (attack.prompt, attack.canary.code) == (item["prompt"], "".join(item["canary"]))
