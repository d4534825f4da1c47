"""A port for one worker, served by the engine of this process."""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Self

from pydantic import JsonValue

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import LeaseLost
from evalwright_server.runs.hooks import Hooks
from evalwright_server.runs.intake import Intake
from evalwright_server.runs.kinds import QUEUES
from evalwright_server.runs.leases import Leases
from evalwright_server.runs.port import Cancellation, Drain, Loss, PortClosed, Push
from evalwright_server.runs.records import (
    DEFAULT_QUEUE,
    Assignment,
    Beginning,
    Fence,
    Finish,
    Renewal,
)
from evalwright_server.runs.signals import owner_topic, queue_topic
from evalwright_server.runs.sources.source import Claimed, Item, Page, Source
from evalwright_server.store.errors import DatabaseError

logger: Final = logging.getLogger(__name__)

_LONGEST_SILENCE: Final = 0.75
"""As a part of a lease, in which a worker with runs speaks three times."""


class LocalPort:
    """Implements `WorkerPort` over an engine. Use it as an async context.

    While the context lasts it claims runs for the credit it was given. When it ends, whatever the
    worker still had is queued again.

    Args:
        engine: Whose runs.
        owner: The worker's name; no other worker ever has the same.
        sources: Per kind of run, who finds its rows and keeps its results.
        queues: Which runs the worker takes.
        hooks: What is added to claims and ends.
    """

    def __init__(
        self,
        engine: Engine,
        owner: str,
        sources: Mapping[str, Source],
        *,
        queues: Sequence[str] = QUEUES,
        hooks: Hooks | None = None,
    ) -> None:
        self._engine = engine
        self._leases = Leases(engine, owner, sources, hooks)
        self._intakes = {
            queue: Intake(engine, self._leases, queue, self._hold, self._is_responsive)
            for queue in queues
        }
        self._heard_at = 0.0
        self._is_silent = False
        self._is_closed = False
        self._abandoning: asyncio.Task[None] | None = None
        self._held: dict[Fence, Claimed] = {}
        self._pushes: asyncio.Queue[Push | None] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._watch_forever())]
        for intake in self._intakes.values():
            self._tasks.append(asyncio.create_task(intake.claim_forever()))
            self._engine.openings.add(intake)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_closed = True
        for intake in self._intakes.values():
            self._engine.openings.remove(intake)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._held.clear()
        self._pushes.put_nowait(None)
        await self._abandon()

    async def _abandon(self) -> None:
        try:
            await self._leases.abandon()
        except DatabaseError as error:
            logger.warning("the runs of %s wait for their leases: %s", self._leases.owner, error)

    def drain(self, grace_seconds: float) -> None:
        """Have the worker end within so many seconds, and claim nothing more for it."""
        self.withdraw()
        self._pushes.put_nowait(Drain(grace_seconds))

    def _is_responsive(self) -> bool:
        """Return whether the worker has given the signs of life it owes.

        One that hangs would only use up the attempts of the runs it is given. While it has none it
        owes nothing. Once silent, it stays so until it is heard again.
        """
        silence = asyncio.get_running_loop().time() - self._heard_at
        if self._held and silence > self._engine.lease_seconds * _LONGEST_SILENCE:
            self._is_silent = True
        return not self._is_silent

    def _hear(self) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        if self._is_silent:
            self._is_silent = False
            for queue in self._intakes:
                self._engine.signals.fire(queue_topic(queue))

    def credit(self, count: int, queue: str = DEFAULT_QUEUE) -> None:
        """Ask for more runs; see `WorkerPort`."""
        self._hear()
        self._intakes[queue].credit(count)

    def withdraw(self) -> None:
        """Take back all credit; see `WorkerPort`."""
        for intake in self._intakes.values():
            intake.withdraw()

    def _hold(self, claimed: Claimed, assignment: Assignment) -> None:
        if self._is_closed:
            # It was committed to a slot while the worker died, and nobody else knows.
            self._abandoning = asyncio.create_task(self._abandon())
            return
        if not self._held:
            self._heard_at = asyncio.get_running_loop().time()
        self._held[claimed.fence] = claimed
        self._pushes.put_nowait(assignment)

    async def receive(self) -> Push:
        """Return what there is to say next; see `WorkerPort`."""
        push = await self._pushes.get()
        if push is None:
            self._pushes.put_nowait(None)
            raise PortClosed
        return push

    async def alive(self, fences: Collection[Fence]) -> None:
        """Extend leases; see `WorkerPort`."""
        self._hear()
        self._tell(await self._leases.renew(fences))

    def _tell(self, renewal: Renewal) -> None:
        # Before what it has lost is forgotten.
        self._is_responsive()
        for fence in renewal.lost:
            self._held.pop(fence, None)
            self._pushes.put_nowait(Loss(fence))
        for fence in renewal.cancelled:
            self._pushes.put_nowait(Cancellation(fence))

    async def begin(self, fence: Fence) -> Beginning:
        """Count what there is to do; see `WorkerPort`."""
        return await self._leases.begin(self._find(fence))

    async def page(self, fence: Fence, cursor: JsonValue, limit: int) -> Page:
        """Return some of what is to be done; see `WorkerPort`."""
        return await self._leases.page(self._find(fence), cursor, limit)

    async def store(self, fence: Fence, items: Sequence[Item]) -> None:
        """Keep results; see `WorkerPort`."""
        await self._leases.store(self._find(fence), items)

    async def finish(self, fence: Fence, finish: Finish) -> None:
        """End the run; see `WorkerPort`."""
        await self._leases.finish(self._find(fence), finish)
        self._held.pop(fence, None)

    async def hand_back(self, fence: Fence) -> None:
        """Let another worker go on; see `WorkerPort`."""
        self._find(fence)
        await self._leases.hand_back(fence)
        self._held.pop(fence, None)

    def _find(self, fence: Fence) -> Claimed:
        self._hear()
        claimed = self._held.get(fence)
        if claimed is None:
            raise LeaseLost(fence)
        return claimed

    async def _watch_forever(self) -> None:
        """Look at once after the worker's runs when something happened to one of them.

        Only looks: extending leases is up to the worker, or one that hangs would keep its runs.
        """
        with self._engine.signals.subscribe(owner_topic(self._leases.owner)) as subscription:
            while True:
                await subscription.wait(self._engine.safety_seconds)
                try:
                    self._tell(await self._leases.inspect(tuple(self._held)))
                except Exception as error:
                    is_known = isinstance(error, DatabaseError)
                    logger.warning(
                        "runs can't be looked after now: %s", error, exc_info=not is_known
                    )
