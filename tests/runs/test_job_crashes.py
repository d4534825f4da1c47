"""kill -9 in the middle of jobs: of the worker that has them, and of the whole server."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.job_payload import QUEUE, JobPayload
from evalwright_server.runs.pool import WorkerPool
from evalwright_server.runs.records import RunRow
from evalwright_server.runs.signals import output_topic
from evalwright_server.runs.states import State
from evalwright_server.store.database import Database
from evalwright_server.store.dialects import sqlite_url
from evalwright_server.store.tables.jobs import job_output
from runs.jobs_data import Remains, remains, submit_job
from runs.test_server_kill import TESTS, Server, until_gone

pytestmark = pytest.mark.slow

TIMEOUT = 30.0
ENDLESS = "import time\nprint('working', flush=True)\nwhile True: time.sleep(1)"


class Yard:
    """An engine with a worker process."""

    def __init__(self, engine: Engine, space_id: int, pool: WorkerPool) -> None:
        self.engine = engine
        self.space_id = space_id
        self.pool = pool

    async def submit(self, code: str) -> int:
        submitted = await self.engine.submit_directly(
            QUEUE,
            lambda connection, opening: submit_job(
                connection, self.engine, self.space_id, JobPayload(code, {}), opening
            ),
        )
        return submitted.id

    async def until_written(self, run_id: int, attempt: int) -> RunRow:
        """Wait until an attempt has written something."""
        statement = job_output.select().where(
            job_output.c.run_id == run_id, job_output.c.attempt == attempt
        )
        with self.engine.signals.subscribe(output_topic(run_id)) as subscription:
            async with asyncio.timeout(TIMEOUT):
                while not await self.engine.db.read(
                    lambda connection: connection.execute(statement).all()
                ):
                    await subscription.wait(TIMEOUT)
        return await self.engine.wait(run_id, since_version=-1, timeout=TIMEOUT)

    async def wait(self, run_id: int) -> tuple[RunRow, Remains]:
        run = await self.engine.wait(run_id, since_version=None, timeout=TIMEOUT)
        assert run.state.is_final, run
        return run, await self.engine.db.read(lambda connection: remains(connection, run_id))


@pytest.fixture
async def yard(db: Database, space_id: int) -> AsyncIterator[Yard]:
    engine = Engine(db)
    pool = WorkerPool(engine)
    await pool.start()
    yield Yard(engine, space_id, pool)
    await pool.stop(0)


async def test_a_job_is_started_again_when_its_worker_dies(yard: Yard) -> None:
    """Once. Dying twice is its own fault, it seems: then it is given up, and a dead letter."""
    run_id = await yard.submit(ENDLESS)
    for attempt in (1, 2):
        run = await yard.until_written(run_id, attempt)
        assert (run.state, run.attempt) == (State.RUNNING, attempt)
        [pid] = yard.pool.pids
        os.kill(pid, signal.SIGKILL)
    run, left = await yard.wait(run_id)
    assert (run.state, run.attempt) == (State.FAILED, 2)
    assert left.record["error"]["type"] == "interrupted"
    assert (left.stdout, left.job["ended_as"]) == ("working\n", "failed")
    assert [(dead["job_id"], dead["retry_count"]) for dead in left.dead] == [(run.uid, 2)]


async def test_a_drained_worker_hands_its_job_on(yard: Yard) -> None:
    """Which is nobody's fault, and no attempt less."""
    run_id = await yard.submit(ENDLESS)
    await yard.until_written(run_id, 1)
    [pid] = yard.pool.pids
    os.kill(pid, signal.SIGTERM)
    run = await yard.until_written(run_id, 2)
    assert (run.state, run.max_attempts) == (State.RUNNING, 3)
    await yard.engine.db.write(lambda connection: yard.engine.cancel(connection, run_id))
    run, left = await yard.wait(run_id)
    assert (run.state, left.stdout, left.dead) == (State.CANCELLED, "working\n", [])
    assert {piece[0] for piece in left.live} == {2}


async def test_a_storm_of_kills_loses_nothing(engine: Engine, space_id: int) -> None:
    """Every job ends once and with one record; those that met two deaths say so."""
    pool = WorkerPool(engine, workers=2)
    await pool.start()
    yard = Yard(engine, space_id, pool)
    runs = [await yard.submit(f"import time\ntime.sleep(0.05)\nprint({n})") for n in range(60)]
    version = -1
    for victim in range(8):
        run = await engine.wait(runs[victim * 6], since_version=version, timeout=TIMEOUT)
        for pid in pool.pids[:1]:
            os.kill(pid, signal.SIGKILL)
        if not run.state.is_final:
            await engine.wait(run.id, since_version=run.version, timeout=TIMEOUT)
    ends = [await yard.wait(run_id) for run_id in runs]
    await pool.stop(0)
    for number, (run, left) in enumerate(ends):
        assert left.job["ended_as"] == run.state
        if run.state is State.SUCCEEDED:
            assert (left.stdout, left.dead) == (f"{number}\n", [])
        else:
            assert (run.state, run.attempt) == (State.FAILED, 2)
            assert left.record["error"]["type"] == "interrupted"
            assert len(left.dead) == 1


async def test_a_worker_that_slept_through_its_lease_stores_nothing(
    db: Database, space_id: int
) -> None:
    """It is stopped in the middle of a job, which another worker then does, and goes on."""
    engine = Engine(db, lease_seconds=2)
    pool = WorkerPool(engine, workers=2)
    await pool.start()
    yard = Yard(engine, space_id, pool)
    run_id = await yard.submit(
        "import time\nfor n in range(40):\n    print(n)\n    time.sleep(0.05)"
    )
    run = await yard.until_written(run_id, 1)
    assert run.owner is not None
    sleeper = int(run.owner.split(":")[1])
    os.kill(sleeper, signal.SIGSTOP)
    try:
        await yard.until_written(run_id, 2)
    finally:
        os.kill(sleeper, signal.SIGCONT)
    run, left = await yard.wait(run_id)
    after = await yard.wait(await yard.submit("print(1)"))
    assert sleeper in pool.pids
    await pool.stop(0)
    assert (run.state, run.attempt) == (State.SUCCEEDED, 2)
    assert left.stdout == "".join(f"{number}\n" for number in range(40))
    assert {piece[0] for piece in left.live} == {2}
    assert after[0].state is State.SUCCEEDED


async def test_accepted_jobs_survive_kill_9_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that wait, those that run, and those that were started by their submission."""
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    url = sqlite_url(tmp_path / "evalwright.db")
    server = await Server.start(url, "runs.job_server_process")
    accepted = []
    for number in range(30):
        code = f"import time\ntime.sleep({number % 3 / 10})\nprint({number})"
        server.input.write(json.dumps({"submit": code}).encode() + b"\n")
        accepted.append(int(await server.output.readline()))
    workers = await server.kill()
    await until_gone(workers)
    async with await Database.open(url) as db:
        engine = Engine(db)
        pool = WorkerPool(engine)
        await pool.start()
        ends = [
            await engine.wait(run_id, since_version=None, timeout=TIMEOUT) for run_id in accepted
        ]
        left = [
            await db.read(lambda connection, wanted=run_id: remains(connection, wanted))  # type: ignore[misc]
            for run_id in accepted
        ]
        await pool.stop(0)
    assert [run.state for run in ends] == [State.SUCCEEDED] * 30
    assert [each.stdout for each in left] == [f"{number}\n" for number in range(30)]
    assert {run.attempt for run in ends} <= {1, 2}
