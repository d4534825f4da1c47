"""The descriptors of one sandbox, on the server's side."""

import marshal
import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import Final

from evalwright_server.sandbox.pipes import HeadReader, LineReader
from evalwright_server.sandbox.seccomp import filter_program

STARTING_BYTES: Final = 16 * 1024
"""How much is kept of what bubblewrap complains about."""
STATUS_LINE: Final = 4096
_PROGRAMS: Final = Path(__file__).parent / "programs"


class Channels:
    """Pipes and sockets to and from a sandbox.

    Args:
        on_status: Gets each line of bubblewrap's status.

    Attributes:
        stdout: What the job prints.
        stderr: What it, or bubblewrap before it, prints there.
        messages: What it writes to descriptor 3.
        control: Socket to the agent.
        runner: Socket to the runner, until it is the job. Packets tell their sender's process ID.
        remote: What the sandbox gets, in the order that `command.py` lays down.
    """

    def __init__(self, on_status: Callable[[bytes], None]) -> None:
        self._ends = ExitStack()
        self._remote_ends = ExitStack()
        self.stdout = HeadReader(STARTING_BYTES)
        self.stderr = HeadReader(STARTING_BYTES)
        self._status = LineReader(STATUS_LINE, on_status, nothing)
        self.messages = LineReader(STATUS_LINE, ignore, nothing)
        for reader in (self.stdout, self.stderr, self._status, self.messages):
            self._ends.callback(reader.close)
            self._remote_ends.callback(reader.release)
        self.control, control = self._pair()
        self.runner, runner = self._pair()
        self.runner.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.remote = [
            self._keep(os.open(os.devnull, os.O_RDONLY)),
            *(reader.remote for reader in (self.stdout, self.stderr, self._status, self.messages)),
            control.fileno(),
            runner.fileno(),
            self._keep(memory_file(filter_program())),
            self._keep(memory_file(agent_program())),
        ]

    def _pair(self) -> tuple[socket.socket, socket.socket]:
        own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        own.setblocking(False)
        self._ends.callback(own.close)
        self._remote_ends.callback(other.close)
        return own, other

    def _keep(self, fd: int) -> int:
        self._remote_ends.callback(os.close, fd)
        return fd

    def release_remote(self) -> None:
        """Close the copies of what the sandbox holds now, so that its end is seen as such."""
        self._remote_ends.close()

    def drain(self) -> None:
        """Read what the job has written, which is all when it is dead."""
        for reader in (self.stdout, self.stderr, self.messages):
            reader.drain()

    def close(self) -> None:
        """Close everything."""
        self._remote_ends.close()
        self._ends.close()


@cache
def agent_program() -> bytes:
    """Return the program that is a sandbox's first process, compiled.

    Compiling it each time would take a tenth of what a sandbox takes to come up.
    """
    return compiled(_PROGRAMS / "agent.py")


def compiled(source: Path) -> bytes:
    """Compile a program to what Python runs as a `.pyc` file."""
    code = compile(source.read_bytes(), f"/env/{source.name}", "exec", dont_inherit=True)
    return MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


def memory_file(content: bytes) -> int:
    """Return a descriptor that reads a content from its start."""
    fd = os.memfd_create("evalwright")
    with os.fdopen(fd, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def ignore(line: bytes) -> None:
    """Do nothing with a line."""


def nothing() -> None:
    """Do nothing."""
