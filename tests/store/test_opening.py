"""Opening databases that aren't fit to be opened: each says what to do."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from evalwright_server.store.database import Database
from evalwright_server.store.dialects import parse_url, sqlite_url
from evalwright_server.store.errors import (
    DatabaseError,
    DatabaseInUse,
    DatabaseTooNew,
    DatabaseUnavailable,
    DatabaseUnusable,
    DatabaseUnwritable,
)
from evalwright_server.store.schema import metadata


async def test_migrations_make_exactly_the_tables(db: Database) -> None:
    """If not: `python -m evalwright_server.store.revise`."""

    def unit(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert await db.write(unit) == []


async def test_opening_again_changes_nothing(database_url: str) -> None:
    for _ in range(2):
        async with await Database.open(database_url) as db:
            await db.read(lambda connection: connection.execute(text("SELECT 1 FROM runs")).all())


async def test_others_on_the_machine_can_not_read_the_data(tmp_path: Path) -> None:
    """Data sets and answers are nobody else's business, whatever the umask."""
    before = os.umask(0o022)
    try:
        async with await Database.open(sqlite_url(tmp_path / "data" / "evalwright.db")) as db:
            await db.write(lambda connection: connection.execute(text("SELECT 1")))
            made = [tmp_path / "data", *(tmp_path / "data").iterdir()]
            modes = {path.name: path.stat().st_mode & 0o077 for path in made}
    finally:
        os.umask(before)
    assert "evalwright.db-wal" in modes
    assert set(modes.values()) == {0}, modes


async def test_a_newer_database_is_refused(database_url: str) -> None:
    async with await Database.open(database_url) as db:
        await db.write(
            lambda connection: connection.execute(
                text("UPDATE alembic_version SET version_num = '9999'")
            )
        )
    with pytest.raises(DatabaseTooNew, match=r"revision '9999'.*newer release.*backup"):
        await Database.open(database_url)


async def test_a_database_in_use_is_refused(tmp_path: Path) -> None:
    """And free again when it is closed."""
    url = sqlite_url(tmp_path / "evalwright.db")
    async with await Database.open(url):
        with pytest.raises(DatabaseInUse, match=rf"in use by process {os.getpid()}.*--data"):
            await Database.open(url)
    await (await Database.open(url)).close()


async def test_a_database_is_free_when_its_process_was_killed(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "evalwright.db")
    script = (
        "import asyncio, os, sys\n"
        "from evalwright_server.store.database import Database\n"
        "asyncio.run(Database.open(sys.argv[1]))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, url], check=False).returncode == -9  # noqa: ASYNC221
    await (await Database.open(url)).close()


def file_in_the_way(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "evalwright.db"


def directory_in_the_way(folder: Path) -> Path:
    (folder / "evalwright.db").mkdir()
    return folder / "evalwright.db"


def other_tables(folder: Path) -> Path:
    import sqlite3

    with sqlite3.connect(folder / "evalwright.db") as connection:
        connection.execute("CREATE TABLE spaces (id)")
    connection.close()
    return folder / "evalwright.db"


def no_database(folder: Path) -> Path:
    (folder / "evalwright.db").write_text("not a database " * 100)
    return folder / "evalwright.db"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (file_in_the_way, DatabaseUnwritable, r"data directory .* can't be used .*--data"),
        (directory_in_the_way, DatabaseUnwritable, "can't be used: unable to open"),
        (other_tables, DatabaseUnusable, "holds other tables"),
        (no_database, DatabaseUnusable, "no SQLite database: move it away"),
    ],
)
async def test_places_that_hold_something_else_are_refused(
    tmp_path: Path, make: Callable[[Path], Path], error: type[DatabaseError], message: str
) -> None:
    """Twice, because the first attempt must let go of the place."""
    url = sqlite_url(make(tmp_path))
    for _ in range(2):
        with pytest.raises(error, match=message):
            await Database.open(url)


async def test_a_database_server_that_is_not_there(tmp_path: Path) -> None:
    """The password isn't part of the message."""
    url = f"postgresql://user:secret@/name?host={tmp_path}"
    with pytest.raises(DatabaseUnavailable, match="can't be reached") as caught:
        await Database.open(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://a:secret@b/c", "sqlite://", "sqlite:///:memory:"]
)
def test_urls_that_cannot_be_used(url: str) -> None:
    with pytest.raises(DatabaseUnusable, match=r"expected sqlite:.* or postgresql:") as caught:
        parse_url(url)
    assert "secret" not in str(caught.value)


async def test_sqlite_is_durable_and_strict(tmp_path: Path) -> None:
    def pragmas(connection: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    async with await Database.open(sqlite_url(tmp_path / "evalwright.db")) as db:
        assert await db.write(pragmas) == ["wal", 2, 1]
