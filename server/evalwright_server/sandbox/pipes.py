"""Readers for what comes out of a sandbox; none can be flooded."""

import asyncio
from collections.abc import Callable

LineCallback = Callable[[bytes], None]


class PipeReader(asyncio.Protocol):
    """Base of the readers: tells when every writer is gone.

    Attributes:
        closed: Done at end of file.
    """

    def __init__(self) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Note the end of file."""
        if not self.closed.done():
            self.closed.set_result(None)


class HeadReader(PipeReader):
    """Keeps the first bytes and drops the rest."""

    def __init__(self, limit: int) -> None:
        """Start empty.

        Args:
            limit: How many bytes to keep.
        """
        super().__init__()
        self._limit = limit
        self._kept = bytearray()

    def data_received(self, data: bytes) -> None:
        """Keep what there is room for."""
        self._kept += data[: self._limit - len(self._kept)]

    @property
    def text(self) -> str:
        """What was kept, with a replacement for what is not UTF-8."""
        return self._kept.decode("utf-8", errors="replace")


class LineReader(PipeReader):
    """Hands over line by line, without the line feed."""

    def __init__(self, limit: int, on_line: LineCallback, on_overflow: Callable[[], None]) -> None:
        """Start empty.

        Args:
            limit: Longest line in bytes.
            on_line: Gets each line.
            on_overflow: Called when a line gets longer; nothing is handed over after that.
        """
        super().__init__()
        self._limit = limit
        self._on_line = on_line
        self._on_overflow = on_overflow
        self._pending = b""
        self._broken = False

    def data_received(self, data: bytes) -> None:
        """Hand over the lines that are complete."""
        if self._broken:
            return
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            if len(line) > self._limit:
                break
            self._on_line(line)
        else:
            if len(self._pending) <= self._limit:
                return
        self._broken = True
        self._on_overflow()
