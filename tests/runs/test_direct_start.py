"""Runs that start in the write that submits them, and queues that have an end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import Connection

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import IdempotencyConflict, QueueFull
from evalwright_server.runs.job_payload import QUEUE
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.local_port import LocalPort
from evalwright_server.runs.openings import Opening
from evalwright_server.runs.port import Cancellation
from evalwright_server.runs.records import (
    Assignment,
    Fence,
    Finish,
    IdempotencyKey,
    RunRow,
    SubmittedRun,
)
from evalwright_server.runs.states import State
from runs.jobs_data import submit_job

Unit = Callable[[Connection, Opening | None], SubmittedRun]


class Desk:
    """Submits jobs as services do."""

    def __init__(self, engine: Engine, space_id: int) -> None:
        self.engine = engine
        self.space_id = space_id

    def unit(self, **options: object) -> Unit:
        def submit(connection: Connection, opening: Opening | None) -> SubmittedRun:
            return submit_job(connection, self.engine, self.space_id, None, opening, **options)

        return submit

    async def submit(self, **options: object) -> RunRow:
        submitted = await self.engine.submit_directly(QUEUE, self.unit(**options))
        return await self.row(submitted.id)

    async def row(self, run_id: int) -> RunRow:
        row = await self.engine.db.read(lambda connection: self.engine.get(connection, run_id))
        assert row is not None
        return row

    async def until_queued(self, run_id: int) -> None:
        row = await self.row(run_id)
        async with asyncio.timeout(10):
            while row.state is not State.QUEUED:
                row = await self.engine.wait(run_id, since_version=row.version, timeout=10)

    @asynccontextmanager
    async def worker(self, name: str, slots: int) -> AsyncIterator[LocalPort]:
        """A worker's port that has seen that no run waits."""
        async with LocalPort(self.engine, name, SOURCES) as port:
            port.credit(slots, QUEUE)
            await self.until_idle()
            yield port

    async def until_idle(self) -> None:
        async with asyncio.timeout(10):
            while (opening := self.engine.openings.reserve(QUEUE)) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        opening.settle()


@pytest.fixture
def desk(engine: Engine, space_id: int) -> Desk:
    return Desk(engine, space_id)


async def receive(port: LocalPort) -> Assignment:
    async with asyncio.timeout(10):
        push = await port.receive()
    assert isinstance(push, Assignment)
    return push


async def test_a_free_slot_gets_the_run_at_once(desk: Desk) -> None:
    async with desk.worker("w", 2) as port:
        row = await desk.submit()
        assert (row.state, row.owner, row.attempt, row.version) == (State.RUNNING, "w", 1, 1)
        assert row.started_at is not None
        assignment = await receive(port)
        assert (assignment.fence.run_id, assignment.queue) == (row.id, QUEUE)
        assert assignment.payload["code"] == "print(1)"
        await port.finish(assignment.fence, Finish(State.FAILED, "x"))
        assert (await desk.row(row.id)).state is State.FAILED


async def test_without_a_free_slot_runs_wait_their_turn(desk: Desk) -> None:
    async with desk.worker("w", 1) as port:
        first, second, third = [await desk.submit() for _ in range(3)]
        assert [row.state for row in (first, second, third)] == ["running", "queued", "queued"]
        assert (await receive(port)).fence.run_id == first.id
        await port.finish(Fence(first.id, 1), Finish(State.FAILED, "x"))
        port.credit(1, QUEUE)
        # The slot is free now, but somebody waits for it.
        late = await desk.submit()
        assert late.state is State.QUEUED
        assert (await receive(port)).fence.run_id == second.id


async def test_slots_of_all_workers_are_used(desk: Desk) -> None:
    async with desk.worker("a", 2), desk.worker("b", 2):
        rows = [await desk.submit() for _ in range(5)]
        assert sorted(str(row.owner) for row in rows) == ["None", "a", "a", "b", "b"]


async def test_a_slot_is_for_its_own_queue(desk: Desk) -> None:
    async with desk.worker("w", 1):
        assert (await desk.submit(queue="default")).state is State.QUEUED
        assert (await desk.submit()).state is State.RUNNING


async def test_a_key_used_before_takes_no_slot(desk: Desk) -> None:
    """Nor does one that is in conflict, or a write that fails for another reason."""
    key = IdempotencyKey("s", "k", b"1")

    def fail(connection: Connection, opening: Opening | None) -> SubmittedRun:
        desk.unit()(connection, opening)
        raise ZeroDivisionError

    async with desk.worker("w", 2):
        first = await desk.submit(idempotency=key)
        for _ in range(3):
            assert (await desk.submit(idempotency=key)).id == first.id
            with pytest.raises(IdempotencyConflict):
                await desk.submit(idempotency=IdempotencyKey("s", "k", b"2"))
            with pytest.raises(ZeroDivisionError):
                await desk.engine.submit_directly(QUEUE, fail)
        assert (await desk.submit()).state is State.RUNNING
        assert (await desk.submit()).state is State.QUEUED


async def test_ten_simultaneous_submissions_with_one_key_are_one_run(desk: Desk) -> None:
    key = IdempotencyKey("s", "k", b"1")
    async with desk.worker("w", 4) as port:
        rows = await asyncio.gather(*(desk.submit(idempotency=key) for _ in range(10)))
        assert len({row.id for row in rows}) == 1
        assert (await receive(port)).fence.run_id == rows[0].id
        # All other slots are free again.
        assert [(await desk.submit()).state for _ in range(3)] == ["running"] * 3


async def test_who_gives_up_waiting_leaves_no_slot_behind(desk: Desk) -> None:
    """The run is submitted nevertheless, and its worker knows of it."""
    async with desk.worker("w", 1) as port:
        submitting = asyncio.create_task(desk.engine.submit_directly(QUEUE, desk.unit()))
        await asyncio.sleep(0)
        submitting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await submitting
        assignment = await receive(port)
        assert (await desk.row(assignment.fence.run_id)).state is State.RUNNING


async def test_a_cancel_reaches_a_run_that_was_started_directly(desk: Desk) -> None:
    async with desk.worker("w", 1) as port:
        row = await desk.submit()
        await desk.engine.db.write(lambda connection: desk.engine.cancel(connection, row.id))
        fence = (await receive(port)).fence
        async with asyncio.timeout(10):
            assert await port.receive() == Cancellation(fence)


async def test_a_worker_that_dies_meanwhile_loses_nothing(desk: Desk) -> None:
    """The slot was reserved and the worker is gone when the write comes: the run is queued."""
    async with desk.worker("w", 1):
        submitting = asyncio.create_task(desk.engine.submit_directly(QUEUE, desk.unit()))
        await asyncio.sleep(0)
    submitted = await submitting
    await desk.until_queued(submitted.id)


async def test_a_worker_that_drains_meanwhile_gives_the_run_back(desk: Desk) -> None:
    async with desk.worker("w", 1) as port:
        submitting = asyncio.create_task(desk.engine.submit_directly(QUEUE, desk.unit()))
        await asyncio.sleep(0)
        port.drain(0)
        submitted = await submitting
        await desk.until_queued(submitted.id)


async def test_a_full_queue_leaves_no_trace(desk: Desk) -> None:
    """Of what was refused, not even its key; what is known is answered all the same."""
    key, other = IdempotencyKey("s", "k", b"1"), IdempotencyKey("s", "l", b"1")
    first = await desk.submit(queue_limit=2, idempotency=key)
    await desk.submit(queue_limit=2)
    with pytest.raises(QueueFull, match="2 runs are waiting"):
        await desk.submit(queue_limit=2, idempotency=other)
    assert (await desk.submit(queue_limit=2, idempotency=key)).id == first.id
    await desk.engine.db.write(lambda connection: desk.engine.cancel(connection, first.id))
    again = await desk.submit(queue_limit=2, idempotency=IdempotencyKey("s", "l", b"2"))
    assert again.state is State.QUEUED


async def test_a_full_queue_does_not_refuse_what_starts_at_once(desk: Desk) -> None:
    async with desk.worker("w", 1):
        assert (await desk.submit(queue_limit=0)).state is State.RUNNING
        with pytest.raises(QueueFull):
            await desk.submit(queue_limit=0)


async def test_a_place_in_the_queue_counts_who_starts_earlier(desk: Desk) -> None:
    rows = [await desk.submit(priority=priority) for priority in (0, 0, 5)]
    places = await desk.engine.db.read(
        lambda connection: [desk.engine.position(connection, row) for row in rows]
    )
    assert places == [2, 3, 1]
