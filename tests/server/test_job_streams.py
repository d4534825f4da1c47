"""Events of jobs: in order, each exactly once, wherever a reader goes on from."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from databases import database_url, db, postgresql
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.job_payload import QUEUE
from evalwright_server.runs.job_report import JobRecord, JobReport, OutputPiece
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.leases import Leases
from evalwright_server.runs.records import Finish
from evalwright_server.runs.sources.source import Item
from evalwright_server.runs.states import State
from evalwright_server.services.errors import InvalidRequest, ResourceNotFound
from evalwright_server.services.job_event_ids import EventId, Stage
from evalwright_server.services.job_event_pages import PIECE_CHARACTERS, JobEvent
from evalwright_server.services.job_events import open_events
from evalwright_server.store.database import Database
from evalwright_server.store.dialects import sqlite_url
from runs.conftest import make_space, space_id
from runs.jobs_data import submit_job

__all__ = ["database_url", "db", "postgresql", "space_id"]

PATIENCE = 30

T = TypeVar("T")


class Theatre:
    """A job that a test moves by hand, and those who listen to it."""

    def __init__(self, engine: Engine, space_id: int) -> None:
        self.engine = engine
        self.space_id = space_id
        self.worker = Leases(engine, "worker", SOURCES)
        self.seq = 0

    async def submit(self) -> str:
        submitted = await self.engine.db.write(
            lambda connection: submit_job(connection, self.engine, self.space_id)
        )
        self.run_id = submitted.id
        self.job_id = submitted.uid or ""
        return self.job_id

    async def start(self) -> None:
        [(self.claimed, _)] = await self.worker.claim(QUEUE, 1)
        self.seq = 0

    async def write(self, *texts: str, stream: str = "stdout") -> None:
        """Write pieces, as the worker does."""
        items: list[Item] = []
        for text in texts:
            self.seq += 1
            items.append({"type": "output", "seq": self.seq, "stream": stream, "text": text})
        await self.worker.store(self.claimed, items)

    async def finish(
        self,
        stdout: str = "",
        stderr: str = "",
        last: Sequence[OutputPiece] = (),
        state: State = State.SUCCEEDED,
    ) -> None:
        report = JobReport(JobRecord().to_json(), stdout, stderr, last_output=last)
        reason = None if state is State.SUCCEEDED else "so it goes"
        await self.worker.finish(self.claimed, Finish(state, reason, result=report.to_json()))

    async def lose(self) -> None:
        """Let the worker die without a word."""
        await self.worker.abandon()

    async def read(self, after: str | None = None, *, follow: bool = True) -> list[JobEvent]:
        """Return all events behind a place, once there are no more."""
        async with asyncio.timeout(PATIENCE):
            return [event async for event in self.follow(after, follow=follow)]

    async def follow(
        self, after: str | None = None, *, follow: bool = True
    ) -> AsyncIterator[JobEvent]:
        unit = partial(
            open_events, job_id=self.job_id, after=after, engine=self.engine, pointer="query:after"
        )
        reader = await self.engine.db.read(unit)
        async for page in reader.read(follow=follow):
            for event in page:
                yield event


def told(events: Sequence[JobEvent]) -> list[tuple[str, str]]:
    """Return the IDs of events, and what each says."""
    return [(str(event.id), event.status or f"{event.stream}: {event.text}") for event in events]


@pytest.fixture
async def theatre(db: Database, space_id: int) -> Theatre:
    theatre = Theatre(Engine(db), space_id)
    await theatre.submit()
    return theatre


@given(
    st.integers(0, 999999999),
    st.one_of(st.integers(1, 999999999), st.sampled_from(list(State))),
)
def test_an_id_is_read_as_it_was_written(attempt: int, what: int | State) -> None:
    if isinstance(what, State):
        event_id = EventId.of_state(attempt, what)
    else:
        event_id = EventId(attempt, Stage.WRITING, what)
    assert EventId.read(str(event_id)) == event_id


def test_ids_stand_in_the_order_of_events() -> None:
    texts = ["0-queued", "1-running", "1-1", "1-2", "1-10", "1-queued", "2-running", "2-failed"]
    ids = [EventId.read(text) for text in texts]
    assert sorted(ids) == ids


@pytest.mark.parametrize(
    "text",
    ["", "1", "1-", "-1", "1-01", "01-1", "1-1-1", "1-pending", "1-gone", "1 -1", "1-1\n",
     "\u0661-1", "9999999999-1", "1--1", "queued", "1-Running", "x" * 100],
)  # fmt: skip
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected the id of an event"):
        EventId.read(text)


async def test_a_job_is_told_as_it_happens(theatre: Theatre) -> None:
    events = theatre.follow()
    assert (await anext(events)).status == "queued"
    await theatre.start()
    assert (await anext(events)).status == "running"
    await theatre.write("one\n")
    assert (await anext(events)).text == "one\n"
    await theatre.write("two\n", stream="stderr")
    event = await anext(events)
    assert event.view() | {"at": None} == {
        "id": "1-2",
        "type": "output",
        "attempt": 1,
        "at": None,
        "status": None,
        "stream": "stderr",
        "text": "two\n",
    }
    assert event.at is not None
    await theatre.finish("one\n", "two\nthree", [OutputPiece(3, "stderr", "three")])
    assert told([event async for event in events]) == [
        ("1-3", "stderr: three"),
        ("1-succeeded", "succeeded"),
    ]


async def test_a_reader_can_go_on_from_every_event(theatre: Theatre) -> None:
    """While the job runs as well as after its end, with the same ids."""
    await theatre.start()
    await theatre.write("a", "b")
    running = await theatre.read(follow=False)
    await theatre.write("c")
    await theatre.finish("abcd", last=[OutputPiece(4, "stdout", "d")])
    ended = await theatre.read()
    assert told(ended) == [
        ("0-queued", "queued"),
        ("1-running", "running"),
        ("1-1", "stdout: a"),
        ("1-2", "stdout: b"),
        ("1-3", "stdout: c"),
        ("1-4", "stdout: d"),
        ("1-succeeded", "succeeded"),
    ]
    assert ended[: len(running)] == running
    for number, event in enumerate(ended, 1):
        assert await theatre.read(str(event.id)) == ended[number:]


async def test_a_reader_in_the_middle_misses_nothing(theatre: Theatre) -> None:
    """Someone who reconnects after each event while the job goes on gets all of it once."""
    heard: list[JobEvent] = []

    async def listen() -> None:
        after = None
        while not heard or heard[-1].status not in {"succeeded", "failed"}:
            async for event in theatre.follow(after):
                heard.append(event)
                after = str(event.id)
                break

    async def work() -> None:
        await theatre.start()
        for number in range(30):
            await theatre.write(f"{number}\n")
        await theatre.finish("all")

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(listen(), work())
    texts = [event.text for event in heard if event.type == "output"]
    assert texts == [f"{number}\n" for number in range(30)]


async def test_a_second_attempt_is_announced_and_starts_anew(theatre: Theatre) -> None:
    await theatre.start()
    await theatre.write("lost 1", "lost 2")
    before = await theatre.read(follow=False)
    await theatre.lose()
    assert told(await theatre.read("1-1", follow=False)) == [
        ("1-2", "stdout: lost 2"),
        ("1-queued", "queued"),
    ]
    await theatre.start()
    assert told(await theatre.read(str(before[-1].id), follow=False)) == [("2-running", "running")]
    await theatre.write("kept 1")
    await theatre.finish("kept 1")
    again = [
        ("2-running", "running"),
        ("2-1", "stdout: kept 1"),
        ("2-succeeded", "succeeded"),
    ]
    for after in ("1-running", "1-1", "1-2", "1-queued"):
        assert told(await theatre.read(after)) == again
    assert told(await theatre.read()) == [("0-queued", "queued"), *again]


async def test_a_short_job_is_told_from_its_result_with_lasting_ids(theatre: Theatre) -> None:
    await theatre.start()
    long = "x" * PIECE_CHARACTERS
    await theatre.finish(long + "rest", "grün\n", state=State.FAILED)
    events = await theatre.read()
    assert [str(event.id) for event in events] == [
        "0-queued", "1-running", "1-1", "1-2", "1-3", "1-failed",
    ]  # fmt: skip
    assert [(event.stream, event.text) for event in events[2:5]] == [
        ("stdout", long),
        ("stdout", "rest"),
        ("stderr", "grün\n"),
    ]
    assert await theatre.read("1-1") == events[3:]
    assert await theatre.read("1-failed") == []


async def test_a_job_that_never_ran_is_told_too(theatre: Theatre) -> None:
    await theatre.engine.db.write(
        lambda connection: theatre.engine.cancel(connection, theatre.run_id)
    )
    expected = [("0-queued", "queued"), ("0-cancelled", "cancelled")]
    assert told(await theatre.read()) == expected
    assert told(await theatre.read("0-queued")) == expected[1:]


async def test_a_long_output_comes_in_several_pages(theatre: Theatre) -> None:
    await theatre.start()
    for start in range(0, 100, 20):
        await theatre.write(*map(str, range(start, start + 20)))
    await theatre.finish("all")
    texts = [event.text for event in await theatre.read() if event.type == "output"]
    assert texts == [str(number) for number in range(100)]
    assert len(await theatre.read("1-running", follow=False)) == 101


@pytest.mark.parametrize("after", ["2-running", "1-3", "1-queued", "1-succeeded", "0-cancelled"])
async def test_an_id_that_was_never_given_out_is_refused(theatre: Theatre, after: str) -> None:
    await theatre.start()
    await theatre.write("a", "b")
    with pytest.raises(InvalidRequest, match="expected the id of an event of this job"):
        await theatre.read(after)


async def test_of_a_job_that_ended_no_other_end_is_known(theatre: Theatre) -> None:
    await theatre.start()
    await theatre.finish("a")
    for after in ("1-failed", "1-cancelled", "1-2"):
        with pytest.raises(InvalidRequest):
            await theatre.read(after)


async def test_a_job_that_is_deleted_has_no_more_events(theatre: Theatre) -> None:
    events = theatre.follow()
    await anext(events)
    await theatre.engine.db.write(lambda connection: connection.exec_driver_sql("DELETE FROM runs"))
    theatre.engine.signals.fire(f"run:{theatre.run_id}")
    async with asyncio.timeout(PATIENCE):
        assert [event async for event in events] == []
    with pytest.raises(ResourceNotFound):
        await theatre.read()


class CountingDatabase(Database):
    """Counts how often it is read."""

    reads = 0

    async def read(self, unit: Callable[[Connection], T]) -> T:
        self.reads += 1
        return await super().read(unit)


async def test_many_listeners_cost_one_read_per_change_each_at_most(tmp_path: Path) -> None:
    """Nobody looks unless something was signalled."""
    async with await CountingDatabase.open(sqlite_url(tmp_path / "evalwright.db")) as db:
        theatre = Theatre(Engine(db), await db.write(make_space))
        await theatre.submit()
        await theatre.start()
        listeners, changes = 20, 5
        tasks = [asyncio.create_task(theatre.read()) for _ in range(listeners)]
        for number in range(changes):
            await theatre.write(str(number))
        await theatre.finish("all")
        results = await asyncio.gather(*tasks)
    assert len({tuple(told(events)) for events in results}) == 1
    # Each opens its stream with one read and looks at once, then once per change and at the end.
    assert db.reads <= listeners * (2 + changes + 1)
