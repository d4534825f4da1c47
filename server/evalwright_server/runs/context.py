"""What a handler gets to work with, and what a handler is."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeAlias

from pydantic import JsonValue

from evalwright_server.runs.port import WorkerPort
from evalwright_server.runs.records import Assignment, Beginning, Finish
from evalwright_server.runs.sources.source import Item, Page


class Context:
    """One attempt at a run, as its handler sees it.

    Methods raise `LeaseLost` once the attempt is over, and a `DatabaseError` when the server can't
    do its part; handlers let both pass.
    """

    def __init__(self, port: WorkerPort, assignment: Assignment) -> None:
        self._port = port
        self.assignment: Final = assignment
        self.remains: JsonValue = None
        """What is to be kept of a run that is stopped: the result of its `Finish`."""

    @property
    def payload(self) -> Mapping[str, JsonValue]:
        """What the submitter wrote."""
        return self.assignment.payload

    @property
    def grants(self) -> Mapping[str, JsonValue]:
        """What the server tells in confidence; see `hooks`. Not to be stored or logged."""
        return self.assignment.grants

    async def begin(self) -> Beginning:
        """Have the server count what there is to do; call it first."""
        return await self._port.begin(self.assignment.fence)

    async def page(self, cursor: JsonValue, limit: int) -> Page:
        """Return at most `limit` of the things to do, without what is done already.

        Args:
            cursor: None for the first page, then the last page's.
            limit: How many.
        """
        return await self._port.page(self.assignment.fence, cursor, limit)

    async def store(self, items: Sequence[Item]) -> None:
        """Keep results for good, and count them.

        Cancelling the caller doesn't interrupt this: the results are kept, or an error says that
        they aren't, and never is it unknown which.
        """
        storing = asyncio.ensure_future(self._port.store(self.assignment.fence, items))
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            await asyncio.wait([storing])
            if not storing.cancelled():
                storing.exception()
            raise


Handler: TypeAlias = Callable[[Context], Awaitable[Finish]]
"""Does the work of one attempt and says how it ended.

To stop it, it is cancelled: it lets `CancelledError` pass, after storing what is finished or
leaving it in `Context.remains`.
"""
