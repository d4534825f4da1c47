"""The templates of a worker process: one for each tenant and set of packages."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from evalwright_server.sandbox.command import Shape
from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.slot import identity
from evalwright_server.sandbox.template import Template

MOST: Final = 4
"""How many are kept; more only while all have sandboxes."""

Key = tuple[object, ...]


class Templates:
    """Makes templates when they are first asked for, and keeps those asked for last.

    Args:
        start: Makes one; blocks.
    """

    def __init__(self, start: Callable[[Shape], Template]) -> None:
        self._start = start
        self._tasks: OrderedDict[Key, asyncio.Task[Template]] = OrderedDict()

    async def find(self, shape: Shape) -> Template:
        """Return the template for a kind of jobs.

        Raises:
            SandboxUnavailable: It did not come up.
        """
        key = key_of(shape)
        task = self._tasks.get(key)
        if task is None or (task.done() and not is_usable(task)):
            await self._forget(key)
            task = asyncio.create_task(asyncio.to_thread(self._start, shape))
            self._tasks[key] = task
            await self._make_room()
        self._tasks.move_to_end(key)
        # Whoever asked may give up; others wait for it too.
        return await asyncio.shield(task)

    async def _make_room(self) -> None:
        idle = [key for key, task in self._tasks.items()
                if task.done() and (not is_usable(task) or not task.result().users)]  # fmt: skip
        for key in idle[: max(0, len(self._tasks) - MOST)]:
            await self._forget(key)

    async def _forget(self, key: Key) -> None:
        task = self._tasks.pop(key, None)
        if task is not None:
            with suppress(SandboxUnavailable):
                await asyncio.to_thread((await task).close)

    async def close(self) -> None:
        """End all templates and their sandboxes."""
        while self._tasks:
            await self._forget(next(iter(self._tasks)))


def key_of(shape: Shape) -> Key:
    """Return what jobs of one template have in common.

    Packages that took the place of others at the same path are other ones.
    """
    return shape.template, shape.site_packages, identity(shape.site_packages), shape.preload


def is_usable(task: "asyncio.Task[Template]") -> bool:
    """Tell whether a template that was made can make sandboxes."""
    return task.exception() is None and task.result().alive
