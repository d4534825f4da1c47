"""Templates: interpreters with everything imported, from whose children sandboxes are made.

Importing pandas takes a second, forking a process that has imported it milliseconds. What jobs of
one template share is said in programs/zygote.py.
"""

import json
import os
import select
import signal
import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Final

from evalwright_server.sandbox.channels import agent_program, compiled, memory_file
from evalwright_server.sandbox.command import (
    Argument,
    Shape,
    hidden_in_proc,
    template_arguments,
)
from evalwright_server.sandbox.diagnosis import diagnose
from evalwright_server.sandbox.folders import SlotFolder
from evalwright_server.sandbox.interpreter import Interpreter
from evalwright_server.sandbox.slot import receive
from evalwright_server.sandbox.spawner import SpawnedProcess, Spawner

PROGRAM: Final = Path(__file__).parent / "programs" / "zygote.py"
START_SECONDS: Final = 120.0
"""How long the imports may take."""
ANSWER_SECONDS: Final = 30.0
"""How long a child may take, which is milliseconds."""
END_SECONDS: Final = 5.0
COMPLAINT_BYTES: Final = 16 * 1024


class Template:
    """A process that makes sandboxes of its children: a `Launcher`, usable from several threads.

    Attributes:
        users: How many sandboxes of it there are.
    """

    def __init__(self, spawner: Spawner, process: SpawnedProcess, requests: socket.socket) -> None:
        """Take over a process that is on its way; `start` makes one."""
        self.users = 0
        self._spawner = spawner
        self._process = process
        self._requests = requests
        self._lock = threading.Lock()
        # Of its own, as the event loop counts and must not wait for an answer.
        self._counting = threading.Lock()
        self._is_open = True
        self._is_broken = False

    @classmethod
    def start(
        cls, spawner: Spawner, interpreter: Interpreter, folders: Path, shape: Shape
    ) -> "Template":
        """Make a template; blocks until it has imported everything.

        Args:
            spawner: Starts it.
            interpreter: The Python to run.
            folders: Where the folders of all its sandboxes will be.
            shape: Which packages it has, and what it imports.

        Raises:
            SandboxUnavailable: It did not come up.
        """
        requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        requests.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        with ExitStack() as stack:
            stack.enter_context(theirs)
            complaints = stack.enter_context(
                os.fdopen(os.memfd_create("complaints"), "w+b", buffering=0)
            )
            fds = [os.open(os.devnull, os.O_RDWR), memory_file(agent_program()),
                   memory_file(zygote_program())]  # fmt: skip
            for fd in fds:
                stack.callback(os.close, fd)
            nothing, *programs = fds
            passed = [nothing, nothing, complaints.fileno(), theirs.fileno(), *programs]
            try:
                process = spawner.spawn(template_arguments(interpreter, folders, shape), passed)
            except BaseException:
                requests.close()
                raise
            theirs.close()
            template = cls(spawner, process, requests)
            try:
                template._expect_ready()
            except BaseException:
                template.close()
                complaints.seek(0)
                raise diagnose(complaints.read(COMPLAINT_BYTES).decode(errors="replace")) from None
        return template

    def _expect_ready(self) -> None:
        self._requests.settimeout(START_SECONDS)
        if self._requests.recv(16) != b"ready":
            raise EOFError
        self._requests.settimeout(ANSWER_SECONDS)

    @property
    def alive(self) -> bool:
        """Whether it can still make any."""
        return self._is_open and not self._is_broken and not has_ended(self._process.pidfd, 0)

    def request(self, folder: SlotFolder, shape: Shape) -> list[Argument]:
        """Compose the arguments of `spawn`."""
        values = {
            "folder": folder.name,
            "tmp_bytes": shape.tmp_bytes,
            "output_bytes": shape.output_bytes,
            "hidden": hidden_in_proc(),
        }
        return [json.dumps(values)]

    def spawn(self, arguments: Sequence[Argument], fds: Sequence[int]) -> SpawnedProcess:
        """Make a sandbox; blocks for some milliseconds.

        Args:
            arguments: See `request`.
            fds: What any sandbox gets, in the usual order.

        Raises:
            SandboxUnavailable: It could not be made, or the template died.
        """
        with self._lock:
            try:
                socket.send_fds(self._requests, [str(arguments[0]).encode()], list(fds))
                answer, received, sender = receive(self._requests)
            except OSError as error:
                # An answer that comes too late would be taken for that to the next request.
                self._give_up()
                raise diagnose(f"template: {error}") from error
            if answer != b"agent" or not received:
                self._give_up()
                raise diagnose(f"template: {answer.decode(errors='replace') or 'it died'}")
        with self._counting:
            self.users += 1
        return SpawnedProcess(sender, received[0], None, is_agent=True)

    def release(self, process: SpawnedProcess) -> None:  # noqa: ARG002 - all have the same account
        """Note that a sandbox is gone."""
        with self._counting:
            self.users -= 1

    def has_own_account(self, process: SpawnedProcess) -> bool:  # noqa: ARG002
        """Tell that a sandbox shares its account with the others of the template."""
        return False

    def _give_up(self) -> None:
        self._is_broken = True
        self._kill()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process.pidfd, signal.SIGKILL)

    def close(self) -> None:
        """End it and every sandbox of it; safe to call again."""
        with self._lock:
            if not self._is_open:
                return
            self._is_open = False
        # The end of the socket ends what a kill does not reach in time.
        self._requests.close()
        self._kill()
        if has_ended(self._process.pidfd, END_SECONDS):
            self._spawner.release(self._process)
        os.close(self._process.pidfd)


def has_ended(pidfd: int, seconds: float) -> bool:
    """Wait for the end of a process, and return whether it came in time."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


@cache
def zygote_program() -> bytes:
    """Return the template's program, compiled."""
    return compiled(PROGRAM)
