"""What happens to a job, for readers that can go on from wherever they were."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.signals import output_topic, run_topic
from evalwright_server.services.errors import FieldError, InvalidRequest
from evalwright_server.services.job_event_ids import EXPECTED, EventId
from evalwright_server.services.job_event_pages import JobEvent, read_page, was_given_out
from evalwright_server.services.jobs import find_job

_SECONDS_BETWEEN_READS: Final = 0.05


@dataclass(frozen=True, slots=True)
class EventReader:
    """Reads the events of one job, from a place on.

    Attributes:
        engine: Keeps the job.
        run_id: The job's run.
        after: The last event that is known; None for none.
    """

    engine: Engine
    run_id: int
    after: EventId | None

    async def read(self, *, follow: bool) -> AsyncGenerator[Sequence[JobEvent], None]:
        """Yield events as they come: until the job has ended or, without `follow`, all there are.

        A job that is deleted meanwhile has no more events.
        """
        after = self.after
        signals = self.engine.signals
        topics = (run_topic(self.run_id), output_topic(self.run_id))
        with signals.subscribe(*topics) as subscription:
            while True:
                unit = partial(read_page, run_id=self.run_id, after=after, engine=self.engine)
                page = await self.engine.db.read(unit)
                if page.events:
                    after = page.events[-1].id
                    yield page.events
                if page.has_more:
                    continue
                if page.is_last or not follow:
                    return
                await asyncio.sleep(_SECONDS_BETWEEN_READS)
                await subscription.wait(self.engine.safety_seconds)


def open_events(
    conn: Connection, job_id: str, after: str | None, *, engine: Engine, pointer: str
) -> EventReader:
    """Return a reader of a job's events.

    Args:
        conn: The transaction.
        job_id: Which job.
        after: The ID of the last event that is known.
        engine: Keeps the job.
        pointer: Where in the request `after` stood.

    Raises:
        ResourceNotFound: There is no such job.
        InvalidRequest: No event of this job can have had that ID.
    """
    run = find_job(conn, job_id).run
    if after is None:
        return EventReader(engine, run.id, None)
    try:
        known = EventId.read(after)
    except ValueError as error:
        raise InvalidRequest(str(error), [FieldError(pointer, str(error))]) from error
    if not was_given_out(conn, run, known):
        message = f"{EXPECTED}; it has not come to {after!r} yet"
        raise InvalidRequest(message, [FieldError(pointer, message)])
    return EventReader(engine, run.id, known)
