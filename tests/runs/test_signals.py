"""Nothing but time may depend on signals: they are lost, doubled, and fired for no reason."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.local_port import LocalPort
from evalwright_server.runs.records import NewRun
from evalwright_server.runs.signals import Hub, Signals
from evalwright_server.runs.states import State
from evalwright_server.runs.worker import Worker
from evalwright_server.store.database import Database
from runs.sample_handlers import KIND, SOURCES, handle


class Deaf(Hub):
    """Loses every signal."""

    def fire(self, topic: str) -> None:
        pass


class Noisy(Hub):
    """Loses half the signals, and answers each with several on topics of its choice."""

    def __init__(self) -> None:
        super().__init__()
        self.random = random.Random(1)

    def fire(self, topic: str) -> None:
        for each in [topic, *self.random.choices([*self._listeners] or [topic], k=5)]:
            if self.random.random() < 0.5:
                super().fire(each)


@asynccontextmanager
async def worker(engine: Engine) -> AsyncIterator[None]:
    async with LocalPort(engine, "worker", SOURCES) as port:
        worker = Worker(port, {KIND: handle}, beat_seconds=0.05)
        working = asyncio.create_task(worker.run())
        yield
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


@pytest.mark.parametrize("signals", [Deaf(), Noisy()], ids=["deaf", "noisy"])
async def test_runs_end_right_whatever_is_heard(
    db: Database, space_id: int, signals: Signals
) -> None:
    """Runs succeed, cancelled ones are cancelled, and waiters hear of it."""
    engine = Engine(db, signals=signals, safety_seconds=0.05)

    async def submit(**payload: int) -> int:
        run = NewRun(KIND, space_id, payload)
        return (await db.write(lambda connection: engine.submit(connection, run))).id

    async with worker(engine), asyncio.timeout(30):
        run_ids = [await submit(rows=3) for _ in range(10)]
        stuck = await submit(rows=3, stop_at=1)
        ends = await asyncio.gather(
            *(engine.wait(run_id, since_version=None, timeout=30) for run_id in run_ids)
        )
        while (row := await engine.wait(stuck, since_version=None, timeout=0)).progress.done < 1:
            await engine.wait(stuck, since_version=row.version, timeout=1)
        await db.write(lambda connection: engine.cancel(connection, stuck))
        cancelled = await engine.wait(stuck, since_version=None, timeout=30)
    assert {(run.state, run.attempt, run.progress.done) for run in ends} == {
        (State.SUCCEEDED, 1, 3)
    }
    assert cancelled.state is State.CANCELLED


async def test_a_signal_before_the_wait_is_not_lost() -> None:
    """Whoever subscribes, reads and then sleeps must not sleep through what came in between."""
    hub = Hub()
    with hub.subscribe("a", "b") as subscription:
        hub.fire("b")
        async with asyncio.timeout(5):
            await subscription.wait(60)


async def test_subscriptions_leave_nothing_behind() -> None:
    hub = Hub()
    with hub.subscribe("a"), hub.subscribe("a", "b"):
        assert set(hub._listeners) == {"a", "b"}
    assert not hub._listeners
