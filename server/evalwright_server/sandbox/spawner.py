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

from evalwright_server.sandbox.account import Accounts
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
    """A process that runs.

    Attributes:
        pid: Its process ID; valid at least until the next process is spawned.
        pidfd: Descriptor that stays valid; whoever holds this object closes it.
        uid: The account it was given, None for the server's own. Whoever holds this object gives it
            back by `Spawner.release` when every process of the sandbox is dead.
        is_agent: Whether it is the sandbox's first process itself, not a bubblewrap before it.
    """

    pid: int
    pidfd: int
    uid: int | None = None
    is_agent: bool = False


class Spawner:
    """A child process that starts sandboxes; usable from several threads.

    Attributes:
        accounts: What sandboxes run under when the server is root, each under one of its own.
    """

    def __init__(
        self,
        bubblewrap: Bubblewrap,
        accounts: Accounts | None,
        exposure: Exposure,
        *,
        adopts: bool = False,
    ) -> None:
        """Start the process and wait until it is ready.

        Args:
            bubblewrap: The copy to use.
            accounts: What sandboxes run under, for a server that is root.
            exposure: What those accounts need help to reach; nothing without accounts.
            adopts: Whether to kill what a process leaves that it started, for programs other than
                bubblewrap, whose children end with it.

        Raises:
            SandboxUnavailable: It could not set itself up.
        """
        self.accounts = accounts
        self._lock = threading.Lock()
        configuration = {
            "bwrap": str(bubblewrap.program),
            "adopts": adopts,
            "uids": [accounts.uids.start, accounts.uids.stop] if accounts else None,
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

    def spawn(
        self, arguments: Sequence[Argument], fds: Sequence[int], uid: int | None = None
    ) -> SpawnedProcess:
        """Start one bubblewrap; blocks for a millisecond.

        A server that is root need not name an account: the process gets a free one, to be given
        back by `release`.

        Args:
            arguments: Its command line; numbers stand for the place of a descriptor in `fds`.
            fds: What it inherits; stdin, stdout and stderr first. The caller keeps its copies.
            uid: One of `accounts`, taken before by the caller.

        Raises:
            SandboxUnavailable: It could not be started, or the spawner died.
        """
        if uid is None and self.accounts is not None:
            uid = self.accounts.take()
        try:
            with self._lock:
                pid, pidfd = self._ask([uid, list(arguments)], fds)
        except BaseException:
            self._give_back(uid)
            raise
        return SpawnedProcess(pid, pidfd, uid)

    def _ask(self, request: list[object], fds: Sequence[int]) -> tuple[int, int]:
        try:
            socket.send_fds(self._channel, [json.dumps(request).encode()], list(fds))
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
        return answer["pid"], received[0]

    def release(self, process: SpawnedProcess) -> None:
        """Give back the account of a sandbox all of whose processes are dead."""
        self._give_back(process.uid)

    def has_own_account(self, process: SpawnedProcess) -> bool:
        """Tell whether a sandbox shares its account with no other, nor with the server."""
        if self.accounts is None or process.uid is None:
            return False
        return not self.accounts.is_shared(process.uid)

    def _give_back(self, uid: int | None) -> None:
        if self.accounts is not None and uid is not None:
            self.accounts.give_back(uid)

    def close(self) -> None:
        """End the process and, with it, every sandbox it started."""
        self._channel.close()
        self._process.kill()
        self._process.wait()
