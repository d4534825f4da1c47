"""One process at a time: a lock on a file, waited for without holding a thread."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

POLL_SECONDS: Final = 0.05


@asynccontextmanager
async def passed(gate: Path) -> AsyncIterator[None]:
    """Have a gate alone among all processes of the host, while the context lasts.

    A thread that blocks in flock can't be cancelled, and there are few; so it is asked for again
    and again. The file stays: removing it would let two in.

    Args:
        gate: A file, made if need be.
    """
    fd = os.open(gate, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _try(fd):  # noqa: ASYNC110 - another process holds it
            await asyncio.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(fd)


def _try(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
