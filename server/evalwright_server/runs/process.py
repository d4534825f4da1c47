"""One worker process, seen from the server that starts it."""

import asyncio
import contextlib
import json
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final, Self

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.frames import LINE_LIMIT
from evalwright_server.runs.hooks import Hooks, NoHooks
from evalwright_server.runs.local_port import LocalPort
from evalwright_server.runs.sources.source import Source
from evalwright_server.runs.stream_server import serve_stream

BEATS_PER_LEASE: Final = 3
"""How many heartbeats fit into a lease: one may be lost."""

_SECONDS_TO_EXIT: Final = 2.0
_ONE_THREAD: Final = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
"""Threads of numpy wait for each other by spinning: on a machine that has other things to do, two
of them embedded an eighth of the texts that one did. More processors are used by more workers.
"""
_SECRETS: Final = ("API_KEY", "DATABASE", "PASSWORD", "SECRET", "TOKEN")


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How worker processes are to be.

    Attributes:
        slots: Runs at a time, by queue.
        handlers: `module:function` that returns the handlers per kind.
        sources: Their counterparts in the server.
        hooks: What the server adds to claims and ends.
        environment: Variables for the process, beside those of the server.
    """

    slots: Mapping[str, int]
    handlers: str
    sources: Mapping[str, Source]
    hooks: Hooks = field(default_factory=NoHooks)
    environment: Mapping[str, str] = field(default_factory=dict)


class WorkerProcess:
    """A running worker process and its port."""

    def __init__(
        self,
        engine: Engine,
        settings: WorkerSettings,
        process: asyncio.subprocess.Process,
        stream: socket.socket,
    ) -> None:
        owner = f"{socket.gethostname()}:{process.pid}:{secrets.token_hex(4)}"
        self._process = process
        self._stream = stream
        self._port = LocalPort(engine, owner, settings.sources, hooks=settings.hooks)

    @classmethod
    async def start(cls, engine: Engine, settings: WorkerSettings) -> Self:
        """Start a process."""
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "evalwright_server.runs.worker_process"),
                *("--fd", str(theirs.fileno())),
                *("--server", str(os.getpid())),
                *("--slots", json.dumps(dict(settings.slots))),
                *("--beat", str(engine.lease_seconds / BEATS_PER_LEASE)),
                *("--handlers", settings.handlers),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                # An interrupt at the terminal is for the server, which then drains its workers.
                start_new_session=True,
                env={**_ONE_THREAD, **_environment(), **settings.environment},
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return cls(engine, settings, process, ours)

    @property
    def pid(self) -> int:
        """The process ID."""
        return self._process.pid

    def drain(self, grace_seconds: float) -> None:
        """Have the process end, after finishing or handing back its runs."""
        self._port.drain(grace_seconds)

    async def serve(self) -> int:
        """Do what the process asks for until it ends, and return its exit code.

        Whatever it still had is queued again before this returns.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._port)
            stack.push_async_callback(self._process.wait)
            stack.callback(self._kill)
            reader, writer = await asyncio.open_connection(sock=self._stream, limit=LINE_LIMIT)
            await serve_stream(reader, writer, self._port)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SECONDS_TO_EXIT):
                    await self._process.wait()
        return await self._process.wait()

    def _kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()


def _environment() -> dict[str, str]:
    """Return our environment without our secrets: workers run code that isn't ours."""
    return {
        name: value
        for name, value in os.environ.items()
        if not (name.startswith("EVALWRIGHT_") and any(word in name for word in _SECRETS))
    }
