"""Tells failures of the database, which pass or need a person, from mistakes in statements."""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError

from evalwright_server.store.errors import DatabaseUnavailable

_SQLITE_FAILURES: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
    }
)
# Connection trouble, lack of resources, limits of the server, operator's intervention, I/O.
_POSTGRESQL_FAILURES: Final = ("08", "53", "57", "58")


def is_broken(error: Exception) -> bool:
    """Return whether the connection broke, so that nothing more can be said about it."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def translate(error: Exception) -> Exception:
    """Return what callers get: `DatabaseUnavailable` for failures, anything else as it is."""
    if is_broken(error):
        return DatabaseUnavailable("the connection to the database broke: try again")
    if isinstance(error, DBAPIError) and _is_failure(error.orig):
        return DatabaseUnavailable(f"the database can't do this now: {str(error.orig).strip()}")
    return error


def _is_failure(cause: BaseException | None) -> bool:
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        # The low byte is the kind of error, the rest says more about it.
        return (code & 0xFF) in _SQLITE_FAILURES
    state = getattr(cause, "sqlstate", None)
    return state is not None and state.startswith(_POSTGRESQL_FAILURES)
