"""When to ask a provider again, as pure rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Final

from evalwright_server.models.errors import ProviderError

TIMED_OUT: Final = "timed_out"
"""The code of errors that mean the provider took too long."""

_PASSING: Final = frozenset({408, 409, 425, 429})
_HOPELESS: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential pauses with full jitter, or what the provider says.

    Attributes:
        attempts: How often a provider is asked at most.
        first_seconds: Upper end of the first pause; it doubles with each one.
        longest_seconds: Upper end of the longest pause.
        most_patience: The longest `Retry-After` that is waited for, in seconds.
        timeouts: How often a provider may take too long.
    """

    attempts: int = 6
    first_seconds: float = 0.5
    longest_seconds: float = 30.0
    most_patience: float = 120.0
    timeouts: int = 2

    def pause(
        self, attempt: int, error: ProviderError, random: Callable[[], float]
    ) -> float | None:
        """Return how many seconds to wait before the next attempt; None gives up.

        Args:
            attempt: How many attempts there were, at least 1.
            error: How the last one failed.
            random: Returns a number from 0 to 1.
        """
        attempts = self.timeouts if error.code == TIMED_OUT else self.attempts
        if attempt >= attempts or not is_passing(error):
            return None
        if error.retry_after is None:
            longest = min(self.longest_seconds, self.first_seconds * 2.0 ** (attempt - 1))
            return random() * longest
        if error.retry_after > self.most_patience:
            return None
        # Never earlier, and not all who were told the same at the same time.
        return error.retry_after + random() * self.first_seconds


def is_passing(error: ProviderError) -> bool:
    """Say whether an attempt may succeed that is the same as the one that failed."""
    if error.code in _HOPELESS:
        return False
    return error.status is None or error.status in _PASSING or error.status >= 500


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` (RFC 9110) or `retry-after-ms` header asks for.

    Args:
        headers: With names in any case that the mapping ignores.
        now: The present time, for headers that name a date.
    """
    milliseconds = _seconds(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _seconds(value)
    if value is None or seconds is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds(), 0.0)


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return max(seconds, 0.0) if isfinite(seconds) else None
