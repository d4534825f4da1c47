"""A worker: takes runs from a port into its slots, and reports how they end."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from evalwright_server.runs.context import Context, Handler
from evalwright_server.runs.errors import LeaseLost
from evalwright_server.runs.kinds import QUEUES
from evalwright_server.runs.port import Cancellation, Drain, Loss, PortClosed, Push, WorkerPort
from evalwright_server.runs.records import Assignment, Fence, Finish
from evalwright_server.runs.states import State
from evalwright_server.store.errors import DatabaseError

logger: Final = logging.getLogger(__name__)

SLOTS: Final[Mapping[str, int]] = dict.fromkeys(QUEUES, 4)
"""How many runs of each queue a worker takes at a time."""


_PAUSES_BEFORE_REPORTING_AGAIN: Final = (0.1, 0.5, 2.0)


class _Interruption(Enum):
    """Why a handler is being stopped."""

    CANCELLED = auto()
    LOST = auto()
    DRAINED = auto()


@dataclass(slots=True, eq=False)
class _Slot:
    task: "asyncio.Task[None]"
    interruption: _Interruption | None = None
    is_in_handler: bool = False
    context: Context | None = None

    def absorb_cancellation(self) -> None:
        """Go on after a cancellation that was ours; one from outside is raised again."""
        if self.interruption is None:
            raise asyncio.CancelledError
        self.task.uncancel()

    def finish_early(self) -> Finish | None:
        if self.interruption is _Interruption.CANCELLED:
            return self.finish_with_remains(State.CANCELLED, "cancelled on request")
        return None

    def finish_with_remains(self, state: State, reason: str) -> Finish:
        """Return the end of a run that was stopped, with what its handler left."""
        remains = None if self.context is None else self.context.remains
        return Finish(state, reason, result=remains)


class Worker:
    """Runs handlers for the runs that a port brings.

    Args:
        port: Where runs come from.
        handlers: Who does the work, per kind of run.
        slots: How many runs at a time, by queue.
        beat_seconds: How often to tell the server which runs are alive; a third of a lease.
    """

    def __init__(
        self,
        port: WorkerPort,
        handlers: Mapping[str, Handler],
        *,
        slots: Mapping[str, int] = SLOTS,
        beat_seconds: float,
    ) -> None:
        self._port = port
        self._handlers = handlers
        self._slots = slots
        self._beat_seconds = beat_seconds
        self._active: dict[Fence, _Slot] = {}
        self._drained = asyncio.Event()
        self._draining: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Work until drained, or until the port is closed; handlers end with it."""
        for queue, count in self._slots.items():
            self._port.credit(count, queue)
        background = [
            asyncio.create_task(self._receive_until_closed()),
            asyncio.create_task(self._drained.wait()),
            asyncio.create_task(self._beat_forever()),
        ]
        try:
            done, _ = await asyncio.wait(background, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await self._interrupt_all(_Interruption.LOST)

    def drain(self, grace_seconds: float) -> None:
        """Take no more runs, finish or hand back the present ones, then let `run` return."""
        if self._draining is None:
            self._port.withdraw()
            self._draining = asyncio.create_task(self._drain(grace_seconds))

    async def _drain(self, grace_seconds: float) -> None:
        if self._active:
            await asyncio.wait([slot.task for slot in self._active.values()], timeout=grace_seconds)
        await self._interrupt_all(_Interruption.DRAINED)
        self._drained.set()

    async def _interrupt_all(self, interruption: _Interruption) -> None:
        tasks = [slot.task for slot in self._active.values()]
        for fence in tuple(self._active):
            self._interrupt(fence, interruption)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _interrupt(self, fence: Fence, interruption: _Interruption) -> None:
        slot = self._active.get(fence)
        if slot is None or slot.interruption is not None:
            return
        slot.interruption = interruption
        # Before, the handler won't be started. Afterwards, the interruption came too late.
        if slot.is_in_handler:
            slot.task.cancel()

    async def _receive_until_closed(self) -> None:
        with contextlib.suppress(PortClosed):
            while True:
                self._handle(await self._port.receive())

    def _handle(self, push: Push) -> None:
        match push:
            case Assignment():
                self._active[push.fence] = _Slot(asyncio.create_task(self._work(push)))
            case Cancellation(fence):
                self._interrupt(fence, _Interruption.CANCELLED)
            case Loss(fence):
                self._interrupt(fence, _Interruption.LOST)
            case Drain(grace_seconds):
                self.drain(grace_seconds)

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(self._beat_seconds)
            if self._active:
                with contextlib.suppress(DatabaseError, PortClosed):
                    await self._port.alive(tuple(self._active))

    async def _work(self, assignment: Assignment) -> None:
        fence = assignment.fence
        slot = self._active[fence]
        try:
            finish = await self._outcome(assignment, slot)
            if finish is not None:
                await self._report(fence, finish)
            elif slot.interruption is _Interruption.DRAINED:
                await self._port.hand_back(fence)
        except LeaseLost:
            logger.info("run %d was given to somebody else", fence.run_id)
        except (DatabaseError, PortClosed) as error:
            # Without another word the lease will run out, and the run be started again.
            logger.warning("run %d can't be reported on: %s", fence.run_id, error)
        finally:
            del self._active[fence]
            if self._draining is None:
                with contextlib.suppress(PortClosed):
                    self._port.credit(1, assignment.queue)

    async def _report(self, fence: Fence, finish: Finish) -> None:
        """Report an end, again if the database can't do it now: to run it again costs more."""
        for pause in _PAUSES_BEFORE_REPORTING_AGAIN:
            try:
                return await self._port.finish(fence, finish)
            except DatabaseError:
                await asyncio.sleep(pause)
        return await self._port.finish(fence, finish)

    async def _outcome(self, assignment: Assignment, slot: _Slot) -> Finish | None:
        """Run the handler; None means that another attempt will go on."""
        if self._draining is not None:
            slot.interruption = slot.interruption or _Interruption.DRAINED
        if slot.interruption is None:
            slot.is_in_handler = True
            try:
                async with asyncio.timeout(assignment.deadline_in):
                    return await self._call_handler(assignment, slot)
            except TimeoutError:
                reason = "its deadline passed before it ended"
                return slot.finish_with_remains(State.TIMEOUT, reason)
            except asyncio.CancelledError:
                slot.absorb_cancellation()
            finally:
                slot.is_in_handler = False
        return slot.finish_early()

    async def _call_handler(self, assignment: Assignment, slot: _Slot) -> Finish:
        handler = self._handlers.get(assignment.kind)
        if handler is None:
            return Finish(State.FAILED, f"this worker can't do runs of kind {assignment.kind!r}")
        slot.context = Context(self._port, assignment)
        try:
            return await handler(slot.context)
        except (LeaseLost, DatabaseError, PortClosed):
            raise
        except Exception as error:
            logger.exception("run %d failed", assignment.fence.run_id)
            return Finish(State.FAILED, f"internal error: {type(error).__name__}: {error}")
