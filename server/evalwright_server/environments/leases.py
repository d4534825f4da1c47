"""Folders in use: whoever reads one holds a shared lock on it, whoever removes one has it alone.

The lock is on the folder itself (flock on its descriptor), so it ends with the process that holds
it, however that ends, and nothing is left behind.
"""

import fcntl
import os
import weakref
from pathlib import Path
from types import TracebackType
from typing import Self


class Lease:
    """A lock on a folder, until `close` or the end of the object."""

    def __init__(self, fd: int) -> None:
        """Keep a descriptor that is locked."""
        self._close = weakref.finalize(self, os.close, fd)

    def close(self) -> None:
        """Give the folder back; safe to call again."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()


def share(folder: Path) -> Lease | None:
    """Hold a folder so that nobody removes it.

    Returns:
        None if it is not there, or about to be removed.
    """
    return _lock(folder, fcntl.LOCK_SH)


def claim(folder: Path) -> Lease | None:
    """Have a folder alone, to remove it.

    Returns:
        None if it is not there, or in use.
    """
    return _lock(folder, fcntl.LOCK_EX)


def _lock(folder: Path, operation: int) -> Lease | None:
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    lease = Lease(fd)
    try:
        fcntl.flock(fd, operation | fcntl.LOCK_NB)
        # It may have been moved away between opening and locking.
        if os.path.samestat(os.fstat(fd), folder.stat()):
            return lease
    except (BlockingIOError, FileNotFoundError):
        pass
    lease.close()
    return None
