"""Threads that run database functions for an event loop, many per transaction.

A thread hop per operation and a commit per write are what a small statement really costs. So
whatever waits when a thread becomes free goes into one transaction, and one wake-up of the loop
delivers all its results: under load the batches grow and the cost per operation falls.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection

from evalwright_server.store.errors import DatabaseBusy, DatabaseUnavailable

T = TypeVar("T")
Unit: TypeAlias = Callable[[Connection], T]
"""A function of a connection. It may run again after a failed commit: no effects elsewhere."""
Callback: TypeAlias = Callable[[], object]

logger: Final = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Operation:
    """One function on its way through a thread.

    Attributes:
        unit: What to run.
        future: Where the caller waits.
        value: What the function returned.
        error: Why there is no value.
        callbacks: What to call on the loop once the value is committed.
    """

    unit: Unit[Any]
    future: asyncio.Future[Any]
    value: Any = None
    error: Exception | None = None
    callbacks: list[Callback] = field(default_factory=list)

    def succeed(self, value: object, callbacks: list[Callback]) -> None:
        """Keep the outcome of a run that went well."""
        self.value, self.error, self.callbacks = value, None, callbacks

    def fail(self, error: Exception) -> None:
        """Keep the error; nothing of the function stays."""
        self.value, self.error, self.callbacks = None, error, []


class Session(Protocol):
    """A thread's connection and what it does with a batch."""

    def run(self, batch: Sequence[Operation]) -> None:
        """Run a batch; every operation has its outcome afterwards, and nothing is raised."""

    def close(self) -> None:
        """Close the connection."""


class DatabaseThreads:
    """A queue of operations and the threads that empty it in batches.

    Args:
        name: Of the threads, in tracebacks and debuggers.
        open_session: Called once in each thread.
        count: How many threads.
        batch: The most operations that share a transaction.
        capacity: How many may wait before more are refused.
    """

    def __init__(
        self,
        name: str,
        open_session: Callable[[], Session],
        *,
        count: int,
        batch: int,
        capacity: int,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._open_session = open_session
        self._batch = batch
        self._capacity = capacity
        self._waiting = 0
        self._closed = False
        self._inbox: SimpleQueue[Operation | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{index}", daemon=True)
            for index in range(count)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, unit: Unit[T]) -> T:
        """Run a function in some batch and return what it returned, or raise what it raised.

        Raises:
            DatabaseBusy: Too many operations are waiting.
            DatabaseUnavailable: The threads have been closed.
        """
        if self._closed:
            raise DatabaseUnavailable("the database has been closed")
        if self._waiting >= self._capacity:
            raise DatabaseBusy(f"{self._waiting} database operations are waiting: retry later")
        future: asyncio.Future[T] = self._loop.create_future()
        self._waiting += 1
        self._inbox.put(Operation(unit, future))
        return await future

    async def close(self) -> None:
        """Finish what waits, then end the threads."""
        self._closed = True
        for _ in self._threads:
            self._inbox.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _work(self) -> None:
        session = self._open_session()
        more = True
        while more:
            operations, more = self._take()
            if operations:
                session.run([each for each in operations if not each.future.cancelled()])
                self._loop.call_soon_threadsafe(self._deliver, operations)
        session.close()

    def _take(self) -> tuple[list[Operation], bool]:
        operations: list[Operation] = []
        entry = self._inbox.get()
        while entry is not None:
            operations.append(entry)
            if len(operations) == self._batch:
                return operations, True
            try:
                entry = self._inbox.get_nowait()
            except Empty:
                return operations, True
        return operations, False

    def _deliver(self, operations: Sequence[Operation]) -> None:
        self._waiting -= len(operations)
        for operation in operations:
            for callback in operation.callbacks:
                try:
                    callback()
                except Exception:
                    logger.exception("a callback after commit failed")
        for operation in operations:
            if operation.future.done():
                continue
            if operation.error is None:
                operation.future.set_result(operation.value)
            else:
                operation.future.set_exception(operation.error)
