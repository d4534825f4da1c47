"""One sandbox: made before its job is known, used for one job, then gone."""

import asyncio
import json
import logging
import marshal
import os
import signal
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from evalwright_server.sandbox.cgroups import Group
from evalwright_server.sandbox.channels import Channels, nothing
from evalwright_server.sandbox.command import Argument, Shape
from evalwright_server.sandbox.diagnosis import diagnose
from evalwright_server.sandbox.folders import SlotFolder
from evalwright_server.sandbox.output import OutputDirectory
from evalwright_server.sandbox.spawner import SpawnedProcess

START_SECONDS: Final = 30.0
"""How long a sandbox may take to get ready; tens of milliseconds are usual."""
END_SECONDS: Final = 5.0
"""How long the kernel may take to clear a killed sandbox away."""
NO_FD: Final = -1
PACKET: Final = 64 * 1024
_CREDENTIALS: Final = struct.Struct("3i")

logger: Final = logging.getLogger("evalwright")


class Launcher(Protocol):
    """Starts the processes of sandboxes."""

    def spawn(self, arguments: Sequence[Argument], fds: Sequence[int]) -> SpawnedProcess:
        """Start one; may block for some milliseconds.

        Raises:
            SandboxUnavailable: It could not be started.
        """
        ...

    def release(self, process: SpawnedProcess) -> None:
        """Note that every process of a sandbox is dead."""
        ...

    def has_own_account(self, process: SpawnedProcess) -> bool:
        """Tell whether a sandbox shares its account with no other, nor with the server."""
        ...


@dataclass(frozen=True, slots=True)
class AgentReport:
    """What the agent says about the end of a job.

    Attributes:
        exit_code: If it ended by itself.
        signal: If a signal ended it.
        cpu_seconds: Of the whole tree, with what the runner took to get ready.
        largest_bytes: The most memory of any single process.
        read_bytes: By system calls of the whole tree.
        written_bytes: Likewise.
    """

    exit_code: int | None
    signal: int | None
    cpu_seconds: float
    largest_bytes: int
    read_bytes: int
    written_bytes: int

    @classmethod
    def read(cls, packet: bytes) -> "AgentReport":
        """Read the agent's packet, which no job can write."""
        code, number, seconds, largest, read, written = packet.split()
        return cls(
            exit_code=None if int(code) < 0 else int(code),
            signal=None if int(number) < 0 else int(number),
            cpu_seconds=float(seconds),
            largest_bytes=int(largest),
            read_bytes=int(read),
            written_bytes=int(written),
        )


@dataclass(frozen=True, slots=True)
class Before:
    """What a runner had taken before its job began.

    Attributes:
        seconds: Processor time.
        read_bytes: Read by system calls.
        written_bytes: Written by them.
    """

    seconds: float = 0.0
    read_bytes: int = 0
    written_bytes: int = 0


class Slot:
    """A sandbox.

    Attributes:
        shape: What was known of the job when it was made.
        folder: Where its job's files go.
        channels: What connects it.
        group: Where the kernel limits and counts what it takes, if it does.
        group_layers: What the kernel limits for those in the group.
        agent: Process ID of its first process, 0 until that is known.
        runner: Process ID of what becomes the job, 0 until that is known.
        output: Its /output, once it is ready. Whoever takes it out closes it.
        before: What the runner had taken before its job began.
        on_start: Called just before the job's first instruction.
        reported: Done with the agent's report, or None if it ended without one.
        on_listener: Gets a socket that listens inside.
    """

    def __init__(
        self,
        shape: Shape,
        folder: SlotFolder,
        group: Group | None = None,
        group_layers: tuple[str, ...] = (),
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.shape = shape
        self.folder = folder
        self.group = group
        self.group_layers = group_layers
        self.channels = Channels(self._on_status)
        self.agent = 0
        self.runner = 0
        self.output = OutputDirectory(NO_FD)
        self.before = Before()
        self.on_start: Callable[[], None] = nothing
        self.reported: asyncio.Future[AgentReport | None] = self._loop.create_future()
        self.on_listener: Callable[[socket.socket], None] | None = None
        self._exited: asyncio.Future[None] = self._loop.create_future()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._killable: asyncio.Future[None] = self._loop.create_future()
        self._joined: asyncio.Future[None] = self._loop.create_future()
        self._joining: asyncio.Task[None] | None = None
        self._launcher: Launcher | None = None
        self._bubblewrap: SpawnedProcess | None = None
        self._agent_pidfd = NO_FD
        self._announced = 0
        self._requested = False
        self._packages = identity(shape.site_packages)
        self._destruction: asyncio.Task[None] | None = None
        self._loop.add_reader(self.channels.control, self._on_control)
        self._loop.add_reader(self.channels.runner, self._on_runner)

    @property
    def is_alive(self) -> bool:
        """Whether it can still take a job.

        Packages may have been removed, and perhaps installed anew, since it bound their folder.
        """
        if identity(self.shape.site_packages) != self._packages:
            return False
        return self._ready.done() and not self._exited.done() and self._destruction is None

    @property
    def has_own_account(self) -> bool:
        """Whether it shares its account with no other sandbox, nor with the server."""
        if self._launcher is None or self._bubblewrap is None:
            return False
        return self._launcher.has_own_account(self._bubblewrap)

    async def start(self, launcher: Launcher, arguments: Sequence[Argument]) -> None:
        """Bring it up until it waits for its job.

        Args:
            launcher: Starts it.
            arguments: For the launcher.

        Raises:
            SandboxUnavailable: It did not come up.
        """
        self._launcher = launcher
        # A cancelled task can't recall the thread, so the process is dealt with when it is there.
        spawning = asyncio.ensure_future(
            asyncio.to_thread(launcher.spawn, arguments, self.channels.remote)
        )
        self._requested = True
        spawning.add_done_callback(self._on_spawned)
        await asyncio.shield(spawning)
        await asyncio.wait(
            {self._ready, self._exited}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if not self._ready.done():
            self.channels.stderr.drain()
            await self.destroy()
            raise diagnose(self.channels.stderr.text or "it did not get ready in time")
        await self._joined

    def begin(self, orders: dict[str, Any]) -> None:
        """Let the job begin; its files are there."""
        # If it is dead already, `reported` tells.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.channels.runner.send(marshal.dumps(orders))

    def end(self, *, at_once: bool) -> None:
        """Kill the job, or ask it to end; what it took is reported."""
        with suppress(BrokenPipeError, ConnectionResetError, BlockingIOError):
            self.channels.control.send(b"kill" if at_once else b"term")

    def _on_spawned(self, spawning: "asyncio.Future[SpawnedProcess]") -> None:
        self.channels.release_remote()
        if spawning.cancelled() or spawning.exception():
            self._note_exit()
            return
        self._bubblewrap = spawning.result()
        self._loop.add_reader(self._bubblewrap.pidfd, self._note_exit)
        if self._bubblewrap.is_agent:
            self.agent = self._bubblewrap.pid
            self._killable.set_result(None)
        else:
            self._adopt()

    def _note_exit(self) -> None:
        if self._bubblewrap is not None:
            self._loop.remove_reader(self._bubblewrap.pidfd)
        self._on_control()
        for future in (self._exited, self._killable):
            if not future.done():
                future.set_result(None)
        if not self.reported.done():
            self.reported.set_result(None)

    def _on_status(self, line: bytes) -> None:
        self._announced = json.loads(line).get("child-pid", self._announced)
        self._adopt()

    def _adopt(self) -> None:
        """Hold on to the first process, provided it still is the one that was announced."""
        if self._killable.done() or not self._announced or self._bubblewrap is None:
            return
        with suppress(OSError):
            self._agent_pidfd = os.pidfd_open(self._announced)
            if parent_of(self._announced) == self._bubblewrap.pid:
                self.agent = self._announced
                self._joining = self._loop.create_task(self._join_early())
        self._killable.set_result(None)

    def _on_runner(self) -> None:
        """Take what the runner says, and which process that is.

        From `ready` on, code of packages has run in it; nothing it says can do harm.
        """
        packet, fds, sender = receive(self.channels.runner)
        if packet == b"hello" and fds and not self.runner:
            self.runner = sender
            self.output = OutputDirectory(fds.pop())
            self._joining = self._loop.create_task(self._join(self._joining))
        elif packet == b"ready" and self.runner and not self._ready.done():
            self._ready.set_result(None)
        elif packet == b"listener" and fds and self.on_listener is not None:
            self.on_listener(socket.socket(fileno=fds.pop()))
        elif packet.startswith(b"go ") and self._ready.done():
            self._note_start(packet)
        elif not packet:
            self._loop.remove_reader(self.channels.runner)
        for fd in fds:
            os.close(fd)

    def drain(self) -> None:
        """Take what a job that is dead has said and written."""
        self._on_runner()
        self.channels.drain()

    async def _join_early(self) -> None:
        """Put the agent into the group: what it forks later is in it too.

        That takes the kernel 10 ms, in which the agent's Python starts.
        """
        if self.group is not None:
            with suppress(OSError):
                await asyncio.to_thread(self.group.add, self.agent)

    async def _join(self, joining: "asyncio.Task[None] | None") -> None:
        """See to it that the runner is in the group, before there is anything untrusted in it."""
        if joining is not None:
            await joining
        group = self.group
        if group is not None and not group.holds(self.runner):
            try:
                await asyncio.to_thread(group.add, self.runner)
            except OSError as error:
                logger.warning("no control group for a sandbox: %s", error)
                group.close()
                self.group = None
        self._joined.set_result(None)

    def _note_start(self, packet: bytes) -> None:
        with suppress(ValueError):
            _, seconds, read, written = packet.split()
            self.before = Before(float(seconds), int(read), int(written))
        on_start, self.on_start = self.on_start, nothing
        on_start()

    def _on_control(self) -> None:
        if self.reported.done():
            return
        packet, fds, _ = receive(self.channels.control)
        for fd in fds:
            os.close(fd)
        if packet:
            self.reported.set_result(AgentReport.read(packet))
            self._loop.remove_reader(self.channels.control)

    async def destroy(self) -> None:
        """Kill whatever is left and give everything back; safe to call again, or to cancel."""
        if self._destruction is None:
            self._destruction = asyncio.ensure_future(self._destroy())
        await asyncio.shield(self._destruction)

    async def _destroy(self) -> None:
        await self.kill()
        self._release()

    async def kill(self) -> None:
        """Kill whatever is left, and wait for its end."""
        # Between bubblewrap's fork and the child's own request to die with it, the child would
        # survive: so it is killed by itself, for which it has to be known.
        if self._requested:
            await asyncio.wait({self._killable}, timeout=END_SECONDS)
            self._kill()
            await asyncio.wait({self._exited}, timeout=END_SECONDS)
            if self.agent and self._agent_pidfd != NO_FD:
                # The first process of its name space is gone when all of that is.
                await has_ended(self._agent_pidfd)

    def _kill(self) -> None:
        victims = [self._agent_pidfd if self.agent else NO_FD]
        victims += [self._bubblewrap.pidfd] if self._bubblewrap is not None else []
        for pidfd in victims:
            if pidfd != NO_FD:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)

    def _release(self) -> None:
        for channel in (self.channels.control, self.channels.runner):
            self._loop.remove_reader(channel)
        self.channels.close()
        pidfds = [self._agent_pidfd]
        if self._bubblewrap is not None:
            self._loop.remove_reader(self._bubblewrap.pidfd)
            pidfds.append(self._bubblewrap.pidfd)
            if self._launcher is not None and self._exited.done():
                self._launcher.release(self._bubblewrap)
        for pidfd in pidfds:
            if pidfd != NO_FD:
                os.close(pidfd)
        self.output.close()
        self.folder.remove()
        if self.group is not None:
            self.group.close()


async def has_ended(pidfd: int) -> None:
    """Wait for the end of a process that was killed."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(pidfd, readable.set)
    try:
        async with asyncio.timeout(END_SECONDS):
            await readable.wait()
    except TimeoutError:
        logger.warning("a sandbox that was killed does not end")
    finally:
        loop.remove_reader(pidfd)


def receive(channel: socket.socket) -> tuple[bytes, list[int], int]:
    """Take a packet, the descriptors that came with it, and its sender's process ID.

    Returns:
        An empty packet at the end, or when there is none.
    """
    size = socket.CMSG_SPACE(_CREDENTIALS.size) + socket.CMSG_SPACE(4)
    try:
        packet, attached, _, _ = channel.recvmsg(PACKET, size, socket.MSG_CMSG_CLOEXEC)
    except (BlockingIOError, ConnectionResetError):
        return b"", [], 0
    fds: list[int] = []
    sender = 0
    for _, kind, data in attached:
        if kind == socket.SCM_RIGHTS:
            fds += [fd for (fd,) in struct.iter_unpack("i", data[: len(data) // 4 * 4])]
        elif kind == socket.SCM_CREDENTIALS:
            sender = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])[0]
    return packet, fds, sender


def identity(folder: Path | None) -> tuple[int, int] | None:
    """Tell a folder from another one that takes its place; None if there is none."""
    try:
        status = folder.stat() if folder is not None else None
    except OSError:
        return None
    return None if status is None else (status.st_dev, status.st_ino)


def parent_of(pid: int) -> int:
    """Read a process's parent.

    Raises:
        OSError: There is no such process.
    """
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("PPid:"))
