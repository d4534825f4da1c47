"""Exclusive ownership of a SQLite database by one process."""

import fcntl
import os
from pathlib import Path
from typing import Self

from evalwright_server.store.errors import DatabaseInUse, DatabaseUnwritable


class Ownership:
    """A lock on a SQLite file, held until released or until the process ends, however it ends.

    One process with one writer is what makes commits fast and keeps "database is locked" away; a
    second process on the same file would break both.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, database: Path) -> Self:
        """Create the directory where needed, and take the lock beside the database.

        Raises:
            DatabaseInUse: Another process has it.
            DatabaseUnwritable: The directory can't be created or written.
        """
        lock = database.with_name(f"{database.name}.lock")
        try:
            database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if not database.exists():
                # SQLite would let everybody read it, and the files that it puts beside it.
                database.touch(0o600)
        except OSError as error:
            raise DatabaseUnwritable(_explain_unwritable(database, error)) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise DatabaseInUse(_explain_in_use(database, holder)) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Give the lock back; its file stays, or two processes could lock two files."""
        os.close(self._descriptor)


def _explain_unwritable(database: Path, error: OSError) -> str:
    return (
        f"the data directory {database.parent} can't be used ({error.strerror}): choose another "
        f"one with --data, or give this user the right to write there"
    )


def _explain_in_use(database: Path, holder: str) -> str:
    who = f"process {holder}" if holder.isdigit() else "another process"
    return (
        f"the database {database} is in use by {who}: stop that server first, "
        f"or choose another directory with --data"
    )
