"""The pure parts, where a request would be a long way round."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evalwright_server.config import ConfigError, default_data_directory, read_number
from evalwright_server.services.errors import (
    Conflict,
    Findings,
    InvalidRequest,
    ResourceNotFound,
    UnprocessableRequest,
)
from evalwright_server.services.trigger_rules import default_start
from evalwright_server.store.secrets import SecretBox, SecretKeyError
from evalwright_server.web.canonical import fold, parse_time
from evalwright_server.web.routing import RouteTable
from evalwright_server.web.waiting import wait_preference


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-14 * 60, 14 * 60))
def test_every_way_to_write_a_moment_is_read(aware: datetime, minutes: int) -> None:
    assume(2 < aware.year < 9998)
    elsewhere = aware.astimezone(timezone(timedelta(minutes=minutes)))
    naive = aware.replace(tzinfo=None)
    for text in (
        naive.isoformat(),
        naive.isoformat(" "),
        aware.isoformat(),
        elsewhere.isoformat(),
        f"{naive.isoformat()}z",
    ):
        assert parse_time(text) == aware


@given(st.text())
def test_any_text_is_a_moment_or_none(text: str) -> None:
    parsed = parse_time(text)
    assert parsed is None or parsed.tzinfo is UTC


def test_spellings_compare_without_case_and_underscores() -> None:
    assert {fold(text) for text in ("openAI", "OPEN_AI", "open_ai")} == {"openai"}


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, None),
        ("", None),
        ("wait=5", 5),
        ("wait = 5", 5),
        ('wait="7"', 7),
        ("WAIT=5", 5),
        ("respond-async, wait=5", 5),
        ("wait=5; strict", 5),
        ("wait=600", 60),
        ("wait=-1", None),
        ("wait=1.5", None),
        ("await=5", None),
        ("handling=wait", None),
        ("wait=99999999999999999999", None),
    ],
)
def test_the_preference_to_wait(prefer: str | None, seconds: int | None) -> None:
    assert wait_preference(prefer) == seconds


def test_the_gravest_finding_decides_and_none_is_lost() -> None:
    findings = Findings()
    findings.raise_if_any()
    findings.add("/a", "taken", error=Conflict)
    findings.add("/b", "unknown", error=ResourceNotFound)
    with pytest.raises(ResourceNotFound):
        findings.raise_if_any()
    findings.add("/c", "does not fit", error=UnprocessableRequest)
    with findings.collecting():
        other = Findings()
        other.add("/d", "malformed")
        other.raise_if_any()
    with pytest.raises(InvalidRequest) as caught:
        findings.raise_if_any()
    assert [error.pointer for error in caught.value.errors] == ["/a", "/b", "/c", "/d"]


def test_a_long_pause_between_runs_does_not_make_the_window_too_long() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert default_start(None, now) == now - timedelta(days=7)
    assert default_start(now - timedelta(days=3), now) == now - timedelta(days=3)
    assert default_start(now - timedelta(days=300), now) == now - timedelta(days=30)
    assert default_start(now, now - timedelta(days=1)) == now - timedelta(days=8)


def test_secrets_are_opened_by_any_key_and_sealed_by_the_first(tmp_path: Path) -> None:
    old = SecretBox.from_directory(tmp_path)
    sealed = old.seal("tell nobody")
    assert b"tell" not in sealed
    key = (tmp_path / "secret.key").read_text()
    assert SecretBox.from_directory(tmp_path).open(sealed) == "tell nobody"
    SecretBox.from_directory(tmp_path / "other")
    new_key = (tmp_path / "other" / "secret.key").read_text()
    assert SecretBox([new_key, key]).open(sealed) == "tell nobody"
    with pytest.raises(SecretKeyError, match="restore"):
        SecretBox([new_key]).open(sealed)
    with pytest.raises(SecretKeyError, match="32 bytes"):
        SecretBox(["short"])


def test_data_goes_where_the_desktop_keeps_it() -> None:
    assert default_data_directory({"XDG_DATA_HOME": "/data"}) == Path("/data/evalwright")
    assert default_data_directory({}) == Path.home() / ".local/share/evalwright"


def test_numbers_from_the_environment() -> None:
    assert read_number({}, "X", 5) == 5
    assert read_number({"X": ""}, "X", 5) == 5
    assert read_number({"X": "0"}, "X", 5) == 0
    for text in ("x", "-1", "nan"):
        with pytest.raises(ConfigError, match="X is"):
            read_number({"X": text}, "X", 5)


def test_paths_are_split_before_they_are_decoded() -> None:
    routes: RouteTable[str] = RouteTable()
    routes.add("GET", "/things/{thing}/parts", "parts")
    routes.add("GET", "/things/{thing}", "thing")
    routes.add("GET", "/things/special", "special")
    assert routes.find("GET", b"/things/a%2Fparts") == ("thing", {"thing": "a/parts"})
    assert routes.find("GET", b"/things/a%2Fb/parts") == ("parts", {"thing": "a/b"})
    assert routes.find("GET", b"/things/special") == ("special", {})
    for path in (b"/things/", b"/things//parts", b"", b"*"):
        assert routes.find("GET", path) is None
        assert routes.refusal("GET", path).status == 404
    assert routes.find("POST", b"/things/x") is None
    assert routes.refusal("POST", b"/things/x").status == 405
