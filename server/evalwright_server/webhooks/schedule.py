"""When a webhook is sent again, as pure rules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """Growing pauses; the attempts end with them.

    Attributes:
        pauses: Seconds between the attempts; the defaults make six within about a day.
        jitter: By which part a pause may be longer or shorter, so that a receiver that comes back
            is not asked by everybody at once.
        most_patience: The longest `Retry-After` that is honoured, in seconds.
    """

    pauses: tuple[float, ...] = (30.0, 300.0, 3600.0, 4 * 3600.0, 18 * 3600.0)
    jitter: float = 0.2
    most_patience: float = 24 * 3600.0

    def pause(
        self,
        attempt: int,
        status: int | None,
        retry_after: float | None,
        random: Callable[[], float],
    ) -> float | None:
        """Return how many seconds to wait before the next attempt; None gives up.

        Args:
            attempt: How many attempts there were, at least 1.
            status: What the last one was answered; None if it was not.
            retry_after: The seconds that the answer asked for.
            random: Returns a number from 0 to 1.
        """
        if status == _GONE or attempt > len(self.pauses):
            return None
        usual = self.pauses[attempt - 1] * (1 + self.jitter * (2 * random() - 1))
        return max(usual, min(retry_after or 0.0, self.most_patience))


def is_delivered(status: int) -> bool:
    """Tell whether an answer with this status means that the message was taken."""
    return 200 <= status < 300
