"""What the handlers of all analyses share: going through the items.

Pages of items are computed on beside the event loop, and then completed one by one, several at a
time, with what has to be asked of others. Results are stored at most ten times a second, and for
good: whatever interrupts an analysis, it goes on with the items that have none.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, Generic, Protocol, TypeVar, cast

from pydantic import JsonValue

from evalwright_server.runs.context import Context
from evalwright_server.runs.handlers.batches import BatchSize
from evalwright_server.runs.handlers.outbox import Outbox
from evalwright_server.runs.handlers.stops import reason_of
from evalwright_server.runs.handlers.workbench import Workbench
from evalwright_server.runs.records import Finish
from evalwright_server.runs.sources.analysis_results import ItemResult
from evalwright_server.runs.sources.source import Item
from evalwright_server.runs.states import State

TARGET_SECONDS: Final = 0.5
"""What a piece of work should take: so long others wait for the thread at most."""

_SEND_SECONDS: Final = 0.2

logger: Final = logging.getLogger(__name__)

E = TypeVar("E")


class Analyst(Protocol[E]):
    """Says what comes of the items of one analysis.

    Attributes:
        at_once: How many items it makes sense to complete at a time.
    """

    at_once: int

    def examine(self, items: Sequence[Item]) -> Sequence[E]:
        """Compute what can be told of items without asking anybody. In a thread of its own."""
        ...

    async def complete(self, position: int, item: Item, examined: E) -> ItemResult:
        """Return what comes of an item; whatever keeps others from answering is in there."""
        ...

    def broken(self, position: int, reason: str) -> ItemResult:
        """Return what comes of an item that can't be examined."""
        ...

    def note(self) -> str | None:
        """Return what is worth knowing about the whole, once all is done."""
        ...


class Analysis(Generic[E]):
    """One attempt at an analysis.

    Args:
        context: The attempt.
        analyst: Who says what comes of items.
        bench: Where is computed.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self,
        context: Context,
        analyst: Analyst[E],
        bench: Workbench,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._analyst = analyst
        self._bench = bench
        self._outbox = Outbox(context, clock)
        self._examined: asyncio.Queue[tuple[int, Item, E] | None] = asyncio.Queue(analyst.at_once)

    async def run(self) -> Finish:
        """Go through the items."""
        await self._context.begin()
        try:
            await self._go_through()
        except BaseExceptionGroup as errors:
            return Finish(State.FAILED, failure_reason=reason_of(errors))
        return Finish(State.SUCCEEDED, note=self._analyst.note())

    async def _go_through(self) -> None:
        is_done = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._send_until(is_done))
                async with asyncio.TaskGroup() as workers:
                    workers.create_task(self._examine())
                    for _ in range(self._analyst.at_once):
                        workers.create_task(self._complete())
                is_done.set()
        except (asyncio.CancelledError, BaseExceptionGroup):
            await self._outbox.send()
            raise
        await self._outbox.send()

    async def _send_until(self, is_done: asyncio.Event) -> None:
        """Store what others leave behind while they wait for answers."""
        while not is_done.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SEND_SECONDS):
                    await is_done.wait()
            await self._outbox.send_if_due()

    async def _examine(self) -> None:
        size = BatchSize(target_seconds=TARGET_SECONDS)
        cursor: JsonValue = None
        while True:
            page = await self._context.page(cursor, size.rows)
            items = [_unpack(row) for row in page.items]
            if items:
                size = size.after(len(items), await self._examine_some(items), _weigh(items))
            cursor = page.cursor
            if cursor is None:
                break
        for _ in range(self._analyst.at_once):
            await self._examined.put(None)

    async def _examine_some(self, items: Sequence[tuple[int, Item]]) -> float:
        """Examine items, pass them on, and return how many seconds that took."""
        work = partial(self._analyst.examine, [item for _, item in items])
        try:
            computed = await self._bench.compute(work)
        except Exception as error:
            if len(items) > 1:
                return sum([await self._examine_some([item]) for item in items])
            # A mistake of ours that others' texts bring out is no reason to give them all up.
            logger.exception(
                "item %d of run %d", items[0][0], self._context.assignment.fence.run_id
            )
            await self._keep(self._analyst.broken(items[0][0], f"internal error: {error!r}"))
            return 0.0
        for (position, item), examined in zip(items, computed.value, strict=True):
            await self._examined.put((position, item, examined))
        return computed.seconds

    async def _complete(self) -> None:
        while (found := await self._examined.get()) is not None:
            try:
                result = await self._analyst.complete(*found)
            except Exception as error:
                result = self._give_up(found[0], error)
            await self._keep(result)

    def _give_up(self, position: int, error: Exception) -> ItemResult:
        """Return what comes of an item whose texts bring out a mistake of ours.

        That is no reason to give up the others.
        """
        run_id = self._context.assignment.fence.run_id
        logger.error("item %d of run %d can't be analysed", position, run_id, exc_info=error)
        return self._analyst.broken(position, f"internal error: {type(error).__name__}")

    async def _keep(self, result: ItemResult) -> None:
        self._outbox.add([result.to_item()])
        await self._outbox.send_if_due()


def _unpack(row: Item) -> tuple[int, Item]:
    return cast("int", row["position"]), cast("Mapping[str, JsonValue]", row["item"])


def _weigh(items: Sequence[tuple[int, Item]]) -> int:
    """Return about how many characters items have."""
    return sum(
        len(value) if isinstance(value, str) else len(repr(value))
        for _, item in items
        for value in item.values()
    )


def texts_of(value: JsonValue) -> tuple[str, ...]:
    """Return a member that is a text, several, or nothing, as texts."""
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def text_of(item: Item, name: str) -> str:
    """Return a member that is a text; empty where it is missing."""
    value = item.get(name)
    return value if isinstance(value, str) else ""
