"""A worker as a process of its own: `python -m evalwright_server.runs.worker_process --fd N`.

The server starts it and holds the other end of the stream `N`. When that closes, the process ends
at once, wherever it is: its runs are being given to somebody else. Its sandboxes end with it.
"""

import argparse
import asyncio
import ctypes
import importlib
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeAlias

from evalwright_server.runs.context import Handler
from evalwright_server.runs.frames import LINE_LIMIT
from evalwright_server.runs.stream_port import StreamPort
from evalwright_server.runs.worker import Worker

MakeHandlers: TypeAlias = Callable[[], AbstractAsyncContextManager[Mapping[str, Handler]]]
"""Provides the handlers per kind of run, while the worker lasts."""

_PR_SET_PDEATHSIG: Final = 1
_GRACE_AFTER_SIGTERM: Final = 5.0


def main() -> None:
    """Work for the server until it says to stop, or is gone."""
    parser = argparse.ArgumentParser(description="Internal: started by the server.")
    parser.add_argument("--fd", type=int, required=True, help="the stream to the server")
    parser.add_argument("--server", type=int, required=True, help="the server's process ID")
    parser.add_argument(
        "--slots", type=json.loads, required=True, help="runs at a time, by queue, as JSON"
    )
    parser.add_argument("--beat", type=float, required=True, help="seconds between heartbeats")
    parser.add_argument("--handlers", required=True, help="module:function that returns them")
    arguments = parser.parse_args()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    # Where jobs connect to is for the record.
    logging.getLogger("evalwright_server.egress").setLevel(logging.INFO)
    _die_with(arguments.server)
    asyncio.run(_work(arguments.fd, _load(arguments.handlers), arguments.slots, arguments.beat))


def _die_with(server: int) -> None:
    """Have the kernel end this process with the server, even while it computes and can't read."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        sys.exit("the server is gone")


def _load(reference: str) -> MakeHandlers:
    module, _, name = reference.partition(":")
    make: MakeHandlers = getattr(importlib.import_module(module), name)
    return make


async def _work(
    descriptor: int, make_handlers: MakeHandlers, slots: Mapping[str, int], beat: float
) -> None:
    stream = socket.socket(fileno=descriptor)
    reader, writer = await asyncio.open_connection(sock=stream, limit=LINE_LIMIT)
    port = StreamPort(reader, writer)
    serving = asyncio.create_task(port.serve())
    serving.add_done_callback(_exit)
    async with make_handlers() as handlers:
        worker = Worker(port, handlers, slots=slots, beat_seconds=beat)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, worker.drain, _GRACE_AFTER_SIGTERM)
        await worker.run()
    serving.remove_done_callback(_exit)
    writer.close()
    await serving


def _exit(_serving: object) -> None:
    # No clean-up: nothing that this process could still do would count.
    os._exit(0)


if __name__ == "__main__":
    main()
