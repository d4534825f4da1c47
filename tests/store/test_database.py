"""Reading and writing, many at a time, on both databases."""

import asyncio
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from evalwright_server.store.clock import now, seconds_from_now
from evalwright_server.store.database import Database
from evalwright_server.store.dialects import sqlite_url
from evalwright_server.store.errors import DatabaseBusy, DatabaseUnavailable
from evalwright_server.store.tables.spaces import organizations


def add(name: str) -> Callable[[Connection], None]:
    def unit(connection: Connection) -> None:
        connection.execute(
            insert(organizations).values(
                suffix="aaaa", name=name, description="", created_at=datetime.now(UTC)
            )
        )

    return unit


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(organizations)).scalar_one()


class Jam:
    """Keeps the writer busy, so that what is asked for meanwhile shares a transaction."""

    def __init__(self, db: Database) -> None:
        self.entered = asyncio.Event()
        self.released = threading.Event()
        loop = asyncio.get_running_loop()

        def unit(_connection: Connection) -> None:
            loop.call_soon_threadsafe(self.entered.set)
            self.released.wait(30)

        self.writing = asyncio.create_task(db.write(unit))


async def test_a_write_is_there_when_it_is_acknowledged(db: Database) -> None:
    for number in range(5):
        await db.write(add(f"{number}"))
        assert await db.read(count) == number + 1


async def test_what_a_write_raises_is_raised_and_undone(db: Database) -> None:
    def unit(connection: Connection) -> None:
        add("a")(connection)
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        await db.write(unit)
    assert await db.read(count) == 0


async def test_one_bad_write_leaves_the_others_of_its_batch_alone(db: Database) -> None:
    """Callers that never heard of each other share a transaction."""
    jam = Jam(db)
    await jam.entered.wait()
    writes = [asyncio.create_task(db.write(add(name))) for name in "aabcb"]
    await asyncio.sleep(0)
    jam.released.set()
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [
        type(None), IntegrityError, type(None), type(None), IntegrityError
    ]  # fmt: skip
    assert await db.read(count) == 3


async def test_a_broken_transaction_is_tried_write_by_write(db: Database) -> None:
    """A write that takes the whole transaction down takes nobody else with it."""

    def break_transaction(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")
        raise ZeroDivisionError

    jam = Jam(db)
    await jam.entered.wait()
    units = [add("a"), break_transaction, add("b")]
    writes = [asyncio.create_task(db.write(unit)) for unit in units]
    await asyncio.sleep(0)
    jam.released.set()
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert outcomes[::2] == [None, None]
    assert isinstance(outcomes[1], Exception)
    assert await db.read(count) == 2


async def test_a_result_that_was_not_read_does_no_harm(db: Database) -> None:
    """An open statement would keep SQLite from committing the next write."""

    def unit(connection: Connection) -> None:
        values = {"suffix": "aaaa", "description": "", "created_at": datetime.now(UTC)}
        rows = connection.execute(
            insert(organizations).returning(organizations.c.id),
            [values | {"name": f"{index}"} for index in range(3)],
        )
        assert rows.fetchone() is not None
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.write(unit)
    await db.write(add("a"))
    assert await db.read(count) == 1


async def test_callbacks_run_after_the_commit(db: Database) -> None:
    """And only then, and before the writer hears of it."""
    called: list[str] = []

    def good(connection: Connection) -> None:
        db.run_after_commit(connection, lambda: called.append("good"))

    def bad(connection: Connection) -> None:
        db.run_after_commit(connection, lambda: called.append("bad"))
        raise ZeroDivisionError

    def broken(connection: Connection) -> None:
        db.run_after_commit(connection, lambda: 1 / 0)

    await asyncio.gather(*map(db.write, [bad, broken, good]), return_exceptions=True)
    assert called == ["good"]


async def test_callbacks_belong_to_writes(db: Database) -> None:
    with pytest.raises(KeyError):
        await db.read(lambda connection: db.run_after_commit(connection, print))


async def test_readers_cannot_write(db: Database) -> None:
    with pytest.raises((DBAPIError, DatabaseUnavailable), match=r"read-?only"):
        await db.read(add("a"))
    assert await db.read(count) == 0


async def test_a_failed_read_leaves_the_others_of_its_batch_alone(db: Database) -> None:
    def bad(connection: Connection) -> object:
        return connection.execute(text("SELECT nonsense FROM organizations")).all()

    reads = [db.read(count), db.read(bad), db.read(count)] * 20
    outcomes = await asyncio.gather(*reads, return_exceptions=True)
    assert outcomes[::3] == outcomes[2::3] == [0] * 20
    assert all(isinstance(outcome, DBAPIError) for outcome in outcomes[1::3])


async def test_a_cancelled_caller_does_not_disturb(db: Database) -> None:
    jam = Jam(db)
    await jam.entered.wait()
    cancelled = asyncio.create_task(db.write(add("a")))
    other = asyncio.create_task(db.write(add("b")))
    await asyncio.sleep(0)
    cancelled.cancel()
    jam.released.set()
    await other
    await asyncio.gather(cancelled, return_exceptions=True)
    assert await db.read(count) == 1


async def test_too_many_waiting_writes_are_refused(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Better a clear answer than memory without end."""
    monkeypatch.setattr(db._writer, "_capacity", 3)
    jam = Jam(db)
    await jam.entered.wait()
    writes = [asyncio.create_task(db.write(add(f"{index}"))) for index in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(DatabaseBusy, match="retry later"):
        await db.write(add("c"))
    jam.released.set()
    await asyncio.gather(*writes)
    await db.write(add("c"))


@contextmanager
def full_disk(url: str) -> Iterator[None]:
    """Let no file of this process grow much beyond what the database's files are."""
    database = Path(url.removeprefix("sqlite:///"))
    largest = max(path.stat().st_size for path in database.parent.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 50_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_is_no_bug(tmp_path: Path) -> None:
    """Callers are told that it's the database; nothing is harmed, and it passes with its cause."""
    url = sqlite_url(tmp_path / "evalwright.db")
    async with await Database.open(url) as db:
        with full_disk(url):
            jam = Jam(db)
            await jam.entered.wait()
            writes = [asyncio.create_task(db.write(add(name))) for name in ("x" * 1_000_000, "a")]
            await asyncio.sleep(0)
            jam.released.set()
            outcomes = await asyncio.gather(*writes, return_exceptions=True)
        assert isinstance(outcomes[0], DatabaseUnavailable)
        assert outcomes[1] is None
        await db.write(add("b"))
        assert await db.read(count) == 2


async def test_a_closed_database_says_so(db: Database) -> None:
    waiting = asyncio.gather(*(db.write(add(f"{index}")) for index in range(10)))
    await asyncio.sleep(0)
    await db.close()
    assert await waiting == [None] * 10
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await db.read(count)


async def test_many_writers_and_readers_at_once(db: Database) -> None:
    """Nothing is lost, and nothing is ever locked."""

    async def work(name: int) -> None:
        for index in range(20):
            await db.write(add(f"{name}-{index}"))
            assert await db.read(count) > index

    await asyncio.gather(*(work(name) for name in range(20)))
    assert await db.read(count) == 400


async def test_the_clock_is_the_same_wherever_it_is_read(db: Database) -> None:
    """It compares with stored times, goes on within a transaction, and counts seconds."""

    def unit(connection: Connection) -> tuple[datetime, datetime, bool]:
        row = connection.execute(select(now(), seconds_from_now(90.5))).one()
        add("a")(connection)
        is_before = connection.execute(
            select(organizations.c.created_at < seconds_from_now(1))
        ).scalar_one()
        return row[0], row[1], bool(is_before)

    present, later, is_before = await db.write(unit)
    assert abs(datetime.now(UTC) - present) < timedelta(seconds=5)
    assert abs(later - present - timedelta(seconds=90.5)) < timedelta(seconds=0.1)
    assert is_before


async def test_times_keep_their_microseconds(db: Database) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

    def unit(connection: Connection) -> datetime | None:
        connection.execute(
            insert(organizations).values(suffix="aaaa", name="a", description="", created_at=moment)
        )
        return connection.scalar(select(organizations.c.created_at))

    assert await db.write(unit) == moment


async def test_a_cut_connection_is_opened_again(postgresql: Callable[[], str]) -> None:
    """A database server that restarts costs nobody an operation that can be repeated."""
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    url = postgresql()
    async with await Database.open(url) as db, await Database.open(url) as other:
        for name in "abc":
            await asyncio.gather(*(db.read(count) for _ in range(50)))
            await other.write(lambda connection: connection.execute(cut).all())
            await db.write(add(name))
            await other.write(lambda connection: connection.execute(cut).all())
            counts = await asyncio.gather(*(db.read(count) for _ in range(50)))
            assert set(counts) == {ord(name) - ord("a") + 1}
