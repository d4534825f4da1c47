"""The server's end of the spawner process; see programs/spawner.py for why there is one."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evalwright_server.sandbox.account import Account
from evalwright_server.sandbox.bubblewrap import Bubblewrap
from evalwright_server.sandbox.command import Argument
from evalwright_server.sandbox.diagnosis import diagnose
from evalwright_server.sandbox.exposure import Exposure

PROGRAM: Final = Path(__file__).parent / "programs" / "spawner.py"
ANSWER_SECONDS: Final = 30.0
"""Patience with the spawner, which answers in milliseconds."""
MAX_ANSWER: Final = 4096


@dataclass(frozen=True, slots=True)
class SpawnedProcess:
    """A bubblewrap that runs.

    Attributes:
        pid: Its process ID; valid at least until the next process is spawned.
        pidfd: Descriptor that stays valid; whoever holds this object closes it.
    """

    pid: int
    pidfd: int


class Spawner:
    """A child process that starts sandboxes; usable from several threads."""

    def __init__(self, bubblewrap: Bubblewrap, account: Account | None, exposure: Exposure) -> None:
        """Start the process and wait until it is ready.

        Args:
            bubblewrap: The copy to use.
            account: What to become first, for a server that is root.
            exposure: What that account needs help to reach; nothing without an account.

        Raises:
            SandboxUnavailable: It could not set itself up.
        """
        self._lock = threading.Lock()
        configuration = {
            "bwrap": str(bubblewrap.program),
            "uid": account.uid if account else None,
            "covered": [str(path) for path in exposure.covered],
            "bound": [str(path) for path in exposure.bound],
            "copied": [str(path) for path in exposure.copied],
        }
        self._channel, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.settimeout(ANSWER_SECONDS)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", PROGRAM, json.dumps(configuration),
                 str(other.fileno())],
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # A Ctrl-C is for the server, which then ends its sandboxes in its own time.
                start_new_session=True,
                env={name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
            )  # fmt: skip
        self._expect_ready()

    @property
    def alive(self) -> bool:
        """Whether it can still start something."""
        return self._process.poll() is None

    def _expect_ready(self) -> None:
        try:
            packet = self._channel.recv(MAX_ANSWER)
            problem = "" if packet == b"{}" else json.loads(packet or b"{}").get("error", "it died")
        except OSError as error:
            problem = str(error)
        if problem:
            self.close()
            raise diagnose(problem)

    def spawn(self, arguments: Sequence[Argument], fds: Sequence[int]) -> SpawnedProcess:
        """Start one bubblewrap; blocks for a millisecond.

        Args:
            arguments: Its command line; numbers stand for the place of a descriptor in `fds`.
            fds: What it inherits; stdin, stdout and stderr first. The caller keeps its copies.

        Raises:
            SandboxUnavailable: It could not be started, or the spawner died.
        """
        with self._lock:
            try:
                socket.send_fds(self._channel, [json.dumps(arguments).encode()], list(fds))
                packet, received, _, _ = socket.recv_fds(
                    self._channel, MAX_ANSWER, 1, socket.MSG_CMSG_CLOEXEC
                )
            except OSError as error:
                # An answer that comes too late would be taken for that to the next request.
                self._process.kill()
                self._process.wait()
                raise diagnose(f"spawner: {error}") from error
        answer = json.loads(packet or b"{}")
        if "pid" not in answer:
            raise diagnose(answer.get("error", "spawner died"))
        return SpawnedProcess(answer["pid"], received[0])

    def close(self) -> None:
        """End the process and, with it, every sandbox it started."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
