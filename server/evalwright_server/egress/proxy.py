"""The proxy that a job finds on its own loopback: it connects to what is listed, nothing else.

It listens on a socket from inside the job's network namespace, which has no other way out, and
connects from outside. It sees host names and byte counts, and no further: TLS goes through as it
is, so several names behind one address can't be told apart.
"""

import asyncio
import logging
import socket
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from evalwright_server.egress.request import BadRequest, ProxyRequest, read_request
from evalwright_server.egress.route import Router, RouteRefused

logger: Final = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 64
"""Of one job at a time; the next one is closed at once, as a waiting one costs as much."""
HEAD_BYTES: Final = 32 * 1024
HEAD_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 15.0
CHUNK: Final = 64 * 1024
HOSTS_COUNTED: Final = 1000
"""So many names are kept; a job that makes up more adds to the last counter."""
OTHERS: Final = "(others)"


@dataclass(slots=True)
class Traffic:
    """What went through.

    Attributes:
        sent: Bytes from the job.
        received: Bytes to the job.
        connections: How many were made, by `host:port`.
        refused: How many were not, by `host:port`.
    """

    sent: int = 0
    received: int = 0
    connections: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


class Proxy:
    """Serves one job."""

    def __init__(self, router: Router, label: str) -> None:
        """Prepare; `start` does the work.

        Args:
            router: Decides where connections may go.
            label: What the log calls the job.
        """
        self.traffic = Traffic()
        self._router = router
        self._label = label
        self._server: asyncio.Server | None = None
        self._closed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, listener: socket.socket) -> None:
        """Serve those who connect to a socket, which belongs to the proxy from now on.

        If the job is over by then, only the socket is closed.
        """
        if self._closed.is_set():
            listener.close()
            return
        listener.setblocking(False)
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=HEAD_BYTES)
        if self._closed.is_set():
            self._server.close()

    async def close(self) -> None:
        """End all connections and stop."""
        self._closed.set()
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MAX_CONNECTIONS:
            writer.close()
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (OSError, EOFError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the client or the server went away, or never said what it wanted
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        try:
            request = read_request(head)
        except BadRequest as error:
            await refuse(writer, "400 Bad Request", str(error))
            return
        place = f"{request.host.lower()}:{request.port}"
        try:
            there = await self._connect(request)
        except RouteRefused as error:
            count(self.traffic.refused, place)
            logger.info("%s: connection to %s refused", self._label, place)
            await refuse(writer, "403 Forbidden", str(error))
        except (OSError, TimeoutError) as error:
            await refuse(writer, "502 Bad Gateway", f"{place} can't be reached: {error}")
        else:
            count(self.traffic.connections, place)
            logger.info("%s: connected to %s", self._label, place)
            await self._relay(request, (reader, writer), there)

    async def _connect(
        self, request: ProxyRequest
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        problem: Exception = RouteRefused("no address")
        async with asyncio.timeout(CONNECT_SECONDS):
            for address in await self._router.find(request.host, request.port):
                try:
                    return await asyncio.open_connection(str(address), request.port)
                except OSError as error:
                    problem = error
        raise problem

    async def _relay(
        self,
        request: ProxyRequest,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        there: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        try:
            if request.tunnel:
                client[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            there[1].write(request.head)
            self.traffic.sent += len(request.head)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._copy(client[0], there[1], "sent"))
                both.create_task(self._copy(there[0], client[1], "received"))
        except* OSError:
            pass  # one side hung up; the other learns it by the end of its connection
        finally:
            there[1].close()

    async def _copy(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, direction: str
    ) -> None:
        while data := await source.read(CHUNK):
            setattr(self.traffic, direction, getattr(self.traffic, direction) + len(data))
            sink.write(data)
            await sink.drain()
        with suppress(OSError):
            sink.write_eof()


def count(counter: Counter[str], place: str) -> None:
    """Count a place, unless the job has made up too many."""
    counter[place if place in counter or len(counter) < HOSTS_COUNTED else OTHERS] += 1


async def refuse(writer: asyncio.StreamWriter, status: str, reason: str) -> None:
    """Answer with an error."""
    body = f"{reason}\n".encode(errors="replace")
    # Clients show the first line of a refused CONNECT and nothing else.
    phrase = reason.encode("ascii", errors="replace").decode().replace("\r", " ").replace("\n", " ")
    code = status.partition(" ")[0]
    writer.write(
        f"HTTP/1.1 {code} {phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        + body
    )
    await writer.drain()
