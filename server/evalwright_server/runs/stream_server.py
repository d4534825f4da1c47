"""The server's end of the stream: does for a worker process what it asks for."""

import asyncio
import logging
from dataclasses import asdict
from typing import Final

from evalwright_server.runs import frames
from evalwright_server.runs.errors import LeaseLost
from evalwright_server.runs.frames import Frame
from evalwright_server.runs.port import PortClosed, WorkerPort
from evalwright_server.runs.records import Fence, Finish
from evalwright_server.runs.states import State
from evalwright_server.store.errors import DatabaseError

logger: Final = logging.getLogger(__name__)


async def serve_stream(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: WorkerPort
) -> None:
    """Pass everything between a stream and a port, until one of them ends.

    Args:
        reader: What the worker sends.
        writer: What the worker gets; it is closed at the end.
        port: Who does what the worker asks for.
    """
    server = _StreamServer(writer, port)
    pushing = asyncio.create_task(server.push_until_closed())
    reading = asyncio.create_task(server.read_until_closed(reader))
    try:
        await asyncio.wait({pushing, reading}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await server.close(pushing, reading)


class _StreamServer:
    def __init__(self, writer: asyncio.StreamWriter, port: WorkerPort) -> None:
        self._writer = writer
        self._port = port
        self._answering: set[asyncio.Task[None]] = set()

    async def close(self, *tasks: asyncio.Task[None]) -> None:
        """End everything that is under way for this worker."""
        self._writer.close()
        for task in (*tasks, *self._answering):
            task.cancel()
        await asyncio.gather(*tasks, *self._answering, return_exceptions=True)

    async def push_until_closed(self) -> None:
        try:
            while True:
                await self._send(frames.push_to_frame(await self._port.receive()))
        except (PortClosed, ConnectionError):
            return

    async def read_until_closed(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                self._take(frames.decode(line))
        except ConnectionError:
            return
        except (ValueError, KeyError, TypeError):
            logger.exception("a worker sent a line that can't be understood; it is dropped")

    def _take(self, frame: Frame) -> None:
        if frame["type"] == "credit":
            self._port.credit(int(frame["count"]), str(frame["queue"]))
            return
        if frame["type"] == "withdraw":
            self._port.withdraw()
            return
        task = asyncio.create_task(self._answer(frame))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, frame: Frame) -> None:
        answer: Frame = {"type": "refusal", "id": frame["id"]}
        try:
            value = await self._do(frame["method"], frame["fence"], frame["arguments"])
            answer = {"type": "reply", "id": frame["id"], "value": value}
        except LeaseLost:
            answer |= {"reason": frames.LEASE_LOST, "message": ""}
        except DatabaseError as error:
            answer |= {"reason": frames.UNAVAILABLE, "message": str(error)}
        except Exception as error:
            logger.exception("a worker's %s request failed", frame["method"])
            message = f"the server failed to {frame['method']}: {type(error).__name__}: {error}"
            answer |= {"reason": frames.INTERNAL, "message": message}
        try:
            await self._send(answer)
        except ConnectionError:
            return

    async def _do(self, method: str, fence: list[int] | None, arguments: Frame) -> object:
        if fence is None:
            await self._port.alive([Fence(*each) for each in arguments["fences"]])
            return None
        return await self._do_for_run(method, Fence(*fence), arguments)

    async def _do_for_run(self, method: str, fence: Fence, arguments: Frame) -> object:
        match method:
            case "begin":
                return asdict(await self._port.begin(fence))
            case "page":
                page = await self._port.page(fence, arguments["cursor"], arguments["limit"])
                return {
                    "items": page.items,
                    "cursor": page.cursor,
                    "census": asdict(page.census),
                }
            case "store":
                await self._port.store(fence, arguments["items"])
            case "finish":
                finish = Finish(**arguments | {"state": State(arguments["state"])})
                await self._port.finish(fence, finish)
            case "hand_back":
                await self._port.hand_back(fence)
            case _:
                raise ValueError(f"there is no method {method!r}")
        return None

    async def _send(self, frame: Frame) -> None:
        self._writer.write(frames.encode(frame))
        await self._writer.drain()
