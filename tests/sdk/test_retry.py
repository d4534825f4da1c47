"""When a request is sent again: no clock, no dice, no sleeping."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright._retry import TRANSIENT, Clock, RetryPlan, repeatable, retry_after


class Time:
    """Time that passes only when told to."""

    def __init__(self, draw: float = 0.5) -> None:
        self.now = 0.0
        self.draw = draw
        self.clock = Clock(lambda: self.now, lambda: 1_000_000 + self.now, lambda: self.draw)


def plan(time: Time, **settings: object) -> RetryPlan:
    defaults = {"timeout": 60.0, "max_retries": 2, "repeatable": True}
    return RetryPlan(clock=time.clock, **{**defaults, **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
def test_idempotent_methods_are_repeatable(method: str) -> None:
    assert repeatable(method, {})


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_writes_are_repeatable_only_with_a_key(method: str) -> None:
    assert not repeatable(method, {"Accept": "*/*"})
    assert repeatable(method, {"idempotency-key": "k"})


def test_what_is_not_repeatable_is_never_repeated() -> None:
    attempt = plan(Time(), repeatable=False)
    assert attempt.after_status(503, None) is None
    assert attempt.after_failure() is None


@given(st.integers(100, 599).filter(lambda status: status not in TRANSIENT))
def test_lasting_errors_are_not_repeated(status: int) -> None:
    assert plan(Time()).after_status(status, "1") is None


@given(draw=st.floats(0, 1, exclude_max=True), retries=st.integers(0, 200))
def test_jitter_is_full_and_bounded(draw: float, retries: int) -> None:
    """Anything from nothing to the ceiling, which doubles and stops at 8 s."""
    attempt = plan(Time(draw), max_retries=1000)
    attempt.retries = retries
    delay = attempt.after_failure()
    assert delay == draw * min(8.0, 0.5 * 2.0**retries)


def test_ends_after_max_retries() -> None:
    attempt = plan(Time())
    assert [attempt.after_failure() for _ in range(3)] == [0.25, 0.5, None]


@given(timeout=st.floats(0.001, 100), spent=st.floats(0, 200), draw=st.floats(0, 0.999))
def test_no_wait_outlives_the_deadline(timeout: float, spent: float, draw: float) -> None:
    time = Time(draw)
    attempt = plan(time, timeout=timeout)
    time.now = spent
    delay = attempt.after_failure()
    assert attempt.remaining() == max(timeout - spent, 0)
    assert delay is None or delay < attempt.remaining()


def test_retry_after_is_kept_to_the_letter() -> None:
    assert plan(Time(0.0)).after_status(429, "7") == 7.0


def test_a_retry_after_beyond_patience_gives_up() -> None:
    assert plan(Time(), timeout=600.0).after_status(429, "61") is None


def test_a_retry_after_beyond_the_deadline_gives_up() -> None:
    assert plan(Time(), timeout=5.0).after_status(503, "6") is None


def test_retry_after_as_a_date() -> None:
    date = datetime.fromtimestamp(1_000_000, UTC) + timedelta(seconds=30)
    assert retry_after(format_datetime(date, usegmt=True), now=1_000_000) == 30.0


def test_retry_after_as_a_date_that_has_passed() -> None:
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now=2e9) == 0.0


def test_retry_after_as_a_date_without_a_zone_is_utc() -> None:
    zoned = retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now=1_445_412_000)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 -0000", now=1_445_412_000) == zoned


@pytest.mark.parametrize("text", [None, "", "soon", "nan", "inf", "-inf", "1e999", "12 monkeys"])
def test_unreadable_retry_after_counts_as_none(text: str | None) -> None:
    assert retry_after(text, now=0.0) is None


@given(st.text())
def test_no_retry_after_breaks_the_plan(text: str) -> None:
    value = retry_after(text, now=0.0)
    assert value is None or value >= 0


def test_negative_retry_after_means_now() -> None:
    assert retry_after("-3", now=0.0) == 0.0
