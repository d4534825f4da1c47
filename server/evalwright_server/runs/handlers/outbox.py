"""Results on their way to the server."""

from collections.abc import Callable, Sequence
from typing import Final

from evalwright_server.runs.context import Context
from evalwright_server.runs.sources.source import Item

_INTERVAL: Final = 0.1
_MOST_KEPT: Final = 2_000


class Outbox:
    """Stores results at most ten times a second, unless there are very many.

    Args:
        context: Where to.
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, context: Context, clock: Callable[[], float]) -> None:
        self._context = context
        self._clock = clock
        self._items: list[Item] = []
        self._sent_at = clock()

    def add(self, items: Sequence[Item]) -> None:
        """Take results in."""
        self._items += items

    async def send_if_due(self) -> None:
        """Store what there is, unless that was just done."""
        is_due = self._clock() - self._sent_at >= _INTERVAL
        if is_due or len(self._items) >= _MOST_KEPT:
            await self.send()

    async def send(self) -> None:
        """Store what there is."""
        # Taken out first: an interruption while they are being stored mustn't store them twice.
        items, self._items = self._items, []
        self._sent_at = self._clock()
        if items:
            await self._context.store(items)
            self._sent_at = self._clock()
