"""The database as the rest of the server sees it: `await db.read(f)`, `await db.write(f)`.

Functions are synchronous and get a SQLAlchemy connection; they run on one writer thread and a few
reader threads. Measured against a thread pool per request this multiplied durable inserts under
an HTTP server by four, and against SQLAlchemy's asyncio layer by seven on SQLite.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeVar

from sqlalchemy import URL, Connection, Engine

from evalwright_server.store.dialects import make_engine, parse_url
from evalwright_server.store.migrate import upgrade
from evalwright_server.store.ownership import Ownership
from evalwright_server.store.sessions import ReaderSession, WriterSession, run_after_commit
from evalwright_server.store.threads import DatabaseThreads

T = TypeVar("T")

_READERS: Final = 2
_WRITES_PER_COMMIT: Final = 256
_READS_PER_SNAPSHOT: Final = 32
_CAPACITY: Final = 20_000


class Database:
    """An open database. Make one with `await Database.open(url)`; it belongs to that event loop."""

    def __init__(self, writer: Engine, reader: Engine, ownership: Ownership | None) -> None:
        self._ownership = ownership
        self._engines = (writer, reader)
        self._is_closed = False
        self.dialect: str = writer.dialect.name
        """`sqlite` or `postgresql`."""
        self._writer = DatabaseThreads(
            "database-writer",
            partial(WriterSession, writer),
            count=1,
            batch=_WRITES_PER_COMMIT,
            capacity=_CAPACITY,
        )
        self._reader = DatabaseThreads(
            "database-reader",
            partial(ReaderSession, reader),
            count=_READERS,
            batch=_READS_PER_SNAPSHOT,
            capacity=_CAPACITY,
        )

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open a database, and create or upgrade its tables.

        Args:
            url: `sqlite:////path/file.db` (see `dialects.sqlite_url`) or `postgresql://...`.

        Raises:
            DatabaseError: One of its kinds, saying what to do (see `store.errors`).
        """
        parsed = parse_url(url)
        writer, reader, ownership = await asyncio.to_thread(_prepare, parsed)
        return cls(writer, reader, ownership)

    async def close(self) -> None:
        """Finish what was asked for, and let go of the database. Closing twice is no mistake."""
        if self._is_closed:
            return
        self._is_closed = True
        # Readers first: the last connection to a SQLite file checkpoints, and only the writer may.
        await self._reader.close()
        await self._writer.close()
        for engine in self._engines:
            engine.dispose()
        if self._ownership is not None:
            self._ownership.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def read(self, unit: Callable[[Connection], T]) -> T:
        """Run a function that only reads, on one snapshot, and return what it returned.

        The snapshot holds everything that was committed when this was called.

        Raises:
            DatabaseBusy: Too many operations are waiting.
            DatabaseUnavailable: The connection broke, or the database has been closed.
        """
        return await self._reader.run(unit)

    async def write(self, unit: Callable[[Connection], T]) -> T:
        """Run a function in a transaction and return what it returned, once that is durable.

        What the function raises is raised here, and undoes all it did. The function may run a
        second time when a shared commit fails, so it must have no effects outside the database.

        Raises:
            DatabaseBusy: Too many operations are waiting.
            DatabaseUnavailable: The connection broke, or the database has been closed.
        """
        return await self._writer.run(unit)

    run_after_commit = staticmethod(run_after_commit)


def _prepare(url: URL) -> tuple[Engine, Engine, Ownership | None]:
    ownership = None
    if url.get_backend_name() == "sqlite":
        ownership = Ownership.acquire(Path(url.database or ""))
    try:
        writer = make_engine(url, "writer")
        upgrade(writer)
        return writer, make_engine(url, "reader"), ownership
    except BaseException:
        if ownership is not None:
            ownership.release()
        raise
