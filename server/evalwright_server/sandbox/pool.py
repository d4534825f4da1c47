"""Sandboxes that stand ready for jobs to come."""

import asyncio
from collections import OrderedDict, deque
from contextlib import suppress
from typing import Final, Protocol

from evalwright_server.sandbox.command import Shape
from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.slot import Slot

SHAPES: Final = 4
"""For how many kinds of jobs sandboxes stand ready; those asked for last."""
PAUSE_SECONDS: Final = 0.02
"""From a job's start to the making of its successor's sandbox: most jobs are over by then, and the
others have a head start."""


class MakeSlot(Protocol):
    """Makes a sandbox; see `Workshop.make`."""

    async def __call__(self, shape: Shape, *, is_warm: bool) -> Slot:
        """Make one."""
        ...


class Pool:
    """Keeps sandboxes ready, for the kinds of jobs that were asked for before.

    Each is used once. They are made one at a time, in the background.

    Args:
        make: Makes a sandbox.
        warm: How many to keep for each kind; 0 keeps none.
    """

    def __init__(self, make: MakeSlot, warm: int) -> None:
        self._make = make
        self._warm = warm
        self._ready: OrderedDict[Shape, deque[Slot]] = OrderedDict()
        self._refilling: asyncio.Task[None] | None = None
        self._is_open = True
        self._dropping: set[asyncio.Future[None]] = set()

    @property
    def count(self) -> int:
        """How many stand ready."""
        return sum(map(len, self._ready.values()))

    async def take(self, shape: Shape) -> tuple[Slot, bool]:
        """Return a sandbox for a job, and whether it stood ready.

        Raises:
            SandboxUnavailable: None could be made.
        """
        slot = self._pop(shape)
        if slot is not None:
            return slot, True
        return await self._make(shape, is_warm=False), False

    def _pop(self, shape: Shape) -> Slot | None:
        slots = self._ready.get(shape)
        while slots:
            slot = slots.popleft()
            if slot.is_alive:
                return slot
            self.drop(slot)
        return None

    def refill(self, shape: Shape) -> None:
        """Have sandboxes made for the next jobs of a kind."""
        if not self._warm or not self._is_open:
            return
        self._ready.setdefault(shape, deque())
        self._ready.move_to_end(shape)
        while len(self._ready) > SHAPES:
            for slot in self._ready.popitem(last=False)[1]:
                self.drop(slot)
        if self._refilling is None or self._refilling.done():
            self._refilling = asyncio.create_task(self._refill())

    async def _refill(self) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        while (shape := self._hungriest()) is not None:
            # What can't be made now is made when a job needs it, and its trouble told then.
            try:
                slot = await self._make(shape, is_warm=True)
            except SandboxUnavailable:
                return
            slots = self._ready.get(shape)
            if slots is None or not self._is_open:
                self.drop(slot)
            else:
                slots.append(slot)

    def _hungriest(self) -> Shape | None:
        """Return the kind that has fewest, the one asked for last among equals."""
        wanting = [shape for shape, slots in self._ready.items() if len(slots) < self._warm]
        return min(reversed(wanting), key=lambda shape: len(self._ready[shape]), default=None)

    def drop(self, slot: Slot) -> None:
        """Have a sandbox destroyed."""
        task = asyncio.ensure_future(slot.destroy())
        self._dropping.add(task)
        task.add_done_callback(self._dropping.discard)

    async def clear_away(self, slot: Slot) -> None:
        """Have a sandbox destroyed, and wait for that only if nobody else will."""
        if self._is_open:
            self.drop(slot)
        else:
            await slot.destroy()

    async def close(self) -> None:
        """Destroy all that stand ready."""
        self._is_open = False
        if self._refilling is not None:
            self._refilling.cancel()
            with suppress(asyncio.CancelledError):
                await self._refilling
        for slots in self._ready.values():
            for slot in slots:
                self.drop(slot)
        self._ready.clear()
        await asyncio.gather(*self._dropping)
