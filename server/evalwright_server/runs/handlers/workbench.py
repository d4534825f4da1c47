"""Where a worker process computes: one thread for all analyses, and the model that embeds texts."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from evalwright_server.embeddings import EmbeddingsMissing, open_embedder

if TYPE_CHECKING:
    from evalwright_server.embeddings.embedder import Embedder

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Computed(Generic[T]):
    """What came of some work, and how many seconds that took."""

    value: T
    seconds: float


class Workbench:
    """Computes beside the event loop, one piece of work after the other.

    One thread, because more would share one interpreter lock; in the order of asking, so that
    analyses which ask for small pieces of work take turns.

    Args:
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._thread: Final = ThreadPoolExecutor(1, thread_name_prefix="analyses")
        self._clock = clock
        self._embedder: Embedder | None = None
        self._missing = ""

    async def compute(self, work: Callable[[], T]) -> Computed[T]:
        """Do some work; whoever is cancelled meanwhile doesn't wait for its end."""

        def measured() -> Computed[T]:
            started = self._clock()
            value = work()
            return Computed(value, self._clock() - started)

        return await asyncio.get_running_loop().run_in_executor(self._thread, measured)

    def embedder(self) -> "tuple[Embedder | None, str]":
        """Return the embedder, or None and why there is none. Within `compute` only.

        It is loaded by the first who needs it: that takes time and memory, and most workers never
        do.
        """
        if self._embedder is None and not self._missing:
            try:
                self._embedder = open_embedder()
            except EmbeddingsMissing as error:
                self._missing = str(error)
        return self._embedder, self._missing

    def close(self) -> None:
        """Take no more work."""
        self._thread.shutdown(wait=False, cancel_futures=True)
