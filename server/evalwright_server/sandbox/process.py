"""The processes of one sandbox: bringing them up, and getting rid of them."""

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from evalwright_server.sandbox.channels import Channels
from evalwright_server.sandbox.command import Argument
from evalwright_server.sandbox.diagnosis import diagnose
from evalwright_server.sandbox.pipes import HeadReader, LineCallback, LineReader
from evalwright_server.sandbox.spawner import SpawnedProcess, Spawner

START_SECONDS: Final = 30.0
"""How long a sandbox may take to get ready; tens of milliseconds are usual."""
END_SECONDS: Final = 5.0
"""How long the kernel may take to clear a killed sandbox away."""
STATUS_LINE: Final = 4096
NO_FD: Final = -1


class SandboxProcess:
    """A sandbox that waits for the word to go, then runs.

    Attributes:
        stdout: What the job prints.
        stderr: What it prints there.
        child: Process ID of the sandbox's first process, 0 until it is known.
        exit_code: Of the job, once it has ended by itself.
        exited: Done when bubblewrap is gone.
        overflowed: Done when a message was too long.
        on_message: Gets each message of the job.
    """

    def __init__(self, output_bytes: int, message_bytes: int, on_message: LineCallback) -> None:
        """Prepare; `start` does the work.

        Args:
            output_bytes: How much of stdout and of stderr is kept.
            message_bytes: Longest message.
            on_message: Gets each message.
        """
        loop = asyncio.get_running_loop()
        self.stdout = HeadReader(output_bytes)
        self.stderr = HeadReader(output_bytes)
        self.child = 0
        self.exit_code: int | None = None
        self.exited: asyncio.Future[None] = loop.create_future()
        self.overflowed: asyncio.Future[None] = loop.create_future()
        self.on_message = on_message
        self._loop = loop
        self._channels = Channels()
        self._status = LineReader(STATUS_LINE, self._on_status, lambda: None)
        self._messages = LineReader(
            message_bytes, self._on_line, lambda: self.overflowed.set_result(None)
        )
        self._requested = False
        self._bubblewrap: SpawnedProcess | None = None
        self._announced = 0
        self._child_pidfd = NO_FD
        self._ready: asyncio.Future[None] = loop.create_future()
        self._killable: asyncio.Future[None] = loop.create_future()
        self._destruction: asyncio.Task[None] | None = None

    async def start(
        self, spawner: Spawner, arguments: list[Argument], files: Mapping[str, bytes]
    ) -> None:
        """Bring the sandbox up until it waits for the word to go.

        Args:
            spawner: Starts it.
            arguments: For bubblewrap.
            files: What they speak of.

        Raises:
            SandboxUnavailable: It did not come up.
        """
        await self._channels.open(self.stdout, self.stderr, self._status, self._messages, files)
        # A cancelled task can't recall the thread, so the process is dealt with when it is there.
        spawning = asyncio.ensure_future(
            asyncio.to_thread(spawner.spawn, arguments, self._channels.remote)
        )
        self._requested = True
        spawning.add_done_callback(self._on_spawned)
        await asyncio.shield(spawning)
        await asyncio.wait(
            {self._ready, self.exited}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if not self._ready.done():
            await self.destroy()
            raise diagnose(self.stderr.text or "it did not get ready in time")

    def go(self) -> None:
        """Let the job begin."""
        with suppress(BrokenPipeError):  # it is dead already, which `exited` tells
            os.write(self._channels.go, b"\n")

    def _on_spawned(self, spawning: "asyncio.Future[SpawnedProcess]") -> None:
        self._channels.release_remote()
        if spawning.cancelled() or spawning.exception():
            self._note_exit()
            return
        self._bubblewrap = spawning.result()
        self._loop.add_reader(self._bubblewrap.pidfd, self._note_exit)
        self._adopt()

    def _note_exit(self) -> None:
        if self._bubblewrap is not None:
            self._loop.remove_reader(self._bubblewrap.pidfd)
        for future in (self.exited, self._killable):
            if not future.done():
                future.set_result(None)

    def _on_status(self, line: bytes) -> None:
        status = json.loads(line)
        self.exit_code = status.get("exit-code", self.exit_code)
        self._announced = status.get("child-pid", self._announced)
        self._adopt()

    def _adopt(self) -> None:
        """Hold on to the first process, provided it still is the one that was announced."""
        if self._killable.done() or not self._announced or self._bubblewrap is None:
            return
        with suppress(OSError):
            self._child_pidfd = os.pidfd_open(self._announced)
            if parent_of(self._announced) == self._bubblewrap.pid:
                self.child = self._announced
        self._killable.set_result(None)

    def _on_line(self, line: bytes) -> None:
        if self._ready.done():
            self.on_message(line)
        else:
            self._ready.set_result(None)

    async def destroy(self) -> None:
        """Kill whatever is left and give everything back; safe to call again, or to cancel."""
        if self._destruction is None:
            self._destruction = asyncio.ensure_future(self._destroy())
        await asyncio.shield(self._destruction)

    async def _destroy(self) -> None:
        # Between bubblewrap's fork and the child's own request to die with it, the child would
        # survive: so it is killed by itself, for which it has to be known.
        if self._requested:
            await asyncio.wait({self._killable}, timeout=END_SECONDS)
            self._kill()
        if self._bubblewrap is not None:
            closed = [reader.closed for reader in self._channels.readers]
            await asyncio.wait({*closed, self.exited}, timeout=END_SECONDS)
        self._release()

    def _kill(self) -> None:
        victims = [self._child_pidfd if self.child else NO_FD]
        victims += [self._bubblewrap.pidfd] if self._bubblewrap is not None else []
        for pidfd in victims:
            if pidfd != NO_FD:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)

    def _release(self) -> None:
        self._channels.close()
        pidfds = [self._child_pidfd]
        if self._bubblewrap is not None:
            self._loop.remove_reader(self._bubblewrap.pidfd)
            pidfds.append(self._bubblewrap.pidfd)
        for pidfd in pidfds:
            if pidfd != NO_FD:
                os.close(pidfd)


def parent_of(pid: int) -> int:
    """Read a process's parent.

    Raises:
        OSError: There is no such process.
    """
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("PPid:"))
