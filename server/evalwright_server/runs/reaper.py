"""Takes runs away from workers that died without a word, and ends runs whose deadline passed.

Any number of servers may do this at the same time: each statement changes a row once.
"""

import asyncio
import logging
from typing import Any, Final

from sqlalchemy import Connection, Row, Update

from evalwright_server.runs import statements
from evalwright_server.runs.engine import Engine
from evalwright_server.store import blobs
from evalwright_server.store.errors import DatabaseError

logger: Final = logging.getLogger(__name__)

_ROUNDS_PER_LEASE: Final = 3


async def reap(engine: Engine) -> int:
    """End expired leases and passed deadlines now, and return how many runs that changed.

    A run that was asked to stop ends as cancelled, one without attempts left as failed; the
    others are queued again.
    """
    return await _change(engine, statements.TIME_OUT) + await _change(engine, statements.REAP)


async def recover(engine: Engine) -> int:
    """Queue again what the last server was doing, when that can be known at the start.

    Who has opened a SQLite database owns it, so whoever held a lease in it is gone. On PostgreSQL
    other servers may be at work, and leases have to run out.
    """
    if engine.db.dialect != "sqlite":
        return 0
    return await _change(engine, statements.ABANDON_ALL)


async def reap_forever(engine: Engine) -> None:
    """Reap a few times per lease, until cancelled, and sweep contents once a day."""
    clock = asyncio.get_running_loop().time
    next_sweep = clock()
    while True:
        try:
            await reap(engine)
            if clock() >= next_sweep:
                next_sweep = clock() + blobs.GRACE_SECONDS
                await engine.db.write(blobs.sweep)
        except DatabaseError as error:
            logger.warning("expired runs can't be looked for now: %s", error)
        except Exception:
            # Without a reaper, runs of dead workers would stay "running" for ever.
            logger.exception("looking for expired runs failed")
        await asyncio.sleep(engine.lease_seconds / _ROUNDS_PER_LEASE)


async def _change(engine: Engine, statement: Update) -> int:
    def unit(connection: Connection) -> list[Row[Any]]:
        rows = list(connection.execute(statement).all())
        engine.announce(connection, rows)
        return rows

    return len(await engine.db.write(unit))
