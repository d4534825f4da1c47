"""Somebody who takes webhooks: an HTTP server that answers as a test says."""

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Self

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Answers one request."""

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Received:
    """A request that came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def answer(status: int, body: bytes = b"", **headers: str) -> Script:
    """Answer with a status."""

    async def write(writer: asyncio.StreamWriter) -> None:
        fields = {"Content-Length": str(len(body)), **headers}
        lines = [f"HTTP/1.1 {status} Whatever"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    return write


async def say_nothing(writer: asyncio.StreamWriter) -> None:
    """Keep the connection, and never answer."""
    await asyncio.Event().wait()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close the connection without an answer."""


async def trickle(writer: asyncio.StreamWriter) -> None:
    """Send a head that never ends, a bit at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: of this\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def pour(writer: asyncio.StreamWriter) -> None:
    """Answer well, with a body that never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")
        await writer.drain()


class Receiver:
    """Listens on a free port of loopback while its context lasts.

    Args:
        scripts: How it answers, one request after the other; the last one for all others.
        tls: Its certificate, for HTTPS.
    """

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self._arrived: asyncio.Queue[Received] = asyncio.Queue()
        self._scripts = deque(scripts or (answer(204),))
        self._tls = tls
        self._open: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where to send to."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}/hook"

    async def next(self) -> Received:
        """Return the next request, once it has come."""
        async with asyncio.timeout(PATIENCE):
            return await self._arrived.get()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            received = await _read(reader)
            script = self._scripts[0] if len(self._scripts) == 1 else self._scripts.popleft()
            self.requests.append(received)
            self._arrived.put_nowait(received)
            await script(writer)
            await writer.drain()
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            pass  # a test that ends, or a sender that has heard enough
        finally:
            self._open.discard(task)
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body)
