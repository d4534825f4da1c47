"""Asking a scripted provider over real HTTP."""

import asyncio
import itertools
import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from evalwright_server.models import (
    ChatRequest,
    Integration,
    IntegrationUnusable,
    ModelClient,
    ModelError,
    Models,
    ModelUnavailable,
    RequestRefused,
    Usage,
)
from evalwright_server.models.cache import ReplyCache
from evalwright_server.models.client import FAILURES_IN_A_ROW, Surroundings
from evalwright_server.models.retry import RetryPolicy
from models.conftest import KEY, Clock
from scripted_models import Answer, ScriptedModels, echo, fixed, in_turn, limited

Integrate = Callable[..., Integration]
REQUEST = ChatRequest("small", [{"role": "user", "content": "Hello"}])


@asynccontextmanager
async def client_of(
    integration: Integration, clock: Clock, cache: ReplyCache | None = None, attempts: int = 3
) -> Any:
    world = Surroundings(
        clock=clock,
        sleep=clock.sleep,
        random=lambda: 1.0,
        policy=RetryPolicy(attempts=attempts),
        cache=cache,
    )
    models = Models(world)
    try:
        yield models.client(integration)
    finally:
        await models.close()


async def refusal(client: ModelClient, request: ChatRequest = REQUEST) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await client.chat(request)
    return caught.value


async def test_a_question_and_its_answer(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    models.script = fixed(Answer("Hi", usage=(11, 2)))
    request = ChatRequest(
        "small", REQUEST.messages, {"temperature": 0.5}, {"top_k": 3, "region": "eu"}
    )
    async with client_of(integrate(headers={"x-team": "evals"}), clock) as client:
        reply = await client.chat(request)
    assert (reply.text, reply.usage, reply.finish_reason) == ("Hi", Usage(11, 2), "stop")
    [asked] = models.asked
    assert asked.body == {
        "model": "small",
        "messages": [{"role": "user", "content": "Hello"}],
        "temperature": 0.5,
        "top_k": 3,
    }
    assert asked.target == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["x-team"] == "evals"


async def test_nothing_of_the_environment_is_sent(
    models: ScriptedModels, integrate: Integrate, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would take keys meant for somebody else from there."""
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "not-for-you")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1")
    async with client_of(integrate(api_key=None), clock) as client:
        await client.chat(REQUEST)
    assert "not-for-you" not in models.asked[0].headers.values()
    assert "authorization" not in models.asked[0].headers


async def test_a_proxy_gets_headers_and_no_key(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    integration = integrate(auth_type="proxy_with_headers", headers={"Authorization": "Basic x"})
    async with client_of(integration, clock) as client:
        await client.chat(REQUEST)
    assert models.asked[0].headers["authorization"] == "Basic x"


async def test_azure_names_the_deployment_and_has_its_own_header(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    place = models.url.removesuffix("/v1")
    azure: JsonValue = {"azure_deployment_name": "mine", "azure_openai_version": "2030-01-01"}
    request = ChatRequest("small", REQUEST.messages, {}, {"azure_params": azure})
    async with client_of(integrate(provider="azureOpenAI", base_url=place), clock) as client:
        await client.chat(request)
        await client.chat(REQUEST)
    first, second = models.asked
    path = "/openai/deployments/mine/chat/completions?api-version=2030-01-01"
    assert first.target == path
    assert second.target.startswith("/openai/deployments/small/")
    assert first.headers["api-key"] == KEY
    assert "authorization" not in first.headers


async def test_anthropic_headers_are_sent(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    request = ChatRequest(
        "small",
        REQUEST.messages,
        {},
        {"anthropic_version": "2023-06-01", "anthropic_headers": {"anthropic_beta": ["a", "b"]}},
    )
    async with client_of(integrate(provider="anthropic"), clock) as client:
        await client.chat(request)
    [asked] = models.asked
    assert asked.headers["anthropic-version"] == "2023-06-01"
    assert asked.headers["anthropic-beta"] == "a,b"
    assert set(asked.body) == {"model", "messages"}


async def test_it_is_asked_again_as_the_provider_wishes(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    models.script = in_turn(limited("4"), Answer("busy", status=503), "Hi")
    async with client_of(integrate(), clock) as client:
        reply = await client.chat(REQUEST)
    assert reply.text == "Hi"
    assert len(models.asked) == 3
    assert clock.slept == [4.5, 1.0]


async def test_attempts_end_and_say_so(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    models.script = fixed(Answer("overloaded", status=500))
    async with client_of(integrate(), clock) as client:
        error = await refusal(client)
    assert isinstance(error, ModelUnavailable)
    assert str(error) == "model 'small' of 'scripted': overloaded (500) after 3 attempts"


async def test_nobody_there_is_said_with_the_address(integrate: Integrate, clock: Clock) -> None:
    async with client_of(integrate(base_url="http://127.0.0.1:1/v1"), clock) as client:
        error = await refusal(client)
    assert isinstance(error, ModelUnavailable)
    assert "http://127.0.0.1:1/v1 can't be reached" in str(error)


async def test_a_provider_that_takes_too_long(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    models.hold()
    async with client_of(integrate(timeout=0.05), clock) as client:
        error = await refusal(client)
    assert "no answer" in str(error)
    assert "within 0.05 s after 2 attempts" in str(error)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_wrong_key_or_model_is_not_tried_again(
    models: ScriptedModels, integrate: Integrate, clock: Clock, status: int
) -> None:
    models.script = fixed(Answer("Incorrect API key provided", status=status))
    async with client_of(integrate(), clock) as client:
        error = await refusal(client)
    assert isinstance(error, IntegrationUnusable)
    assert f"Incorrect API key provided ({status})" in str(error)
    assert len(models.asked) == 1


async def test_an_exhausted_quota_ends_it(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    models.script = fixed(Answer("pay first", status=429, code="insufficient_quota"))
    async with client_of(integrate(), clock) as client:
        assert isinstance(await refusal(client), IntegrationUnusable)
    assert clock.slept == []


async def test_one_refused_question_is_no_verdict_on_others(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    models.script = in_turn("Hi", Answer("too long", status=400), Answer("no", status=403), "Hi")
    async with client_of(integrate(), clock) as client:
        await client.chat(REQUEST)
        assert isinstance(await refusal(client), RequestRefused)
        assert isinstance(await refusal(client), RequestRefused)
        assert (await client.chat(REQUEST)).text == "Hi"


async def test_a_provider_that_only_fails_is_not_asked_for_ever(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    models.script = fixed(Answer("no such parameter", status=400))
    async with client_of(integrate(), clock) as client:
        errors = [await refusal(client) for _ in range(FAILURES_IN_A_ROW)]
    assert [type(error) for error in errors[:-1]] == [RequestRefused] * (FAILURES_IN_A_ROW - 1)
    assert isinstance(errors[-1], IntegrationUnusable)
    assert "given up after 10 failures in a row" in str(errors[-1])


@pytest.mark.parametrize("raw", [b"<html>upkeep</html>", b"{}", b'{"choices": []}', b""])
async def test_what_is_no_completion_is_shown(
    models: ScriptedModels, integrate: Integrate, clock: Clock, raw: bytes
) -> None:
    models.script = fixed(Answer(raw=raw))
    async with client_of(integrate(), clock) as client:
        error = await refusal(client)
    assert "is no chat completion" in str(error)
    assert (raw.decode() or "nothing") in str(error)


async def test_redirects_are_not_followed(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    """They could carry the key to another host."""
    models.script = fixed(Answer(raw=b"", status=307, headers={"Location": f"{models.url}/other"}))
    async with client_of(integrate(), clock) as client:
        await refusal(client)
    assert len({asked.target for asked in models.asked}) == 1


async def test_secrets_are_taken_out_of_what_providers_say(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    models.script = fixed(Answer(f"key {KEY} with header-secret is wrong", status=400))
    integration = integrate(headers={"x-token": "header-secret"})
    assert KEY not in repr(integration)
    assert "header-secret" not in repr(integration)
    async with client_of(integration, clock) as client:
        error = await refusal(client)
    assert "key *** with *** is wrong" in str(error)


async def test_half_a_secret_does_not_stay_where_a_text_is_cut(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    """Only whole ones are recognised, so they have to be taken out first."""
    models.script = fixed(Answer(f"{'x' * 490}{KEY}", status=400))
    async with client_of(integrate(), clock) as client:
        error = await refusal(client)
    assert KEY[:5] not in str(error)
    assert "x***" in str(error)


async def test_a_key_that_can_not_be_sent_is_not_shown_either(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    integration = integrate(api_key="sk-secret\nx: y")
    with pytest.raises(IntegrationUnusable, match="its API key holds") as caught:
        async with client_of(integration, clock):
            pass
    assert "sk-secret" not in str(caught.value)
    assert integration.scrub(f"at {integration.api_key!r}") == "at '***'"


def test_the_parts_of_a_service_account_are_secret_too(integrate: Integrate) -> None:
    account = json.dumps({"type": "service_account", "private_key": "-----BEGIN " + "x" * 40})
    integration = integrate(provider="vertexAI", api_key=account)
    said = integration.scrub(f"service_account with {'-----BEGIN ' + 'x' * 40!r} is unknown")
    assert said == "service_account with '***' is unknown"


async def test_integrations_keep_to_their_concurrency(
    models: ScriptedModels, integrate: Integrate, clock: Clock
) -> None:
    models.hold()
    async with client_of(integrate(concurrency=3), clock) as client:
        asking = [asyncio.create_task(client.chat(REQUEST)) for _ in range(9)]
        await asyncio.to_thread(models.wait_until_asked, 3)
        models.release()
        await asyncio.gather(*asking)
    assert (models.most_at_once, len(models.asked)) == (3, 9)


async def test_clients_of_one_integration_share_its_limits(
    integrate: Integrate, clock: Clock
) -> None:
    async with Models.open() as models:
        first = models.client(integrate())
        assert models.client(integrate()) is first
        renewed = models.client(integrate(api_key="sk-new"))
        assert renewed is not first
        assert renewed._gate is first._gate


async def test_the_same_question_costs_once(
    models: ScriptedModels, integrate: Integrate, clock: Clock, tmp_path: Path
) -> None:
    numbers = itertools.count()
    models.script = lambda _question: f"answer {next(numbers)}"
    cache = ReplyCache(tmp_path / "cache" / "replies.db")
    other = ChatRequest("small", REQUEST.messages, {"temperature": 1})
    async with client_of(integrate(), clock, cache) as client:
        first = await client.chat(REQUEST, scope="v1")
        again = await client.chat(REQUEST, scope="v1")
        assert (again.text, again.usage, again.is_cached) == (first.text, first.usage, True)
        texts = [
            (await client.chat(request, scope=scope, is_fresh=fresh)).text
            for request, scope, fresh in [
                (REQUEST, "v2", False),  # another evaluator's answers aren't this one's
                (other, "v1", False),
                (REQUEST, "v1", True),
                (REQUEST, "v1", False),
            ]
        ]
    assert texts == ["answer 1", "answer 2", "answer 3", "answer 3"]
    cache.close()
    # What was asked and by whom can't be read from the file's keys, and it is the owner's alone.
    assert (tmp_path / "cache" / "replies.db").stat().st_mode & 0o077 == 0
    reopened = ReplyCache(tmp_path / "cache" / "replies.db")
    async with client_of(integrate(), clock, reopened) as client:
        assert (await client.chat(REQUEST, scope="v2")).is_cached
    reopened.close()


async def test_useless_answers_are_not_kept(
    models: ScriptedModels, integrate: Integrate, clock: Clock, tmp_path: Path
) -> None:
    cache = ReplyCache(tmp_path / "replies.db")
    async with client_of(integrate(), clock, cache) as client:
        for _ in range(2):
            reply = await client.chat(REQUEST, is_usable=lambda reply: reply.text == "Bye")
            assert not reply.is_cached
    cache.close()


async def test_a_broken_cache_is_no_obstacle(
    models: ScriptedModels, integrate: Integrate, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "replies.db").write_bytes(b"this is no database, and long enough to be sure" * 99)
    cache = ReplyCache(tmp_path / "replies.db")
    models.script = echo
    async with client_of(integrate(), clock, cache) as client:
        assert (await client.chat(REQUEST)).text == "Hello"
    cache.close()


async def test_bedrock_without_litellm_names_the_extra(integrate: Integrate) -> None:
    async with Models.open() as models:
        with pytest.raises(IntegrationUnusable, match=r"evalwright\[litellm\]"):
            models.client(integrate(provider="awsBedrock"))


async def test_a_custom_provider_needs_an_address(integrate: Integrate, clock: Clock) -> None:
    async with client_of(integrate(base_url=None), clock) as client:
        with pytest.raises(IntegrationUnusable, match="set base_url"):
            await client.chat(REQUEST)


async def test_a_client_can_be_forgotten_with_its_key(
    models: ScriptedModels, integrate: Integrate
) -> None:
    """As one that came with a request, when what it was for has ended."""
    async with Models.open() as opened:
        first = opened.client(integrate(id=-1))
        await first.chat(REQUEST)
        assert opened.client(integrate(id=-1)) is first
        await opened.forget(-1)
        await opened.forget(-1)
        assert KEY not in repr(vars(opened))
        second = opened.client(integrate(id=-1))
        assert second is not first
        await second.chat(REQUEST)
    assert len(models.asked) == 2
