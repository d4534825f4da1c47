"""What there is to do, for several consumers at a time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from pydantic import JsonValue

from evalwright_server.runs.sources.source import Item, Page

ReadPage: TypeAlias = Callable[[JsonValue], Awaitable[Page]]
"""Returns the page at a cursor; the first one has the cursor None."""


class Feed:
    """Hands out the items of pages one by one, and reads the next page when they run out."""

    def __init__(self, read: ReadPage) -> None:
        self._read = read
        self._items: deque[Item] = deque()
        self._cursor: JsonValue = None
        self._is_read = False
        self._lock = asyncio.Lock()

    async def consume(self, work: Callable[[Item], Awaitable[None]], at_once: int) -> None:
        """Do something with every item.

        Args:
            work: What to do.
            at_once: With how many at a time.

        Raises:
            ExceptionGroup: Of what `work` raised; the rest is left.
        """
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(self._consume(work))

    async def _consume(self, work: Callable[[Item], Awaitable[None]]) -> None:
        while (item := await self._next()) is not None:
            await work(item)

    async def _next(self) -> Item | None:
        async with self._lock:
            while not self._items and not self._is_read:
                page = await self._read(self._cursor)
                self._items.extend(page.items)
                self._cursor = page.cursor
                self._is_read = page.cursor is None
            return self._items.popleft() if self._items else None
