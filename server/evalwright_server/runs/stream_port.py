"""The worker's end of the stream."""

import asyncio
import itertools
from collections.abc import Collection, Sequence
from dataclasses import asdict

from pydantic import JsonValue

from evalwright_server.runs import frames
from evalwright_server.runs.errors import LeaseLost
from evalwright_server.runs.frames import Frame
from evalwright_server.runs.port import PortClosed, Push
from evalwright_server.runs.records import DEFAULT_QUEUE, Beginning, Fence, Finish, Progress
from evalwright_server.runs.sources.source import Census, Item, Page
from evalwright_server.store.errors import DatabaseUnavailable


class StreamPort:
    """Implements `WorkerPort` over a stream. `serve` has to run beside the worker."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Frame]] = {}
        self._pushes: asyncio.Queue[Push | None] = asyncio.Queue()
        self._is_closed = False

    async def serve(self) -> None:
        """Take in what the server sends, until the stream ends."""
        try:
            while line := await self._reader.readline():
                self._take(frames.decode(line))
        except ConnectionError:
            pass
        finally:
            self._is_closed = True
            for future in self._waiting.values():
                future.cancel()
            self._pushes.put_nowait(None)
            self._writer.close()

    def credit(self, count: int, queue: str = DEFAULT_QUEUE) -> None:
        """Ask for more runs; see `WorkerPort`."""
        self._send({"type": "credit", "count": count, "queue": queue})

    def withdraw(self) -> None:
        """Ask for nothing more; see `WorkerPort`."""
        self._send({"type": "withdraw"})

    async def receive(self) -> Push:
        """Return what the server says next; see `WorkerPort`."""
        push = await self._pushes.get()
        if push is None:
            self._pushes.put_nowait(None)
            raise PortClosed
        return push

    async def alive(self, fences: Collection[Fence]) -> None:
        """Extend leases; see `WorkerPort`."""
        await self._ask("alive", None, {"fences": [frames.pack(fence) for fence in fences]})

    async def begin(self, fence: Fence) -> Beginning:
        """Count what there is to do; see `WorkerPort`."""
        beginning = await self._ask("begin", fence, {})
        return Beginning(Progress(**beginning["progress"]), beginning["note"])

    async def page(self, fence: Fence, cursor: JsonValue, limit: int) -> Page:
        """Return some of what is to be done; see `WorkerPort`."""
        page = await self._ask("page", fence, {"cursor": cursor, "limit": limit})
        census = page["census"]
        census["matched"] = tuple(census["matched"])
        return Page(page["items"], page["cursor"], Census(**census))

    async def store(self, fence: Fence, items: Sequence[Item]) -> None:
        """Keep results; see `WorkerPort`."""
        await self._ask("store", fence, {"items": list(items)})

    async def finish(self, fence: Fence, finish: Finish) -> None:
        """End the run; see `WorkerPort`."""
        await self._ask("finish", fence, asdict(finish))

    async def hand_back(self, fence: Fence) -> None:
        """Let another worker go on; see `WorkerPort`."""
        await self._ask("hand_back", fence, {})

    async def _ask(self, method: str, fence: Fence | None, arguments: Frame) -> Frame:
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._send(
                {
                    "type": "request",
                    "id": number,
                    "method": method,
                    "fence": fence and frames.pack(fence),
                    "arguments": arguments,
                }
            )
            await self._writer.drain()
            return _unwrap(await answer, fence)
        except (asyncio.CancelledError, ConnectionError):
            if self._is_closed:
                raise PortClosed from None
            raise
        finally:
            del self._waiting[number]

    def _send(self, frame: Frame) -> None:
        if self._is_closed:
            raise PortClosed
        self._writer.write(frames.encode(frame))

    def _take(self, frame: Frame) -> None:
        if frame["type"] not in {"reply", "refusal"}:
            self._pushes.put_nowait(frames.push_from_frame(frame))
            return
        future = self._waiting.get(frame["id"])
        # Whoever asked may have been cancelled.
        if future is not None and not future.done():
            future.set_result(frame)


def _unwrap(frame: Frame, fence: Fence | None) -> Frame:
    if frame["type"] == "reply":
        value: Frame = frame["value"]
        return value
    if frame["reason"] == frames.LEASE_LOST and fence is not None:
        raise LeaseLost(fence)
    if frame["reason"] == frames.UNAVAILABLE:
        raise DatabaseUnavailable(frame["message"])
    raise RuntimeError(frame["message"])
