"""Worker processes: runs done, processes killed, servers stopped."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.pool import WorkerPool
from evalwright_server.runs.records import NewRun, RunRow
from evalwright_server.runs.states import State
from evalwright_server.store.database import Database
from runs.sample_handlers import KIND, SOURCES

TIMEOUT = 30.0
pytestmark = pytest.mark.slow


@pytest.fixture
async def pool(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerPool]:
    """One worker process that knows the sample handlers."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    pool = WorkerPool(engine, sources=SOURCES, handlers="runs.sample_handlers:make_handlers")
    await pool.start()
    yield pool
    await pool.stop(0)


async def submit(engine: Engine, space_id: int, **payload: int | str) -> int:
    run = NewRun(KIND, space_id, payload)
    submitted = await engine.db.write(lambda connection: engine.submit(connection, run))
    return submitted.id


async def until(engine: Engine, run_id: int, reached: Callable[[RunRow], bool]) -> RunRow:
    async with asyncio.timeout(TIMEOUT):
        async for run in engine.events(run_id):
            if reached(run):
                return run
    raise AssertionError("the run ended before it got there")


async def test_a_worker_process_does_a_run(engine: Engine, space_id: int, pool: WorkerPool) -> None:
    run_id = await submit(engine, space_id, rows=3)
    run = await engine.wait(run_id, since_version=None, timeout=TIMEOUT)
    assert (run.state, run.attempt, run.progress.done) == (State.SUCCEEDED, 1, 3)
    assert run.result == {"attempt": 1}


async def test_a_run_survives_kill_9_of_its_worker(
    engine: Engine, space_id: int, pool: WorkerPool, tmp_path: Path
) -> None:
    """The dead worker's run is queued at once; what it had stored isn't done again."""
    log = tmp_path / "log"
    run_id = await submit(engine, space_id, rows=5, stop_at=3, log=str(log))
    await until(engine, run_id, lambda run: run.progress.done == 3)
    [pid] = pool.pids
    os.kill(pid, signal.SIGKILL)
    run = await engine.wait(run_id, since_version=None, timeout=TIMEOUT)
    assert (run.state, run.attempt) == (State.SUCCEEDED, 2)
    assert (run.progress.done, run.progress.succeeded) == (5, 5)
    assert log.read_text().split("\n") == ["1 0", "1 1", "1 2", "2 3", "2 4", ""]
    assert pool.pids != [pid]


async def test_a_run_that_kills_its_worker_again_and_again_fails(
    engine: Engine, space_id: int, pool: WorkerPool
) -> None:
    run_id = await submit(engine, space_id, rows=1, suicide=1)
    run = await engine.wait(run_id, since_version=None, timeout=TIMEOUT)
    assert (run.state, run.attempt) == (State.FAILED, 3)
    assert run.failure_reason is not None
    assert run.failure_reason.startswith("given up after 3 attempts")


async def test_a_running_run_is_cancelled(engine: Engine, space_id: int, pool: WorkerPool) -> None:
    """And keeps what was stored until then."""
    run_id = await submit(engine, space_id, rows=5, stop_at=3)
    await until(engine, run_id, lambda run: run.progress.done == 3)
    await engine.db.write(lambda connection: engine.cancel(connection, run_id))
    run = await engine.wait(run_id, since_version=None, timeout=TIMEOUT)
    assert (run.state, run.progress.done) == (State.CANCELLED, 3)
    assert run.failure_reason == "cancelled on request"


async def test_a_bug_in_a_handler_fails_the_run(
    engine: Engine, space_id: int, pool: WorkerPool
) -> None:
    run = NewRun("buggy", space_id, {})
    submitted = await engine.db.write(lambda connection: engine.submit(connection, run))
    row = await engine.wait(submitted.id, since_version=None, timeout=TIMEOUT)
    assert row.state is State.FAILED
    assert row.failure_reason == "internal error: ZeroDivisionError: a bug"


async def test_stopping_hands_runs_back(engine: Engine, space_id: int, pool: WorkerPool) -> None:
    """A server that stops leaves its runs queued, with what they have done."""
    run_id = await submit(engine, space_id, rows=5, stop_at=3)
    await until(engine, run_id, lambda run: run.progress.done == 3)
    await pool.stop(0)
    run = await engine.db.read(lambda connection: engine.get(connection, run_id))
    assert run is not None
    assert (run.state, run.progress.done, run.owner) == (State.QUEUED, 3, None)
    assert (run.attempt, run.max_attempts) == (1, 4)


async def test_stopping_lets_short_runs_end(
    engine: Engine, space_id: int, pool: WorkerPool
) -> None:
    runs = [await submit(engine, space_id, rows=200) for _ in range(4)]
    for run_id in runs:
        # Not "is running": the worker may not know of it yet, and hands it back then.
        await until(engine, run_id, lambda run: run.progress.done > 0)
    await pool.stop(TIMEOUT)
    rows = await engine.db.read(lambda connection: engine.get_many(connection, runs))
    assert {row.state for row in rows.values()} == {State.SUCCEEDED}


async def test_sigterm_drains_a_worker(engine: Engine, space_id: int, pool: WorkerPool) -> None:
    """Its runs go on in another one, and no attempt is held against them."""
    run_id = await submit(engine, space_id, rows=5, stop_at=3)
    await until(engine, run_id, lambda run: run.progress.done == 3)
    [pid] = pool.pids
    os.kill(pid, signal.SIGTERM)
    run = await engine.wait(run_id, since_version=None, timeout=TIMEOUT)
    assert (run.state, run.attempt, run.max_attempts) == (State.SUCCEEDED, 2, 4)


async def test_a_worker_that_slept_through_its_lease_changes_nothing(
    db: Database, space_id: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is stopped in the middle of a run, which another worker then does, and goes on."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    engine = Engine(db, lease_seconds=3)
    log = tmp_path / "log"
    pool = WorkerPool(
        engine, workers=2, sources=SOURCES, handlers="runs.sample_handlers:make_handlers"
    )
    await pool.start()
    run_id = await submit(engine, space_id, rows=400, log=str(log))
    run = await until(engine, run_id, lambda run: run.progress.done > 20)
    assert run.owner is not None
    sleeper = int(run.owner.split(":")[1])
    os.kill(sleeper, signal.SIGSTOP)
    await until(engine, run_id, lambda run: run.attempt == 2)
    os.kill(sleeper, signal.SIGCONT)
    run = await engine.wait(run_id, since_version=None, timeout=TIMEOUT)
    after = await submit(engine, space_id, rows=1)
    await engine.wait(after, since_version=None, timeout=TIMEOUT)
    assert sleeper in pool.pids
    await pool.stop(0)
    assert (run.state, run.attempt, run.progress.succeeded) == (State.SUCCEEDED, 2, 400)
    assert run.result == {"attempt": 2}
    rows = [int(line.split()[1]) for line in log.read_text().splitlines()]
    assert len(rows) - len(set(rows)) == 0
