"""Submitting, cancelling and waiting, as services do it."""

import asyncio

import pytest

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import IdempotencyConflict, RunFinished, RunNotFound
from evalwright_server.runs.records import IdempotencyKey, NewRun, SubmittedRun
from evalwright_server.runs.states import State


async def submit(engine: Engine, run: NewRun) -> SubmittedRun:
    return await engine.db.write(lambda connection: engine.submit(connection, run))


async def test_a_submitted_run_is_queued(engine: Engine, space_id: int) -> None:
    submitted = await submit(engine, NewRun("test", space_id, {"a": [1, None]}, priority=3))
    run = await engine.db.read(lambda connection: engine.get(connection, submitted.id))
    assert run is not None
    assert (run.state, run.attempt, run.priority) == (State.QUEUED, 0, 3)
    assert (run.suffix, run.started_at, run.owner) == (submitted.suffix, None, None)
    assert run.created_at.tzinfo is not None


async def test_fifty_submissions_with_one_key_are_one_run(engine: Engine, space_id: int) -> None:
    """Clients retry, and retries overtake each other."""
    run = NewRun("test", space_id, {}, idempotency=IdempotencyKey("s", "k", b"1"))
    submitted = await asyncio.gather(*(submit(engine, run) for _ in range(50)))
    assert len({each.id for each in submitted}) == 1
    assert sum(each.created for each in submitted) == 1


async def test_a_key_with_another_body_is_a_conflict(engine: Engine, space_id: int) -> None:
    await submit(engine, NewRun("t", space_id, {}, idempotency=IdempotencyKey("s", "k", b"1")))
    with pytest.raises(IdempotencyConflict, match="send a new key"):
        await submit(engine, NewRun("t", space_id, {}, idempotency=IdempotencyKey("s", "k", b"2")))


async def test_a_queued_run_is_cancelled_at_once(engine: Engine, space_id: int) -> None:
    submitted = await submit(engine, NewRun("test", space_id, {}))
    run = await engine.db.write(lambda connection: engine.cancel(connection, submitted.id))
    assert (run.state, run.failure_reason) == (State.CANCELLED, "cancelled before it started")
    assert run.finished_at is not None
    with pytest.raises(RunFinished, match="it is cancelled"):
        await engine.db.write(lambda connection: engine.cancel(connection, submitted.id))


async def test_what_is_not_there_is_not_found(engine: Engine) -> None:
    with pytest.raises(RunNotFound):
        await engine.db.write(lambda connection: engine.cancel(connection, 7))
    with pytest.raises(RunNotFound):
        await engine.wait(7, since_version=None, timeout=1)
    assert await engine.db.read(lambda connection: engine.get(connection, 7)) is None


async def test_waiting_ends_with_the_time(engine: Engine, space_id: int) -> None:
    submitted = await submit(engine, NewRun("test", space_id, {}))
    run = await engine.wait(submitted.id, since_version=None, timeout=0.01)
    assert run.state is State.QUEUED


async def test_waiting_ends_with_a_change(engine: Engine, space_id: int) -> None:
    submitted = await submit(engine, NewRun("test", space_id, {}))
    waits = [
        asyncio.create_task(engine.wait(submitted.id, since_version=version, timeout=30))
        for version in (None, 0)
    ]
    await engine.db.write(lambda connection: engine.cancel(connection, submitted.id))
    assert {run.state for run in await asyncio.gather(*waits)} == {State.CANCELLED}


async def test_events_end_with_the_run(engine: Engine, space_id: int) -> None:
    submitted = await submit(engine, NewRun("test", space_id, {}))
    states = []
    async for run in engine.events(submitted.id):
        states.append(run.state)
        if run.state is State.QUEUED:
            await engine.db.write(lambda connection: engine.cancel(connection, submitted.id))
    assert states == [State.QUEUED, State.CANCELLED]
