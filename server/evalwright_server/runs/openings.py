"""Direct starts: a run is claimed for a free slot by the write that submits it.

One commit instead of two, and no way through the queue. Reservations are made and given back on
the event loop only, where credit is counted too. A write that fails, or finds its run submitted
before, gives the slot back; one whose outcome nobody waits for any more still runs to its end.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from evalwright_server.runs.records import NewRun, RunRow
from evalwright_server.store.database import Database

T = TypeVar("T")


class Opening(Protocol):
    """A worker's free slot, reserved for the run that a write is about to submit."""

    @property
    def owner(self) -> str:
        """The worker."""
        ...

    def fits(self, run: NewRun) -> bool:
        """Return whether it is for such a run, and has not been taken in this write."""
        ...

    def take(self, connection: Connection, run: RunRow, new: NewRun) -> None:
        """Give the run to the worker once the write is committed."""

    def settle(self) -> None:
        """Give the slot back unless a run was committed to it. On the event loop."""


class Offer(Protocol):
    """Who may have free slots."""

    def reserve(self, queue: str) -> Opening | None:
        """Reserve a slot for a run of this queue, if one is free and no run waits for it."""
        ...


class Openings:
    """The workers connected to this server, as far as they may have free slots."""

    def __init__(self) -> None:
        self._offers: list[Offer] = []

    def add(self, offer: Offer) -> None:
        """Take in a worker."""
        self._offers.append(offer)

    def remove(self, offer: Offer) -> None:
        """Forget a worker that is gone."""
        self._offers.remove(offer)

    def reserve(self, queue: str) -> Opening | None:
        """Reserve a slot, of each worker in turn."""
        for index, offer in enumerate(self._offers):
            opening = offer.reserve(queue)
            if opening is not None:
                self._offers.append(self._offers.pop(index))
                return opening
        return None

    async def write(
        self, db: Database, queue: str, unit: Callable[[Connection, Opening | None], T]
    ) -> T:
        """Run a write that may give its run to a slot; see `Database.write`."""
        opening = self.reserve(queue)
        if opening is None:
            return await db.write(lambda connection: unit(connection, None))
        # The slot's fate hangs on the write's: whoever gives up waiting must not part them.
        return await asyncio.shield(asyncio.ensure_future(_write(db, opening, unit)))


async def _write(
    db: Database, opening: Opening, unit: Callable[[Connection, Opening | None], T]
) -> T:
    try:
        return await db.write(lambda connection: unit(connection, opening))
    finally:
        opening.settle()
