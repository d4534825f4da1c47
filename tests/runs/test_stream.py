"""The stream between a worker process and the server, both ends in this process."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis.strategies import dictionaries, floats, integers, none, one_of, recursive, text

from evalwright_server.runs import frames
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import LeaseLost
from evalwright_server.runs.local_port import LocalPort
from evalwright_server.runs.port import Cancellation, Drain, Loss, PortClosed, Push
from evalwright_server.runs.records import Assignment, Fence, Finish, NewRun
from evalwright_server.runs.states import State
from evalwright_server.runs.stream_port import StreamPort
from evalwright_server.runs.stream_server import serve_stream
from evalwright_server.store.errors import DatabaseUnavailable
from runs.sample_handlers import KIND, SOURCES

pytestmark = pytest.mark.slow

JSON = recursive(
    one_of(none(), integers(), floats(allow_nan=False), text()),
    lambda inner: dictionaries(text(), inner, max_size=3),
    max_leaves=5,
)


@given(dictionaries(text(), JSON, max_size=3))
def test_assignments_survive_the_stream(payload: dict[str, object]) -> None:
    """Whatever is in them: line feeds, lone surrogates, numbers beyond 64 bits."""
    push = Assignment(Fence(1, 2), "kind", payload, 1.5)  # type: ignore[arg-type]
    line = frames.encode(frames.push_to_frame(push))
    assert line.count(b"\n") == 1
    assert frames.push_from_frame(frames.decode(line)) == push


@pytest.mark.parametrize("push", [Cancellation(Fence(3, 1)), Loss(Fence(3, 1)), Drain(2.5)])
def test_pushes_survive_the_stream(push: Push) -> None:
    line = frames.encode(frames.push_to_frame(push))
    assert frames.push_from_frame(frames.decode(line)) == push


@pytest.mark.parametrize("line", [b"[]\n", b"{}\n", b"nonsense\n"])
def test_lines_that_are_no_frames_are_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        frames.decode(line)


class Wire:
    """A worker's port, what it is connected to, and the raw stream."""

    def __init__(self, engine: Engine, space_id: int, port: StreamPort, local: LocalPort) -> None:
        self.engine = engine
        self.space_id = space_id
        self.port = port
        self.local = local

    async def claim(self) -> Assignment:
        run = NewRun(KIND, self.space_id, {"rows": 2})
        await self.engine.db.write(lambda connection: self.engine.submit(connection, run))
        self.port.credit(1)
        push = await self.port.receive()
        assert isinstance(push, Assignment)
        return push


@asynccontextmanager
async def connect(engine: Engine, space_id: int) -> AsyncIterator[Wire]:
    ours, theirs = socket.socketpair()
    worker = await asyncio.open_connection(sock=theirs, limit=frames.LINE_LIMIT)
    server = await asyncio.open_connection(sock=ours, limit=frames.LINE_LIMIT)
    port = StreamPort(*worker)
    async with LocalPort(engine, "worker", SOURCES) as local:
        serving = [
            asyncio.create_task(port.serve()),
            asyncio.create_task(serve_stream(*server, local)),
        ]
        yield Wire(engine, space_id, port, local)
        worker[1].close()
        await asyncio.gather(*serving)


@pytest.fixture
async def wire(engine: Engine, space_id: int) -> AsyncIterator[Wire]:
    async with connect(engine, space_id) as wire:
        yield wire


async def test_a_run_over_the_wire(wire: Wire) -> None:
    assignment = await wire.claim()
    assert (assignment.kind, assignment.payload) == (KIND, {"rows": 2})
    fence = assignment.fence
    beginning = await wire.port.begin(fence)
    assert beginning.progress.total == 2
    page = await wire.port.page(fence, None, 10)
    assert (page.items, page.cursor) == ([{"row": 0}, {"row": 1}], None)
    await wire.port.store(fence, page.items)
    await wire.port.alive([fence])
    await wire.port.finish(fence, Finish(State.SUCCEEDED, note="ok", result=[1]))
    run = await wire.engine.wait(fence.run_id, since_version=None, timeout=5)
    assert (run.state, run.note, run.result, run.progress.done) == ("succeeded", "ok", [1], 2)


async def test_losing_a_lease_is_told_over_the_wire(wire: Wire) -> None:
    stale = Fence(99, 1)
    with pytest.raises(LeaseLost):
        await wire.port.store(stale, [{"row": 0}])
    await wire.port.alive([stale])
    assert await wire.port.receive() == Loss(stale)


async def test_a_cancellation_arrives_without_being_asked_for(wire: Wire) -> None:
    fence = (await wire.claim()).fence
    await wire.engine.db.write(lambda connection: wire.engine.cancel(connection, fence.run_id))
    async with asyncio.timeout(5):
        assert await wire.port.receive() == Cancellation(fence)


async def test_errors_of_the_server_reach_the_worker(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may pass is told apart from what is a bug."""
    fence = (await wire.claim()).fence

    def fail(*_: object) -> object:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(SOURCES[KIND], "store", fail)
    with pytest.raises(RuntimeError, match="failed to store: ZeroDivisionError: a bug"):
        await wire.port.store(fence, [{"row": 0}])
    await wire.engine.db.close()
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await wire.port.finish(fence, Finish(State.SUCCEEDED))


async def test_a_closed_stream_ends_everything_that_waits(engine: Engine, space_id: int) -> None:
    async with connect(engine, space_id) as wire:
        receiving = asyncio.create_task(wire.port.receive())
        await asyncio.sleep(0)
    with pytest.raises(PortClosed):
        await receiving
    with pytest.raises(PortClosed):
        await wire.port.begin(Fence(1, 1))
    with pytest.raises(PortClosed):
        wire.port.credit(1)


async def test_a_worker_that_talks_nonsense_is_dropped(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    wire.port._writer.write(b"nonsense\n")
    with pytest.raises(PortClosed):
        await wire.port.receive()
    assert "can't be understood" in caplog.text


async def test_large_pages_pass(wire: Wire) -> None:
    """Larger than any buffer on the way."""
    fence = (await wire.claim()).fence
    await wire.port.store(fence, [{"text": "x" * 3_000_000}])
