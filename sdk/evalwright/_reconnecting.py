"""When to connect again to something that is read over a long time."""

from dataclasses import dataclass
from typing import Final

from evalwright._errors.base import EvalwrightError
from evalwright._retry import Clock
from evalwright._waiting import is_transient

MOST: Final = 8
"""How often in a row a connection may break without having brought anything."""

CEILING: Final = 5.0
"""Seconds between two attempts at most."""


@dataclass(slots=True)
class Reconnecting:
    """The attempts to read one thing to its end; those that bring something don't count."""

    clock: Clock
    failures: int = 0

    def progressed(self) -> None:
        """Take note that something came."""
        self.failures = 0

    def after(self, error: EvalwrightError) -> float:
        """Give the seconds to wait before the next attempt.

        Raises:
            EvalwrightError: The error, where another attempt would not help.
        """
        self.failures += 1
        if not is_transient(error) or self.failures > MOST:
            raise error
        top = min(CEILING, 0.25 * 2.0**self.failures)
        return top / 2 + self.clock.random() * top / 2
