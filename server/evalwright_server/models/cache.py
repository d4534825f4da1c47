"""Answers of models on disk: the same question costs once.

A file of its own beside the database, shared by the worker processes of one server. It is a
convenience: whatever is wrong with it, questions are asked anew.
"""

import asyncio
import hashlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, TypeVar

import orjson
from pydantic import JsonValue, TypeAdapter

from evalwright_server.models.chat import ChatReply

logger: Final = logging.getLogger(__name__)

KEPT_DAYS: Final = 30
"""Answers that nobody asked for this long are dropped."""

_T = TypeVar("_T")
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, reply BLOB NOT NULL, used_on INTEGER NOT NULL
) WITHOUT ROWID"""
# Nothing but constants goes into these texts.
_TODAY: Final = "CAST(julianday('now') AS INTEGER)"
_GET: Final = "SELECT reply FROM replies WHERE key = ?"
_TOUCH: Final = f"UPDATE replies SET used_on = {_TODAY} WHERE key = ? AND used_on <> {_TODAY}"  # noqa: S608
_PUT: Final = f"INSERT OR REPLACE INTO replies VALUES (?, ?, {_TODAY})"  # noqa: S608
_PRUNE: Final = f"DELETE FROM replies WHERE used_on < {_TODAY} - {KEPT_DAYS}"  # noqa: S608
_REPLY: Final = TypeAdapter(ChatReply)


def cache_key(parts: Mapping[str, JsonValue]) -> str:
    """Return the key of a question; it holds nothing of the question that could be read back."""
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


class ReplyCache:
    """Keeps answers in a SQLite file.

    Args:
        path: The file; it is made if it isn't there, readable by its owner only.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(0o600)
            self._connection = sqlite3.connect(path, check_same_thread=False, timeout=5)
            with closing(self._connection.cursor()) as cursor:
                cursor.execute("PRAGMA journal_mode = WAL")
                # A crash may lose the last answers; they will be asked for again.
                cursor.execute("PRAGMA synchronous = OFF")
                cursor.execute(_SCHEMA)
                cursor.execute(_PRUNE)
            self._connection.commit()
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)

    async def get(self, key: str) -> ChatReply | None:
        """Return the answer to a question that was asked before."""
        row = await asyncio.to_thread(self._run, self._get, key)
        try:
            return None if row is None else _REPLY.validate_json(row[0])
        except ValueError:
            return None

    async def put(self, key: str, reply: ChatReply) -> None:
        """Keep an answer."""
        await asyncio.to_thread(self._run, self._put, key, orjson.dumps(reply))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _run(self, work: Callable[..., _T], *arguments: object) -> _T | None:
        with self._lock:
            if self._connection is None:
                return None
            try:
                with self._connection as connection:
                    return work(connection, *arguments)
            except sqlite3.OperationalError as error:
                logger.warning("the cache of model answers can't be used now: %s", error)
            except sqlite3.Error as error:
                self._give_up(error)
            return None

    @staticmethod
    def _get(connection: sqlite3.Connection, key: str) -> tuple[bytes] | None:
        row: tuple[bytes] | None = connection.execute(_GET, (key,)).fetchone()
        if row is not None:
            connection.execute(_TOUCH, (key,))
        return row

    @staticmethod
    def _put(connection: sqlite3.Connection, key: str, reply: bytes) -> None:
        connection.execute(_PUT, (key, reply))

    def _give_up(self, error: Exception) -> None:
        logger.warning("model answers are not cached: %s; delete the file to start anew", error)
        if self._connection is not None:
            self._connection.close()
        self._connection = None
