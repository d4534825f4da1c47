"""What a worker takes from one queue: as many runs as it has asked for, as soon as there are some.

Runs come in two ways. Those that wait are claimed. While none wait and slots are free, a slot can
be reserved for the run that somebody is about to submit; see `openings`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from sqlalchemy import Connection

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import LeaseLost
from evalwright_server.runs.leases import Leases
from evalwright_server.runs.records import Assignment, NewRun, RunRow
from evalwright_server.runs.signals import queue_topic
from evalwright_server.runs.sources.source import Claimed
from evalwright_server.store.database import Database
from evalwright_server.store.errors import DatabaseError

Deliver: TypeAlias = Callable[[Claimed, Assignment], None]
"""Hands a run to the worker."""

logger: Final = logging.getLogger(__name__)

_PAUSE_AFTER_ERROR: Final = 1.0


class Intake:
    """Claims runs of a queue for the credit that a worker gives.

    Args:
        engine: Whose runs.
        leases: The worker's.
        queue: Which runs.
        deliver: Where they go.
        is_responsive: Whether the worker seems to be alive.
    """

    def __init__(
        self,
        engine: Engine,
        leases: Leases,
        queue: str,
        deliver: Deliver,
        is_responsive: Callable[[], bool],
    ) -> None:
        self.queue: Final = queue
        self._engine = engine
        self._leases = leases
        self._deliver = deliver
        self._is_responsive = is_responsive
        self._credit = 0
        self._has_credit = asyncio.Event()
        self._is_withdrawn = False
        self._saw_nothing = False
        self._returning: set[asyncio.Task[None]] = set()

    def credit(self, count: int) -> None:
        """Ask for more runs."""
        self._credit += count
        if not self._is_withdrawn:
            self._has_credit.set()

    def withdraw(self) -> None:
        """Ask for nothing more, ever."""
        self._is_withdrawn = True
        self._has_credit.clear()

    async def claim_forever(self) -> None:
        """Claim for as long as there is credit, until cancelled."""
        with self._engine.signals.subscribe(queue_topic(self.queue)) as subscription:
            while True:
                await self._has_credit.wait()
                if self._is_responsive():
                    wanted = self._credit
                    if await self._claim(wanted) == wanted:
                        continue
                    # Whoever waits now came after this: until then, slots may be reserved.
                    self._saw_nothing = True
                await subscription.wait(self._engine.safety_seconds)
                self._saw_nothing = False

    async def _claim(self, wanted: int) -> int:
        try:
            found = await self._leases.claim(self.queue, wanted)
        except Exception as error:
            # Whatever it is, without claims the worker would be of no more use, and nobody know.
            is_known = isinstance(error, DatabaseError)
            logger.warning("no runs can be claimed now: %s", error, exc_info=not is_known)
            await asyncio.sleep(_PAUSE_AFTER_ERROR)
            return wanted
        for claimed, assignment in found:
            if self._is_withdrawn:
                await self._leases.hand_back(claimed.fence)
                continue
            self._deliver(claimed, assignment)
        self._spend(len(found))
        return len(found)

    def _spend(self, count: int) -> None:
        self._credit -= count
        if self._credit == 0:
            self._has_credit.clear()

    def reserve(self, queue: str) -> "SlotOpening | None":
        """Reserve a slot if one is free and nobody waits for it; see `Offer`."""
        is_free = self._saw_nothing and self._credit > 0 and not self._is_withdrawn
        if queue != self.queue or not is_free or not self._is_responsive():
            return None
        self._spend(1)
        return SlotOpening(self, self._leases)

    def give_back(self) -> None:
        """Take back a slot that was reserved in vain."""
        self.credit(1)

    def start(self, claimed: Claimed, assignment: Assignment) -> None:
        """Deliver a run that was committed to a reserved slot, or let others have it."""
        if not self._is_withdrawn:
            self._deliver(claimed, assignment)
            return
        returning = asyncio.ensure_future(self._hand_back(claimed))
        self._returning.add(returning)
        returning.add_done_callback(self._returning.discard)

    async def _hand_back(self, claimed: Claimed) -> None:
        # Its lease brings it back if this fails.
        with contextlib.suppress(DatabaseError, LeaseLost):
            await self._leases.hand_back(claimed.fence)


class SlotOpening:
    """A reserved slot; see `Opening`."""

    def __init__(self, intake: Intake, leases: Leases) -> None:
        self._intake = intake
        self._leases = leases
        self._is_taken = False
        self._is_committed = False

    @property
    def owner(self) -> str:
        """The worker."""
        return self._leases.owner

    def fits(self, run: NewRun) -> bool:
        """Return whether it is for such a run; see `Opening`."""
        return run.queue == self._intake.queue and not self._is_taken

    def take(self, connection: Connection, run: RunRow, new: NewRun) -> None:
        """Give the run to the worker once the write is committed; see `Opening`."""
        self._is_taken = True
        claimed, assignment = self._leases.assign(connection, run, new)
        Database.run_after_commit(connection, partial(self._start, claimed, assignment))

    def _start(self, claimed: Claimed, assignment: Assignment) -> None:
        self._is_committed = True
        self._intake.start(claimed, assignment)

    def settle(self) -> None:
        """Give the slot back unless a run was committed to it; see `Opening`."""
        if not self._is_committed:
            self._intake.give_back()
