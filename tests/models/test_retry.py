"""When providers are asked again."""

from datetime import UTC, datetime

import pytest

from evalwright_server.models.errors import ProviderError
from evalwright_server.models.retry import TIMED_OUT, RetryPolicy, retry_after

POLICY = RetryPolicy(attempts=4, first_seconds=1, longest_seconds=3, most_patience=60)
NOW = datetime(2026, 11, 5, 12, 0, 0, tzinfo=UTC)


def pauses(error: ProviderError, luck: float = 1.0) -> list[float | None]:
    return [POLICY.pause(attempt, error, lambda: luck) for attempt in (1, 2, 3, 4)]


def test_pauses_double_up_to_a_limit_and_then_end() -> None:
    assert pauses(ProviderError("", 503)) == [1, 2, 3, None]


def test_pauses_are_jittered_over_their_whole_length() -> None:
    """Or all who failed together would come back together."""
    assert pauses(ProviderError("", 503), luck=0.0) == [0, 0, 0, None]


@pytest.mark.parametrize("status", [None, 408, 409, 429, 500, 502, 503, 529])
def test_what_may_pass_is_tried_again(status: int | None) -> None:
    assert pauses(ProviderError("", status))[0] is not None


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413, 422])
def test_what_will_not_pass_is_not(status: int) -> None:
    assert pauses(ProviderError("", status)) == [None] * 4


def test_an_exhausted_quota_is_no_matter_of_seconds() -> None:
    assert pauses(ProviderError("", 429, code="insufficient_quota"))[0] is None


def test_the_provider_is_never_asked_before_it_wants_to_be() -> None:
    error = ProviderError("", 429, retry_after=20)
    assert pauses(error, luck=0.0)[:3] == [20, 20, 20]
    assert POLICY.pause(1, error, lambda: 1.0) == 21


def test_nobody_waits_for_an_hour() -> None:
    assert pauses(ProviderError("", 429, retry_after=3600))[0] is None


def test_slow_providers_get_fewer_chances() -> None:
    assert [pause is None for pause in pauses(ProviderError("", code=TIMED_OUT))] == [
        False, True, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "Thu, 05 Nov 2026 12:01:00 GMT"}, 60.0),
        ({"retry-after": "Thu, 05 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "2", "retry-after-ms": "250"}, 0.25),
    ],
)
def test_every_form_of_the_header_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds
