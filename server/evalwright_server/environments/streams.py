"""What an installer says, without keeping more of it than is needed."""

import asyncio
import os
from typing import Final, Self

CHUNK: Final = 64 * 1024


class Stream:
    """A pipe out of a sandbox.

    Attributes:
        remote: The write end, for the sandbox.
        ended: Done when every writer is gone.
        overflowed: Whether something was dropped.
    """

    def __init__(
        self,
        remote: int,
        reader: asyncio.StreamReader,
        transport: asyncio.ReadTransport,
        *,
        head: int,
        tail: int,
    ) -> None:
        self.remote = remote
        self.overflowed = False
        self._reader = reader
        self._transport = transport
        self._head_size = head
        self._tail_size = tail
        self._head = bytearray()
        self._tail = b""
        self.ended = asyncio.ensure_future(self._read())

    @classmethod
    async def open(cls, *, head: int = 0, tail: int = 0) -> Self:
        """Make the pipe and begin to read.

        Args:
            head: How many of the first bytes to keep.
            tail: How many of the last bytes to keep, after those.
        """
        end, remote = os.pipe()
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(end, "rb", 0)
        )
        return cls(remote, reader, transport, head=head, tail=tail)

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(CHUNK):
                self._keep(data)
        finally:
            self._transport.close()

    def _keep(self, data: bytes) -> None:
        room = self._head_size - len(self._head)
        self._head += data[:room]
        rest = self._tail + data[room:]
        self._tail = rest[max(0, len(rest) - self._tail_size) :]
        self.overflowed = self.overflowed or len(rest) > self._tail_size

    def release(self) -> None:
        """Close the write end, once the sandbox has its own; safe to call again."""
        if self.remote >= 0:
            os.close(self.remote)
            self.remote = -1

    @property
    def text(self) -> str:
        """What was kept."""
        return bytes(self._head + self._tail).decode("utf-8", errors="replace")
