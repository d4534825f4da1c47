"""When to send a request again, decided without clock, sleep or dice of its own."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
"""Methods that RFC 9110 (9.2.2) allows to repeat."""

TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may be gone in a moment."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Where time and chance come from; tests bring their own."""

    monotonic: Callable[[], float]
    """Seconds that never jump."""

    wall: Callable[[], float]
    """Seconds since 1970, for dates in headers."""

    random: Callable[[], float]
    """A number from 0 up to, not including, 1."""


def repeatable(method: str, headers: Mapping[str, str]) -> bool:
    """Say whether sending a request twice does no harm."""
    return method in IDEMPOTENT or any(name.lower() == "idempotency-key" for name in headers)


def retry_after(value: str | None, *, now: float) -> float | None:
    """Read a Retry-After header, seconds or a date; None when absent or unreadable."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return None
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        seconds = date.timestamp() - now
    return max(seconds, 0.0) if math.isfinite(seconds) else None


@dataclass(slots=True)
class RetryPlan:
    """The attempts of one call under one deadline.

    Waits are drawn between 0 and a ceiling that doubles ("full jitter"): clients that failed
    together should not come back together. A Retry-After is kept to the letter instead, unless it
    asks for more than `patience`; then, as when a wait would outlive the deadline, the error at
    hand is the better answer.
    """

    clock: Clock
    timeout: float
    max_retries: int
    repeatable: bool
    first: float = 0.5
    ceiling: float = 8.0
    patience: float = 60.0
    retries: int = 0
    deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self.deadline = self.clock.monotonic() + self.timeout

    def remaining(self) -> float:
        """Give the seconds left for the whole call; never negative."""
        return max(self.deadline - self.clock.monotonic(), 0.0)

    def after_status(self, status: int, header: str | None) -> float | None:
        """Give the seconds to wait after an error answer, or None to give up."""
        if status not in TRANSIENT:
            return None
        return self._next(retry_after(header, now=self.clock.wall()))

    def after_failure(self) -> float | None:
        """Give the seconds to wait after no answer, or None to give up."""
        return self._next(None)

    def _next(self, asked: float | None) -> float | None:
        if not self.repeatable or self.retries >= self.max_retries:
            return None
        if asked is None:
            top = min(self.ceiling, self.first * 2.0 ** min(self.retries, 60))
            asked = self.clock.random() * top
        elif asked > self.patience:
            return None
        if asked >= self.remaining():
            return None
        self.retries += 1
        return asked
