"""Several servers on one PostgreSQL database, each with workers and direct starts of its own."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import Connection

from databases import PostgreSQL
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.job_payload import QUEUE
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.local_port import LocalPort
from evalwright_server.runs.openings import Opening
from evalwright_server.runs.port import PortClosed
from evalwright_server.runs.records import Assignment, Finish, IdempotencyKey, SubmittedRun
from evalwright_server.runs.states import State
from evalwright_server.store.database import Database
from runs.conftest import make_space
from runs.jobs_data import submit_job

pytestmark = pytest.mark.slow


async def work(port: LocalPort, started: Counter[int]) -> None:
    """Do every run there is, as a worker would."""
    while True:
        try:
            push = await port.receive()
        except PortClosed:
            return
        if isinstance(push, Assignment):
            started[push.fence.run_id] += 1
            await port.finish(push.fence, Finish(State.FAILED, "done"))
            port.credit(1, QUEUE)


async def test_every_run_is_started_once(postgresql: PostgreSQL) -> None:
    """Whichever server it is submitted to, with one key for each pair of submissions."""
    url = postgresql()
    started: Counter[int] = Counter()
    async with await Database.open(url) as first, await Database.open(url) as second:
        space = await first.write(make_space)
        engines = [Engine(db, safety_seconds=0.05) for db in (first, second)]

        async def submit(engine: Engine, key: str) -> SubmittedRun:
            idempotency = IdempotencyKey("jobs", key, b"")

            def unit(connection: Connection, opening: Opening | None) -> SubmittedRun:
                return submit_job(connection, engine, space, None, opening, idempotency=idempotency)

            return await engine.submit_directly(QUEUE, unit)

        async with (
            LocalPort(engines[0], "a", SOURCES) as a,
            LocalPort(engines[1], "b", SOURCES) as b,
        ):
            working = [asyncio.create_task(work(port, started)) for port in (a, b)]
            for port in (a, b):
                port.credit(3, QUEUE)
            submitted = await asyncio.gather(
                *(submit(engines[index % 2], f"key{index // 2}") for index in range(200))
            )
            numbers = {each.id for each in submitted}
            ends = [
                await engines[0].wait(run_id, since_version=None, timeout=30)
                for run_id in sorted(numbers)
            ]
        await asyncio.gather(*working)
    postgresql.drop(url)
    assert len(numbers) == 100
    assert sum(each.created for each in submitted) == 100
    assert {run.state for run in ends} == {State.FAILED}
    assert started == Counter(dict.fromkeys(numbers, 1))
