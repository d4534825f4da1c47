"""What jobs write while they run, from the pipe to the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from evalwright_server.runs.context import Context
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import LeaseLost
from evalwright_server.runs.handlers.live_output import BATCH_CHARACTERS, LiveOutput
from evalwright_server.runs.job_payload import QUEUE
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.local_port import LocalPort
from evalwright_server.runs.records import Assignment
from evalwright_server.runs.signals import output_topic
from evalwright_server.store.tables.jobs import job_output
from runs.jobs_data import submit_job


class Scene:
    """A job that a worker of this process has."""

    def __init__(self, engine: Engine, assignment: Assignment, port: LocalPort) -> None:
        self.engine = engine
        self.run_id = assignment.fence.run_id
        self.context = Context(port, assignment)
        self.losses = 0

    def lose(self) -> None:
        self.losses += 1

    async def stored(self) -> list[tuple[int, str, str]]:
        def read(connection: object) -> list[tuple[int, str, str]]:
            statement = job_output.select().order_by(job_output.c.seq)
            return [
                (row.seq, row.stream, row.text)
                for row in connection.execute(statement)  # type: ignore[attr-defined]
            ]

        return await self.engine.db.read(read)

    async def until_stored(self, count: int) -> list[tuple[int, str, str]]:
        with self.engine.signals.subscribe(output_topic(self.run_id)) as subscription:
            async with asyncio.timeout(10):
                while len(found := await self.stored()) < count:
                    await subscription.wait(10)
        return found


@asynccontextmanager
async def scene_of(engine: Engine, space_id: int) -> AsyncIterator[Scene]:
    await engine.db.write(lambda connection: submit_job(connection, engine, space_id))
    async with LocalPort(engine, "w", SOURCES) as port:
        port.credit(1, QUEUE)
        push = await port.receive()
        assert isinstance(push, Assignment)
        yield Scene(engine, push, port)


@pytest.fixture
async def scene(engine: Engine, space_id: int) -> AsyncIterator[Scene]:
    async with scene_of(engine, space_id) as scene:
        yield scene


async def test_what_a_short_job_writes_is_not_sent(scene: Scene) -> None:
    async with LiveOutput(scene.context, scene.lose) as live:
        live.take("stdout", b"x")
    assert live.rest() == []
    assert await scene.stored() == []


async def test_what_a_longer_job_writes_is_sent_in_order(scene: Scene) -> None:
    """Joined where nothing came between, and the rest is for the report."""
    async with LiveOutput(scene.context, scene.lose) as live:
        for stream, chunk in [
            ("stdout", b"a"),
            ("stdout", b"b"),
            ("stderr", b"c"),
            ("stdout", b"d"),
        ]:
            live.take(stream, chunk)
        found = await scene.until_stored(3)
        live.take("stdout", b"e")
        await live.stop()
    assert found == [(1, "stdout", "ab"), (2, "stderr", "c"), (3, "stdout", "d")]
    [last] = live.rest()
    assert (last.seq, last.stream, last.text) == (4, "stdout", "e")
    assert scene.losses == 0


async def test_characters_are_not_torn_apart(scene: Scene) -> None:
    async with LiveOutput(scene.context, scene.lose) as live:
        live.take("stdout", "ä€".encode()[:3])
        assert await scene.until_stored(1) == [(1, "stdout", "ä")]
        live.take("stdout", "€".encode()[1:] + b"\xff\xc3")
        await live.stop()
        assert "".join(piece.text for piece in live.rest()) == "€\ufffd\ufffd"


async def test_batches_are_bounded(scene: Scene) -> None:
    async with LiveOutput(scene.context, scene.lose) as live:
        for _ in range(5):
            live.take("stdout", b"x" * BATCH_CHARACTERS)
        found = await scene.until_stored(5)
    assert [len(text) for _, _, text in found] == [BATCH_CHARACTERS] * 5


async def test_many_small_writes_are_one_piece(scene: Scene) -> None:
    async with LiveOutput(scene.context, scene.lose) as live:
        for _ in range(100_000):
            live.take("stderr", b"x")
        found = await scene.until_stored(1)
    assert found == [(1, "stderr", "x" * 100_000)]


async def test_a_lost_attempt_stops_its_job(scene: Scene) -> None:
    """What another attempt has begun must not go on twice."""
    engine, run_id = scene.engine, scene.run_id
    async with LiveOutput(scene.context, scene.lose) as live:
        await engine.db.write(
            lambda connection: (
                connection.exec_driver_sql(
                    f"UPDATE runs SET attempt = 2, owner = 'other' WHERE id = {run_id}"
                ).rowcount
            )
        )
        live.take("stdout", b"x")
        async with asyncio.timeout(10):
            while not scene.losses:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert isinstance(live.loss, LeaseLost)
    assert (scene.losses, await scene.stored()) == (1, [])
