"""Jobs are kept for a while, and then deleted with all they left."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import Connection, delete, select

from evalwright_server.store import blobs
from evalwright_server.store.clock import seconds_from_now
from evalwright_server.store.database import Database
from evalwright_server.store.errors import DatabaseError
from evalwright_server.store.tables.jobs import jobs
from evalwright_server.store.tables.runs import runs

SWEEP_SECONDS: Final = 3600.0

_JOBS_AT_A_TIME: Final = 200
_CONTENTS_AT_A_TIME: Final = 20
"""Of up to some megabytes each: others wait for the end of a write."""

logger: Final = logging.getLogger(__name__)


class JobRetention:
    """Deletes what is older than it is to get.

    Args:
        db: Where the jobs are.
        keep_seconds: How long a job is kept after its end; None for ever.
        spare_seconds: How long a content is kept that nothing refers to.
    """

    def __init__(
        self,
        db: Database,
        keep_seconds: float | None,
        spare_seconds: float = blobs.GRACE_SECONDS,
    ) -> None:
        self._db = db
        self._keep_seconds = keep_seconds
        self._spare_seconds = spare_seconds

    async def sweep_forever(self) -> None:
        """Sweep now and every hour, until cancelled."""
        while True:
            try:
                removed = await self.sweep()
            except DatabaseError as error:
                logger.warning("Old jobs can't be deleted now: %s", error)
            else:
                if removed:
                    logger.info("Deleted %d jobs that ended long ago", removed)
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> int:
        """Delete what is too old, a little at a time, and return how many jobs that were.

        Raises:
            DatabaseError: The database can't be used.
        """
        removed = 0
        if self._keep_seconds is not None:
            find = partial(_find_old, keep_seconds=self._keep_seconds)
            while keys := await self._db.read(find):
                await self._db.write(partial(_delete, keys=keys))
                removed += len(keys)
        sweep = partial(blobs.sweep, older_than=self._spare_seconds, at_most=_CONTENTS_AT_A_TIME)
        while await self._db.write(sweep):
            pass
        return removed


def _find_old(conn: Connection, keep_seconds: float) -> Sequence[int]:
    statement = (
        select(jobs.c.run_id)
        .join_from(jobs, runs)
        .where(runs.c.finished_at < seconds_from_now(-keep_seconds))
        .order_by(jobs.c.run_id)
        .limit(_JOBS_AT_A_TIME)
    )
    return conn.execute(statement).scalars().all()


def _delete(conn: Connection, keys: Sequence[int]) -> None:
    conn.execute(delete(runs).where(runs.c.id.in_(keys)))
