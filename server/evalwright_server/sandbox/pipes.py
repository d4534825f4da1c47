"""Readers for what comes out of a sandbox; none can be flooded, none waits for an end of file."""

import asyncio
import os
from collections.abc import Callable
from typing import Final

PIECE: Final = 64 * 1024

DataCallback = Callable[[bytes], None]


class PipeReader:
    """The reading end of a pipe, and the other one until it is passed on.

    Attributes:
        remote: The writing end.
        closed: Done at end of file, or when the reader is closed.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._fd, self.remote = os.pipe()
        os.set_blocking(self._fd, False)
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self._fd, self._read)

    def data_received(self, data: bytes) -> None:
        """Do something with what was read."""

    def _read(self) -> bool:
        """Read a piece; return whether there may be more now."""
        try:
            data = os.read(self._fd, PIECE)
        except BlockingIOError:
            return False
        if data:
            self.data_received(data)
            return True
        self._end()
        return False

    def drain(self) -> None:
        """Read what is there now, without waiting: for when all that matter have written."""
        while not self.closed.done() and self._read():
            pass

    def _end(self) -> None:
        if not self.closed.done():
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self.closed.set_result(None)

    def release(self) -> None:
        """Close the writing end here, so that the others' end is seen as such."""
        if self.remote >= 0:
            os.close(self.remote)
            self.remote = -1

    def close(self) -> None:
        """Close both ends."""
        self.release()
        self._end()


class HeadReader(PipeReader):
    """Keeps the first bytes and drops the rest.

    Attributes:
        limit: How many bytes to keep; may be set until the first byte comes.
        on_data: Gets what is kept, as it comes.
        dropped: Whether more came than is kept.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.on_data: DataCallback | None = None
        self.dropped = False
        self._kept = bytearray()

    def data_received(self, data: bytes) -> None:
        """Keep what there is room for."""
        kept = data[: self.limit - len(self._kept)]
        self.dropped = self.dropped or len(kept) < len(data)
        self._kept += kept
        if kept and self.on_data is not None:
            self.on_data(kept)

    @property
    def text(self) -> str:
        """What was kept, with a replacement for what is not UTF-8; cut between characters."""
        if not self.dropped:
            return self._kept.decode("utf-8", errors="replace")
        return self._kept[: whole_characters(self._kept)].decode("utf-8", errors="replace")


class LineReader(PipeReader):
    """Hands over line by line, without the line feed.

    Attributes:
        limit: Longest line in bytes.
        on_line: Gets each line.
        on_overflow: Called when a line gets longer; nothing is handed over after that.
    """

    def __init__(self, limit: int, on_line: DataCallback, on_overflow: Callable[[], None]) -> None:
        super().__init__()
        self.limit = limit
        self.on_line = on_line
        self.on_overflow = on_overflow
        self._pending = b""
        self._broken = False

    def data_received(self, data: bytes) -> None:
        """Hand over the lines that are complete."""
        if self._broken:
            return
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            if len(line) > self.limit:
                break
            self.on_line(line)
        else:
            if len(self._pending) <= self.limit:
                return
        self._broken = True
        self.on_overflow()


def whole_characters(data: bytes | bytearray) -> int:
    """Return the length of a text in UTF-8 without a character that is cut off at its end."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            return len(data)
        if byte >= 0xC0:  # the first byte of a character of 2, 3 or 4
            size = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) if size <= back else len(data) - back
    return len(data)
