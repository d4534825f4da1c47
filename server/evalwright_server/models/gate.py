"""How many requests may be under way at a time, and begin in a second."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final


class Gate:
    """Lets requests through, as many as an integration allows.

    Args:
        concurrency: How many may be inside at a time.
        rate: How many may enter in a second, evenly spaced; 0 is any number.
        clock: A monotonic clock, in seconds.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        concurrency: int,
        rate: float,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.limits: Final = (concurrency, rate)
        self._slots = asyncio.Semaphore(concurrency)
        self._interval = 1 / rate if rate > 0 else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next = clock()
        self._held_until = clock()

    def hold(self, seconds: float) -> None:
        """Let nobody in for so many seconds: what a provider tells one is meant for all."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Wait for a place, and keep it while the context lasts."""
        async with self._slots:
            moment = max(self._clock(), self._next)
            self._next = moment + self._interval
            if (wait := moment - self._clock()) > 0:
                await self._sleep(wait)
            # Somebody may have been told to wait meanwhile.
            while (wait := self._held_until - self._clock()) > 0:
                await self._sleep(wait)
            yield
