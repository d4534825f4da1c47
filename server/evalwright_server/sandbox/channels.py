"""The descriptors of one sandbox, on the server's side."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from evalwright_server.sandbox.pipes import HeadReader, LineReader, PipeReader
from evalwright_server.sandbox.seccomp import filter_program

LAUNCHER_SOURCE: Final = Path(__file__).parent / "programs" / "launch.py"


class Channels:
    """Pipes to and from a sandbox, and files for it.

    Attributes:
        remote: What the sandbox gets, in the order that `command.py` lays down.
        readers: One for each stream that comes out.
        go: Write end of the sandbox's stdin.
    """

    def __init__(self) -> None:
        self.remote: list[int] = []
        self.readers: list[PipeReader] = []
        self.go = -1
        self._remote_ends = ExitStack()
        self._local_ends = ExitStack()

    async def open(
        self,
        stdout: HeadReader,
        stderr: HeadReader,
        status: LineReader,
        messages: LineReader,
        files: Mapping[str, bytes],
    ) -> None:
        """Make all pipes and copy the files into memory."""
        self._keep_remote(self._open_go())
        for reader in (stdout, stderr, status, messages):
            self._keep_remote(await self._open_reader(reader))
        for content in (filter_program(), LAUNCHER_SOURCE.read_bytes(), *files.values()):
            self._keep_remote(memory_file(content))

    def _keep_remote(self, fd: int) -> None:
        self.remote.append(fd)
        self._remote_ends.callback(os.close, fd)

    def _open_go(self) -> int:
        end, self.go = os.pipe()
        self._local_ends.callback(os.close, self.go)
        return end

    async def _open_reader(self, reader: PipeReader) -> int:
        end, other = os.pipe()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: reader, os.fdopen(end, "rb", 0))
        self._local_ends.callback(transport.close)
        self.readers.append(reader)
        return other

    def release_remote(self) -> None:
        """Close the copies of what the sandbox holds now, so that its end is seen as such."""
        self._remote_ends.close()

    def close(self) -> None:
        """Close everything."""
        self._remote_ends.close()
        self._local_ends.close()


def memory_file(content: bytes) -> int:
    """Return a descriptor that reads a content from its start."""
    fd = os.memfd_create("evalwright")
    with os.fdopen(fd, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
