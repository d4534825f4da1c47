"""What the database threads do with a batch: group commit, and shared snapshots."""

import contextlib
import logging
import traceback
from collections.abc import Sequence
from typing import Final, Protocol, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from evalwright_server.store.errors import DatabaseUnavailable
from evalwright_server.store.failures import is_broken, translate
from evalwright_server.store.threads import Callback, Operation

_AFTER_COMMIT: Final = "evalwright.after_commit"
_SAVEPOINT: Final = "SAVEPOINT operation"
_RELEASE: Final = "RELEASE SAVEPOINT operation"

logger: Final = logging.getLogger(__name__)


class _Executable(Protocol):
    def execute(self, statement: str) -> object: ...


def run_after_commit(connection: Connection, callback: Callback) -> None:
    """Call something on the event loop once the running write is committed.

    Nothing is called when the write fails or is rolled back. Only for functions given to
    `Database.write`; elsewhere a `KeyError` tells of the mistake.
    """
    callbacks: list[Callback] = connection.info[_AFTER_COMMIT]
    callbacks.append(callback)


class _Session:
    """A connection that is opened when needed and opened again after it broke."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def _connect(self) -> Connection:
        if self._connection is None:
            try:
                self._connection = self._engine.connect()
            except DBAPIError as error:
                raise DatabaseUnavailable(f"the database can't be reached: {error.orig}") from error
        return self._connection

    def close(self) -> None:
        """Close the connection; the next batch opens another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()


class WriterSession(_Session):
    """Runs writes, all of a batch in one transaction, each in a savepoint of its own.

    When the commit or the connection fails, no write of the batch has happened, and each is tried
    once more in a transaction of its own: one bad write must not take the others down. Only when
    the connection breaks during the commit, nobody knows what happened, and nothing is repeated.
    """

    def run(self, batch: Sequence[Operation]) -> None:
        """Run a batch; see `Session`."""
        if not self._run_together(batch):
            for operation in batch:
                self._run_together([operation])

    def _run_together(self, batch: Sequence[Operation]) -> bool:
        """Run writes in one transaction, and return whether their outcome is final."""
        committing = False
        try:
            transaction = self._connect().begin()
            connection = transaction.connection
            if len(batch) == 1:
                _run(connection, batch[0])
            else:
                _run_in_savepoints(connection, batch)
            if len(batch) == 1 and batch[0].error is not None:
                transaction.rollback()
            else:
                committing = True
                transaction.commit()
        except Exception as error:
            self.close()
            for operation in batch:
                operation.fail(translate(error))
            return committing and is_broken(error)
        return True


def _run_in_savepoints(connection: Connection, batch: Sequence[Operation]) -> None:
    # PostgreSQL takes both statements in one round trip, SQLite one at a time.
    is_remote = connection.dialect.name == "postgresql"
    following = [f"{_RELEASE}; {_SAVEPOINT}"] if is_remote else [_RELEASE, _SAVEPOINT]
    statements = [_SAVEPOINT]
    for operation in batch:
        for statement in statements:
            _control(connection, statement)
        statements = following
        _run(connection, operation)
        if operation.error is not None:
            _control(connection, f"ROLLBACK TO {_SAVEPOINT}")


def _run(connection: Connection, operation: Operation) -> None:
    callbacks: list[Callback] = []
    connection.info[_AFTER_COMMIT] = callbacks
    try:
        value = operation.unit(connection)
    except Exception as error:
        if connection.invalidated:
            raise
        _close_results(error)
        operation.fail(translate(error))
    else:
        operation.succeed(value, callbacks)


def _close_results(error: BaseException | None) -> None:
    # A result that wasn't read to its end lives on in the frames of the traceback, and with it a
    # statement that keeps SQLite from committing whatever comes next.
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _control(connection: Connection, statement: str) -> None:
    # Straight to the driver, both have `execute`: a savepoint through SQLAlchemy costs more than
    # many a write it guards.
    driver = cast("_Executable", connection.connection.dbapi_connection)
    driver.execute(statement)


class ReaderSession(_Session):
    """Runs reads, all of a batch on one snapshot that is no older than the youngest request."""

    def run(self, batch: Sequence[Operation]) -> None:
        """Run a batch; see `Session`."""
        rest = list(batch)
        may_repeat = True
        while rest:
            count = self._run_some(rest)
            last = rest[count - 1]
            if may_repeat and isinstance(last.error, DatabaseUnavailable):
                may_repeat = False
                count -= 1
            rest = rest[count:]

    def _run_some(self, batch: Sequence[Operation]) -> int:
        """Run reads until one fails, and return how many have their outcome, at least one.

        After an error PostgreSQL refuses all further statements of the transaction.
        """
        count = 0
        try:
            with self._connect().begin() as transaction:
                for operation in batch:
                    count += 1
                    operation.succeed(operation.unit(transaction.connection), [])
        except Exception as error:
            _close_results(error)
            if count == 0 or is_broken(error):
                self.close()
            count = max(count, 1)
            batch[count - 1].fail(translate(error))
        return count
