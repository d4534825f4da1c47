"""The playground: single answers, at once, by a server without workers, and nothing kept."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
import urllib3

from evalwright_server.config import AnalysisSettings, Settings
from evalwright_server.services.errors import QuotaExceeded
from evalwright_server.services.failure_trials import TrialLimits, count_trial
from evalwright_server.store.database import Database
from fixtures_server import RunningServer
from server.client import Api, Reply
from server.failure_analyses import FAMILY, Json, problem

PATH = f"{FAMILY}/playground"
TRIAL: Json = {
    "input": "When was the bridge built?",
    "output": "It was built in 1967. My card is 4111 1111 1111 1111.",
    "context": "The bridge was built in 1937.",
}
SECONDS = 120
"""The first trial loads what tells closeness of meaning, on a machine that may be busy."""


@pytest.fixture
def limited(start_server: Callable[..., RunningServer]) -> Iterator[Callable[[TrialLimits], Api]]:
    """A function that returns a client of a server without workers, with limits."""
    clients: list[Api] = []

    def start(limits: TrialLimits) -> Api:
        analyses = replace(AnalysisSettings(), trials=limits)
        clients.append(Api(start_server(workers=0, analyses=analyses).url))
        return clients[-1]

    yield start
    for client in clients:
        client.pool.clear()


def try_it(api: Api, body: object = TRIAL) -> Reply:
    """Send a trial, with more patience than other requests need."""
    with urllib3.PoolManager() as pool:
        headers = {"Content-Type": "application/json"}
        content = orjson.dumps(body)
        reply = pool.request("POST", api.url + PATH, body=content, headers=headers, timeout=SECONDS)
    return Reply(reply.status, reply.headers, reply.data)


def test_an_answer_is_analysed_at_once_and_not_kept(
    limited: Callable[[TrialLimits], Api],
) -> None:
    api = limited(TrialLimits(per_day=2))
    reply = try_it(api)
    assert reply.status == 200, reply.content
    found = reply.body
    failures = {tag["subcategory_id"]: tag for tag in found["failure_tags"]}
    assert failures["wrong_number"]["decision"] == "fail"
    assert failures["wrong_number"]["tag_id"] == f"{found['run_id']}:0:wrong_number"
    assert failures["personal_data"]["decision"] == "fail"
    assert found["security_flags"] == {"S10": 1}
    assert {tag["decision"] for tag in found["checks_passed"]} == {"pass"}
    assert found["summary"]["total_items"] == 1
    assert (found["playground_runs_today"], found["playground_limit_per_day"]) == (1, 2)
    assert api.get(f"{FAMILY}/runs/count").body == {"count": 0}
    assert api.get(f"{FAMILY}/runs/{found['run_id']}").status == 404
    assert try_it(api).body["playground_runs_today"] == 2
    refused = problem(try_it(api), 429)
    assert (refused["error"], refused["service"]) == ("quota_exceeded", "playground")
    assert (refused["current_usage"], refused["quota_limit"]) == (2, 2)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("input", "a" * 2001),
        ("output", "a" * 5001),
        ("context", "a" * 5001),
        ("context", ["a" * 3000] * 2),
        ("tool_calls", [{"name": "a"}] * 6),
        ("input", None),
    ],
)
def test_too_much_is_refused_and_not_counted(idle: Api, member: str, value: object) -> None:
    (error,) = problem(try_it(idle, {**TRIAL, member: value}))["errors"]
    assert error["pointer"].startswith(f"/{member}")


async def test_trials_are_counted_by_day_and_minute(db: Database) -> None:
    """Other days' counters go, and other keys' stay."""
    limits = TrialLimits(per_day=3, per_minute=2)

    async def at(hour: int, minute: int, day: int = 25, key: str = "mine") -> int:
        now = datetime(2026, 11, day, hour, minute, 30, tzinfo=UTC)
        return await db.write(lambda conn: count_trial(conn, key, now, limits))

    assert [await at(10, 0), await at(10, 0)] == [1, 2]
    with pytest.raises(QuotaExceeded) as caught:
        await at(10, 0)
    assert caught.value.retry_after == 30
    assert caught.value.figures == {}
    assert await at(10, 0, key="yours") == 1
    assert await at(10, 1) == 3
    with pytest.raises(QuotaExceeded) as caught:
        await at(23, 59)
    assert caught.value.retry_after == 30
    assert await at(0, 0, day=26) == 1


def test_strangers_get_few_trials_unless_the_operator_says_otherwise(
    running_server: RunningServer,
) -> None:
    settings: Settings = running_server.settings
    assert settings.trial_limits == TrialLimits()
    public = replace(settings, host="0.0.0.0", api_keys=("key",))
    assert public.trial_limits == TrialLimits(10, 2)
    read = AnalysisSettings.read({"EVALWRIGHT_PLAYGROUND_PER_DAY": "5"})
    assert replace(public, analyses=read).trial_limits == TrialLimits(5, 0)
