"""Everything that differs between SQLite and PostgreSQL connections."""

import json
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from evalwright_server.store.errors import DatabaseUnusable

Role = Literal["writer", "reader"]
"""What a connection is for. Readers can't write, and see one state of the database per batch."""

_BUSY_TIMEOUT_MS: Final = 5_000
_dumps: Final = partial(json.dumps, separators=(",", ":"), allow_nan=False)


def _to_json(value: object) -> str:
    """Return JSON as short as it gets; filters in the database see it like this."""
    text = _dumps(value, ensure_ascii=False)
    # Half a surrogate pair, as only JSON's escapes can hold it, is no text that drivers take.
    return text if text.isascii() or _is_encodable(text) else _dumps(value)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def parse_url(text: str) -> URL:
    """Read a database URL.

    Raises:
        DatabaseUnusable: It is not a URL, or names a database we don't support.
    """
    expected = "expected sqlite:////path/to/file.db or postgresql://user@host/name"
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise DatabaseUnusable(f"the database URL can't be read: {expected}") from error
    if url.drivername == "sqlite" and url.database not in {None, "", ":memory:"}:
        return url
    if url.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    shown = url.render_as_string(hide_password=True)
    raise DatabaseUnusable(f"{shown!r} is no database URL that can be used: {expected}")


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return URL.create("sqlite", database=str(path.absolute())).render_as_string()


def make_engine(url: URL, role: Role) -> Engine:
    """Return an engine whose every connection is set up for its role.

    The caller keeps connections open for as long as it lives; the engine pools none.

    Raises:
        DatabaseUnusable: The driver for PostgreSQL isn't installed.
    """
    if url.get_backend_name() == "sqlite":
        return _make_sqlite_engine(url, role)
    return _make_postgresql_engine(url, role)


def _make_sqlite_engine(url: URL, role: Role) -> Engine:
    engine = create_engine(url, poolclass=NullPool, json_serializer=_to_json)
    # Deferred transactions that turn into writers fail with "database is locked" without waiting.
    begin = "BEGIN IMMEDIATE" if role == "writer" else "BEGIN"

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _record: object) -> None:
        # The driver would otherwise begin transactions by itself, and deferred ones.
        connection.isolation_level = None
        # SQLite's own knows ASCII letters only, and names are searched whatever their case.
        connection.create_function("lower", 1, _lower, deterministic=True)
        cursor = connection.cursor()
        for pragma in _sqlite_pragmas(role):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _sqlite_pragmas(role: Role) -> list[str]:
    pragmas = [f"busy_timeout={_BUSY_TIMEOUT_MS}", "foreign_keys=ON"]
    if role == "writer":
        return [*pragmas, "journal_mode=WAL", "synchronous=FULL"]
    # Only the writer may checkpoint: SQLite before 3.51.3 can corrupt the file when two
    # connections reset the write-ahead log at the same time.
    return [*pragmas, "query_only=ON", "wal_autocheckpoint=0"]


def _make_postgresql_engine(url: URL, role: Role) -> Engine:
    options: dict[str, Any] = {}
    if role == "reader":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    try:
        return create_engine(
            url,
            poolclass=NullPool,
            json_serializer=_to_json,
            execution_options=options,
            connect_args={"options": "-c timezone=UTC", "application_name": "evalwright"},
        )
    except ModuleNotFoundError as error:
        raise DatabaseUnusable(
            "PostgreSQL needs one more package: install it with pip install 'evalwright[postgres]'"
        ) from error


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say what happens on conflict, in the connection's dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
