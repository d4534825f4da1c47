"""What a job writes, on its way to the server while it runs.

In bounded batches, at most ten times a second, and only for jobs that live longer than that: what
a short one wrote is in its report, and a commit for it would cost as much as the job.
"""

import asyncio
import codecs
import contextlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from types import TracebackType
from typing import Final, Self

from evalwright_server.runs.context import Context
from evalwright_server.runs.job_report import OutputPiece
from evalwright_server.runs.sources.job import OUTPUT
from evalwright_server.runs.sources.source import Item
from evalwright_server.store.errors import DatabaseError

INTERVAL: Final = 0.1
"""Seconds from the first output to the first batch, and between batches at least."""
BATCH_CHARACTERS: Final = 256 * 1024
"""The largest batch."""

_STREAMS: Final = ("stdout", "stderr")


class LiveOutput:
    """Sends what a job writes. Use it as an asynchronous context around the job.

    Args:
        context: Where to.
        on_loss: Called once when nothing more can be sent, since the attempt is over.

    Attributes:
        loss: Why nothing more can be sent.
    """

    def __init__(self, context: Context, on_loss: Callable[[], None]) -> None:
        self.loss: Exception | None = None
        self._context = context
        self._on_loss = on_loss
        self._decoders: Mapping[str, codecs.IncrementalDecoder] = {
            stream: codecs.getincrementaldecoder("utf-8")("replace") for stream in _STREAMS
        }
        self._chunks: list[tuple[str, str]] = []
        self._batch: list[OutputPiece] = []
        self._last_seq = 0
        self._was_sent = False
        self._news = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._sending = asyncio.create_task(self._send_forever())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Send nothing more by itself; a batch on its way is waited for."""
        if self._sending is not None:
            self._sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sending

    def take(self, stream: str, chunk: bytes) -> None:
        """Take some of what was written to `stdout` or `stderr`."""
        self._add(stream, self._decoders[stream].decode(chunk))

    def rest(self) -> list[OutputPiece]:
        """Return what was not sent, after the end; nothing for a job of which nothing was."""
        for stream, decoder in self._decoders.items():
            self._add(stream, decoder.decode(b"", final=True))
        if not self._was_sent:
            return []
        return [*self._batch, *self._number(self._chunks)]

    def _add(self, stream: str, text: str) -> None:
        for start in range(0, len(text), BATCH_CHARACTERS):
            self._chunks.append((stream, text[start : start + BATCH_CHARACTERS]))
        if text:
            self._news.set()

    async def _send_forever(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(INTERVAL)
            self._news.clear()
            try:
                await self._send_all()
            except DatabaseError:
                # It passes, or the lease runs out. What was not sent is tried again.
                self._news.set()
            except Exception as loss:
                self.loss = loss
                self._on_loss()
                return

    async def _send_all(self) -> None:
        while self._batch or self._chunks:
            if not self._batch:
                count = _fitting(self._chunks)
                self._batch = self._number(self._chunks[:count])
                del self._chunks[:count]
            # From here on it may have arrived. Sent again, it changes nothing.
            self._was_sent = True
            await self._context.store([_item(piece) for piece in self._batch])
            self._batch = []

    def _number(self, chunks: Sequence[tuple[str, str]]) -> list[OutputPiece]:
        """Return pieces of which each joins what was written to one stream without a break."""
        pieces = []
        for stream, group in itertools.groupby(chunks, key=itemgetter(0)):
            self._last_seq += 1
            text = "".join(text for _, text in group)
            pieces.append(OutputPiece(self._last_seq, stream, text))
        return pieces


def _fitting(chunks: Sequence[tuple[str, str]]) -> int:
    """Return how many of the first chunks make one batch, at least one."""
    sizes = itertools.accumulate(len(text) for _, text in chunks)
    return max(sum(1 for _ in itertools.takewhile(BATCH_CHARACTERS.__ge__, sizes)), 1)


def _item(piece: OutputPiece) -> Item:
    return {"type": OUTPUT, "seq": piece.seq, "stream": piece.stream, "text": piece.text}
