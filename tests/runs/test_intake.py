"""Which workers are given runs: those that ask, and are still there."""

import asyncio

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.job_payload import QUEUE
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.local_port import LocalPort
from evalwright_server.runs.port import Loss
from evalwright_server.runs.reaper import reap
from evalwright_server.runs.records import Assignment
from evalwright_server.runs.states import State
from evalwright_server.store.database import Database
from runs.jobs_data import submit_job


async def receive(port: LocalPort) -> object:
    async with asyncio.timeout(10):
        return await port.receive()


async def test_a_worker_that_hangs_is_given_nothing_more(db: Database, space_id: int) -> None:
    """It would only use up the attempts of what it is given. Once it speaks, all is well again."""
    engine = Engine(db, lease_seconds=0.2, safety_seconds=0.05)
    submitted = await db.write(lambda connection: submit_job(connection, engine, space_id))
    async with LocalPort(engine, "w", SOURCES) as port:
        port.credit(3, QUEUE)
        first = await receive(port)
        assert isinstance(first, Assignment)
        async with asyncio.timeout(10):
            while not await reap(engine):  # noqa: ASYNC110 - a lease runs out without a word
                await asyncio.sleep(0.05)
        # Told of its loss, it has nothing more to speak of, and is silent all the same.
        assert await receive(port) == Loss(first.fence)
        opening = engine.openings.reserve(QUEUE)
        run = await db.read(lambda connection: engine.get(connection, submitted.id))
        assert run is not None
        assert (opening, run.state) == (None, State.QUEUED)
        await port.alive([])
        second = await receive(port)
        assert isinstance(second, Assignment)
        assert (second.fence.run_id, second.fence.attempt) == (submitted.id, 2)


async def test_queues_have_slots_of_their_own(engine: Engine, space_id: int) -> None:
    """Full slots of one queue keep nobody waiting in another."""
    async with LocalPort(engine, "w", SOURCES) as port:
        port.credit(1, QUEUE)
        port.credit(1, "default")
        for queue in (QUEUE, QUEUE, "default"):
            await engine.db.write(
                lambda connection, queue=queue: submit_job(  # type: ignore[misc]
                    connection, engine, space_id, queue=queue
                )
            )
        pushes = [await receive(port), await receive(port)]
        queues = {push.queue for push in pushes if isinstance(push, Assignment)}
        assert queues == {QUEUE, "default"}
        waiting = await engine.db.read(
            lambda connection: engine.count_waiting(connection, QUEUE, 10)
        )
        assert waiting == 1
