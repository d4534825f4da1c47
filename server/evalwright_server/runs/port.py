"""What a worker needs from the world: a port through which runs come in and reports go out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pydantic import JsonValue

from evalwright_server.runs.records import (
    DEFAULT_QUEUE,
    Assignment,
    Beginning,
    Fence,
    Finish,
)
from evalwright_server.runs.sources.source import Item, Page


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Someone asked for the run to be cancelled: stop, and finish as cancelled."""

    fence: Fence


@dataclass(frozen=True, slots=True)
class Loss:
    """The attempt is over: stop, and write nothing more about it."""

    fence: Fence


@dataclass(frozen=True, slots=True)
class Drain:
    """Take no more runs; after so many seconds hand back what isn't finished, and end."""

    grace_seconds: float


Push: TypeAlias = Assignment | Cancellation | Loss | Drain
"""What the server tells a worker without being asked."""


class PortClosed(Exception):
    """The server is gone. The worker stops at once; its runs are already somebody else's."""


class WorkerPort(Protocol):
    """A worker's connection to the server.

    All methods that name a fence raise `LeaseLost` when the attempt is over, and a `DatabaseError`
    when the server can't do its part now.
    """

    def credit(self, count: int, queue: str = DEFAULT_QUEUE) -> None:
        """Ask for so many more runs of a queue, each to come as an `Assignment`."""

    def withdraw(self) -> None:
        """Ask for nothing more, ever: the worker is about to end."""

    async def receive(self) -> Push:
        """Return what the server says next.

        Raises:
            PortClosed: The server is gone.
        """
        ...

    async def alive(self, fences: Collection[Fence]) -> None:
        """Extend the leases of attempts that are making progress."""

    async def begin(self, fence: Fence) -> Beginning:
        """Return how much there is to do, after writing it down."""
        ...

    async def page(self, fence: Fence, cursor: JsonValue, limit: int) -> Page:
        """Return some of what is to be done."""
        ...

    async def store(self, fence: Fence, items: Sequence[Item]) -> None:
        """Keep results and count them, all or nothing."""

    async def finish(self, fence: Fence, finish: Finish) -> None:
        """End the run."""

    async def hand_back(self, fence: Fence) -> None:
        """Let another worker go on with the run."""
