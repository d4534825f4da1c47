"""A real server to reach, a proxy, and the two ways through it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

import pytest_asyncio

from evalwright_server.egress import NetworkPolicy
from evalwright_server.egress.proxy import Proxy
from evalwright_server.egress.route import Resolve, Router, look_up


@dataclass
class Destination:
    """A server on loopback that answers every connection with one response.

    Attributes:
        port: Where it listens.
        requests: What it was sent, one for each connection.
    """

    port: int = 0
    requests: list[bytes] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    @classmethod
    @asynccontextmanager
    async def serving(cls) -> AsyncIterator[Self]:
        found = cls()
        server = await asyncio.start_server(found.answer, "127.0.0.1", 0)
        found.port = server.sockets[0].getsockname()[1]
        yield found
        server.close()
        await server.wait_closed()


@pytest_asyncio.fixture
async def destination() -> AsyncIterator[Destination]:
    async with Destination.serving() as found:
        yield found


@dataclass
class Way:
    """A proxy that serves, and how to talk to it."""

    proxy: Proxy
    port: int

    async def send(self, request: bytes) -> bytes:
        """Send bytes and return all that comes back."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    async def tunnel(self, host: str, port: int) -> bytes:
        """Ask for a tunnel and send a request through it right away."""
        connect = f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
        return await self.send(connect + b"GET / HTTP/1.1\r\n\r\n")


Open = Callable[..., Awaitable[Way]]


@asynccontextmanager
async def opened() -> AsyncIterator[Open]:
    proxies: list[Proxy] = []

    async def open_proxy(
        *allow: str,
        own_ports: frozenset[int] = frozenset(),
        resolve: Resolve = look_up,
        listener: socket.socket | None = None,
    ) -> Way:
        proxy = Proxy(Router(NetworkPolicy(allow), own_ports, resolve), "a job")
        proxies.append(proxy)
        listener = listener or socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        await proxy.start(listener)
        return Way(proxy, port)

    yield open_proxy
    for proxy in proxies:
        await proxy.close()


@pytest_asyncio.fixture
async def open_proxy() -> AsyncIterator[Open]:
    async with opened() as fixture:
        yield fixture
