"""Work that several ask for at the same time, done once."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Work under way, by name."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[T]] = {}

    async def once(self, name: str, work: Callable[[], Coroutine[None, None, T]]) -> T:
        """Do some work, or wait for it if it is under way.

        Cancelling leaves it under way, as others may wait for it or will ask soon.

        Args:
            name: What makes it the same work.
            work: Does it; what it raises is raised for all.
        """
        task = self._under_way.get(name)
        if task is None:
            task = asyncio.get_running_loop().create_task(work())
            self._under_way[name] = task
            task.add_done_callback(lambda done: self._forget(name, done))
        return await asyncio.shield(task)

    def _forget(self, name: str, task: asyncio.Task[T]) -> None:
        del self._under_way[name]
        if not task.cancelled():
            task.exception()  # looked at, as nobody may wait for it any more

    async def close(self) -> None:
        """End all of it."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
