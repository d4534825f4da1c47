"""How many rows to judge at a time, as a pure rule."""

from dataclasses import dataclass
from typing import Final

FIRST_ROWS: Final = 4
MOST_ROWS: Final = 500
TARGET_SECONDS: Final = 1.0
"""What a batch should take: so much work is lost at most when a worker dies, so old is progress."""
TARGET_CHARACTERS: Final = 4_000_000
_GROWTH: Final = 4


@dataclass(frozen=True, slots=True)
class BatchSize:
    """A number of rows that follows what rows turn out to cost.

    Judging in batches shares the price of a sandbox; too large ones hide progress.

    Attributes:
        rows: How many.
        target_seconds: What a batch should take.
    """

    rows: int = FIRST_ROWS
    target_seconds: float = TARGET_SECONDS

    def after(self, rows: int, seconds: float, characters: int) -> "BatchSize":
        """Return the next size.

        Args:
            rows: How many there were in the last batch.
            seconds: How long they took.
            characters: How large they were, about.
        """
        if rows == 0:
            return self
        by_time = rows * self.target_seconds / max(seconds, 1e-6)
        by_size = rows * TARGET_CHARACTERS / max(characters, 1)
        most = int(min(by_time, by_size, self.rows * _GROWTH, MOST_ROWS))
        return BatchSize(max(1, most), self.target_seconds)
