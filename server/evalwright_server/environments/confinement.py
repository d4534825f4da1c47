"""The sandbox that packages are installed in: bubblewrap, with one way out and few folders.

What it sees is the interpreter, the installer, its cache and the folder to fill. It has a network
namespace of its own, in which nothing is but a socket that a proxy of the server listens on.
"""

import asyncio
import json
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from evalwright_server.egress.proxy import Proxy
from evalwright_server.egress.route import Router
from evalwright_server.environments.command import (
    CONFINED,
    Task,
    bubblewrap_arguments,
    variables,
)
from evalwright_server.environments.streams import Stream
from evalwright_server.environments.trees import give
from evalwright_server.environments.watching import exceeding, open_group, too_much_memory
from evalwright_server.sandbox.account import FIRST_UID, NOBODY, Accounts, is_mapped
from evalwright_server.sandbox.bubblewrap import Bubblewrap, find_bubblewrap
from evalwright_server.sandbox.cgroups import Cgroups, Group, find_cgroups
from evalwright_server.sandbox.channels import memory_file
from evalwright_server.sandbox.diagnosis import diagnose
from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.exposure import Exposure, expose
from evalwright_server.sandbox.interpreter import find_interpreter
from evalwright_server.sandbox.seccomp import filter_program
from evalwright_server.sandbox.spawner import SpawnedProcess, Spawner

T = TypeVar("T")

PROGRAM: Final = Path(__file__).parent / "programs" / "confined.py"
INSTALLER_UIDS: Final = (FIRST_UID - 1, NOBODY - 1, NOBODY)
"""Of a server that is root: one for all its processes, as they share a cache; the first that this
host maps. But for the last, no job has it."""
START_SECONDS: Final = 30.0
END_SECONDS: Final = 5.0
WATCH_SECONDS: Final = 0.25
OUTPUT_BYTES: Final = 16 * 1024 * 1024
LOG_BYTES: Final = 32 * 1024
STATUS_BYTES: Final = 4096
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended.

    Attributes:
        exit_code: None when it was ended from outside.
        output: What it wrote to stdout.
        log: The end of what it wrote to stderr.
        exceeded: The limit it was ended for, in words; empty if none.
    """

    exit_code: int | None
    output: str
    log: str
    exceeded: str


async def run_confined(task: Task) -> Outcome:
    """Run a program to its end; cancelling kills it.

    Args:
        task: What to run.

    Raises:
        SandboxUnavailable: This host can't isolate it.
    """
    problems = []
    for copy in find_bubblewrap():
        try:
            return await _Run(task).run(copy)
        except SandboxUnavailable as problem:
            problems.append(problem)
    raise problems[0]


class _Run:
    """One run: `run` goes from top to bottom, and gives everything back in the reverse order."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._proxy = Proxy(Router(task.policy), "installer")

    async def run(self, copy: Bubblewrap) -> Outcome:
        async with AsyncExitStack() as stack:
            output = await Stream.open(head=OUTPUT_BYTES)
            log = await Stream.open(tail=LOG_BYTES)
            status = await Stream.open(tail=STATUS_BYTES)
            streams = (output, log, status)
            # Everything in the sandbox holds one of these, so their end is its end.
            stack.push_async_callback(await_end, streams)
            for stream in streams:
                stack.callback(stream.release)
            spawner = await completed(partial(self._open_spawner, copy), Spawner.close)
            stack.push_async_callback(asyncio.to_thread, spawner.close)
            stack.push_async_callback(self._proxy.close)
            cgroups = await completed(find_cgroups, Cgroups.close)
            stack.push_async_callback(asyncio.to_thread, cgroups.close)
            control, process = self._spawn(spawner, streams)
            stack.callback(control.close)
            stack.callback(os.close, process.pidfd)
            await self._await_ready(control, log, status)
            group = await asyncio.to_thread(open_group, cgroups, self._task, process.pid)
            control.send(variables(self._task))
            exceeded = await self._attend(process.pid, group, status)
        exit_code = None if exceeded or output.overflowed else read_exit_code(status.text)
        return Outcome(exit_code, output.text, log.text, exceeded)

    def _open_spawner(self, copy: Bubblewrap) -> Spawner:
        accounts, exposure = installer_accounts(), Exposure()
        if accounts is not None:
            for folder in self._task.writable.values():
                give(folder, accounts.uids[0])
            shown = [*find_interpreter().sources, *self._task.programs.values()]
            exposure = expose(
                [*shown, *self._task.writable.values()], [copy.program, *copy.libraries]
            )
        return Spawner(copy, accounts, exposure)

    def _spawn(
        self, spawner: Spawner, streams: Sequence[Stream]
    ) -> tuple[socket.socket, SpawnedProcess]:
        contents = {CONFINED: PROGRAM.read_bytes(), **self._task.contents}
        arguments = bubblewrap_arguments(self._task, find_interpreter(), list(contents))
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        control.setblocking(False)
        with ExitStack() as stack:
            stack.enter_context(theirs)
            fds = [os.open(os.devnull, os.O_RDONLY)]
            fds += [memory_file(each) for each in (filter_program(), *contents.values())]
            for fd in fds:
                stack.callback(os.close, fd)
            nothing, *files = fds
            passed = [nothing, *(stream.remote for stream in streams), theirs.fileno(), *files]
            process = spawner.spawn(arguments, passed)
        for stream in streams:
            stream.release()
        return control, process

    async def _await_ready(self, control: socket.socket, log: Stream, status: Stream) -> None:
        """Take the socket that the way out goes through; the sandbox is there then."""
        listening = asyncio.ensure_future(receive_socket(control))
        try:
            await asyncio.wait(
                {listening, status.ended},
                timeout=START_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            listening.cancel()
        if not listening.done() or listening.exception():
            raise diagnose(log.text or "it did not get ready in time")
        await self._proxy.start(listening.result())

    async def _attend(self, pid: int, group: Group | None, status: Stream) -> str:
        """Wait for the end, and return the limit that was exceeded, if any was.

        Only bubblewrap itself has the status pipe; the others could be held open by something
        that the installer has left running.
        """
        watching = asyncio.ensure_future(exceeding(self._task, pid, group))
        try:
            await asyncio.wait(
                {status.ended, watching},
                timeout=self._task.seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if group is not None and group.oom_killed():
                return too_much_memory(self._task)
            if status.ended.done():
                return ""
            if watching.done():
                return watching.result()
            return f"took longer than {self._task.seconds:g} seconds"
        finally:
            watching.cancel()


def installer_accounts() -> Accounts | None:
    """Say which account an installer runs under; None for the server's own, if that is not root."""
    if os.geteuid() != 0:
        return None
    maps = [Path(f"/proc/self/{name}_map").read_text(encoding="ascii") for name in ("uid", "gid")]
    for uid in INSTALLER_UIDS:
        if all(is_mapped(uid, table) for table in maps):
            return Accounts(range(uid, uid + 1))
    raise SandboxUnavailable(
        "The server runs as root, and this container maps no other account to run code under.",
        "Start the server as an ordinary user.",
    )


async def completed(work: Callable[[], T], undo: Callable[[T], None]) -> T:
    """Do something in a thread, which can't be recalled; if it is not wanted any more, undo it."""
    doing = asyncio.ensure_future(asyncio.to_thread(work))

    def take_back(done: asyncio.Future[T]) -> None:
        if not done.cancelled() and done.exception() is None:
            undo(done.result())

    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        doing.add_done_callback(take_back)
        raise


async def await_end(streams: Iterable[Stream]) -> None:
    """Wait until nothing in the sandbox is alive."""
    _, pending = await asyncio.wait([each.ended for each in streams], timeout=END_SECONDS)
    for stream in pending:
        stream.cancel()


async def receive_socket(control: socket.socket) -> socket.socket:
    """Take a listening socket out of another process's network namespace.

    Raises:
        OSError: The other end closed instead.
    """
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(control, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(control)
    _, fds, _, _ = socket.recv_fds(control, 16, 1, socket.MSG_CMSG_CLOEXEC)
    if not fds:
        raise OSError("no socket came")
    return socket.socket(fileno=fds[0])


def read_exit_code(status: str) -> int | None:
    """Read bubblewrap's report; None when it was killed before it could write it."""
    with suppress(ValueError):
        for line in status.splitlines():
            code = json.loads(line).get("exit-code")
            if isinstance(code, int):
                return code
    return None
