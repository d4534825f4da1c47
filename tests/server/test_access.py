"""Who may come in, and how often."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evalwright_server.config import ConfigError, Settings
from evalwright_server.web.problems import Problem
from evalwright_server.web.rate_limits import RateLimiter
from fixtures_server import RunningServer, server_settings, serving
from server.client import Api


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "127.1.2.3"]
)
def test_loopback_names_are_served(api: Api, host: str) -> None:
    assert api.get("/v2/spaces", Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:80", "localhost.evil.example", "[", ""],
)
def test_a_name_that_was_rebound_to_this_machine_is_refused(api: Api, host: str) -> None:
    refused = api.get("/v2/spaces", Host=host)
    assert refused.status == 403
    assert "--api-key" in refused.body["detail"]
    assert api.get("/openapi.json", Host=host).status == 403


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://localhost:3000", "https://127.0.0.1", "x", "http://["],
)
def test_pages_of_other_origins_are_refused(api: Api, origin: str) -> None:
    refused = api.send("POST", "/v2/spaces", {"name": "x"}, headers={"Origin": origin})
    assert refused.status == 403


def test_pages_of_the_server_itself_are_served(api: Api, running_server: RunningServer) -> None:
    assert api.get("/v2/spaces", Origin=running_server.url).status == 200


def test_credentials_nobody_asked_for_do_no_harm(api: Api) -> None:
    assert api.get("/v2/spaces", Authorization="Bearer whatever").status == 200
    assert api.get("/v2/spaces", **{"X-API-Key": "whatever"}).status == 200


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that two keys open."""
    data = tmp_path_factory.mktemp("locked")
    keys = ("first-key", "second-key")
    with serving(replace(server_settings(data), api_keys=keys, workers=0)) as server:
        yield server


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer first-key"},
        {"Authorization": "bearer   second-key"},
        {"X-API-Key": "second-key"},
        {"Authorization": "Basic eDp5", "X-API-Key": "first-key"},
        {"Authorization": "Bearer first-key", "Host": "evalwright.example"},
        {"Authorization": "Bearer first-key", "Origin": "https://ui.example"},
    ],
)
def test_a_key_opens(
    locked: RunningServer, connect: Callable[..., Api], headers: dict[str, str]
) -> None:
    assert connect(locked).get("/v2/spaces", **headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer other"},
        {"Authorization": "Basic Zmlyc3Qta2V5"},
        {"Authorization": "Bearer first-keyy"},
        {"X-API-Key": ""},
        {"X-API-Key": "FIRST-KEY"},
        {"X-API-Key": "\u00fc"},
    ],
)
def test_nothing_else_does(
    locked: RunningServer, connect: Callable[..., Api], headers: dict[str, str]
) -> None:
    refused = connect(locked).get("/v2/spaces", **headers)
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "Authorization: Bearer KEY" in refused.body["detail"]
    assert "first-key" not in refused.body["detail"]


def test_health_and_the_document_need_no_key(
    locked: RunningServer, connect: Callable[..., Api]
) -> None:
    api = connect(locked)
    assert api.get("/health").status == 200
    assert api.get("/openapi.json").body["openapi"].startswith("3.1")
    assert api.send("POST", "/health").status == 401
    assert api.get("/nowhere").status == 401


def test_other_machines_are_not_let_in_without_a_key() -> None:
    with pytest.raises(ConfigError, match=r"add --api-key.*--insecure-no-auth"):
        settings(host="0.0.0.0").check()
    settings(host="0.0.0.0", api_keys=("k",)).check()
    settings(host="::1").check()
    settings(host="0.0.0.0", is_open=True).check()
    with pytest.raises(ConfigError, match="empty"):
        settings(api_keys=(" ",)).check()


def settings(**changes: object) -> Settings:
    return replace(server_settings(Path("data")), **changes)  # type: ignore[arg-type]


def test_a_client_that_sends_too_much_is_told_when_to_come_back(
    start_server: Callable[..., RunningServer], connect: Callable[..., Api]
) -> None:
    api = connect(start_server(rate=0.001 / 2, workers=0), Connection="keep-alive")
    refused = api.get("/v2/spaces")
    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) > 60
    assert "EVALWRIGHT_RATE_LIMIT" in refused.body["detail"]
    assert api.get("/health").status == 200


def test_a_bucket_fills_at_its_rate_and_no_further_than_its_burst() -> None:
    now = 0.0
    limiter = RateLimiter(rate=2, burst=3, clock=lambda: now)

    def admitted(client: bytes) -> int:
        for count in range(99):
            try:
                limiter.admit(client)
            except Problem:
                return count
        return 99

    assert (admitted(b"a"), admitted(b"b")) == (3, 3)
    now = 1.0
    assert admitted(b"a") == 2
    now = 100.0
    assert admitted(b"a") == 3


def test_a_rate_of_zero_admits_everything() -> None:
    limiter = RateLimiter(rate=0, burst=0, clock=lambda: 0.0)
    for _ in range(10):
        limiter.admit(b"")
