"""Jobs with webhooks, in a database of a test's own, and the loop that sends them.

`python -m webhooks.sending URL SPACE` sends what a database holds, until it is killed.
"""

import asyncio
import sys
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from evalwright_server.runs.engine import Engine
from evalwright_server.services.requests import JsonObject, WebhookInput
from evalwright_server.services.webhook_delivery import WebhookSender
from evalwright_server.services.webhooks import record_webhook, view_webhooks
from evalwright_server.store.database import Database
from evalwright_server.store.secrets import SecretBox
from evalwright_server.store.tables.jobs import webhook_deliveries
from evalwright_server.webhooks.posting import Poster
from evalwright_server.webhooks.schedule import RetrySchedule
from runs.jobs_data import submit_job
from webhooks.receiver import PATIENCE

KEY = "0" * 43 + "="
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HASTY = RetrySchedule((0.01, 0.01, 0.01), jitter=0)
PATIENT = RetrySchedule((3600.0,), jitter=0)


class Office:
    """An engine whose jobs end with a webhook."""

    def __init__(self, db: Database, space_id: int) -> None:
        self.engine = Engine(db)
        self.space_id = space_id
        self.secrets = SecretBox([KEY])

    def sender(
        self,
        schedule: RetrySchedule = HASTY,
        poster: Poster | None = None,
        secrets: SecretBox | None = None,
    ) -> AbstractAsyncContextManager[None]:
        """Return the loop that sends webhooks, as a server runs it."""
        return WebhookSender(
            engine=self.engine,
            secrets=secrets or self.secrets,
            read_record=self._read_record,
            poster=poster or Poster(allow_private=True, seconds=5),
            clock=lambda: datetime.now(UTC),
            schedule=schedule,
        ).running()

    def _read_record(self, connection: Connection, run_id: int) -> JsonObject | None:
        run = self.engine.get(connection, run_id)
        if run is None:
            return None
        return {
            "job_id": run.uid,
            "status": run.state,
            "ended_at": run.finished_at,
            "webhook": view_webhooks(connection, [run_id])[run_id],
        }

    async def submit(self, url: str, deadline: float | None = None, **members: Any) -> int:
        """Insert a job that is to tell a URL of its end, and return its run."""

        def unit(connection: Connection) -> int:
            submitted = submit_job(
                connection, self.engine, self.space_id, deadline_seconds=deadline
            )
            body: WebhookInput = {"url": url, **members}  # type: ignore[typeddict-item]
            record_webhook(connection, submitted.id, body, secrets=self.secrets)
            return submitted.id

        return await self.engine.db.write(unit)

    async def cancel(self, run_id: int) -> None:
        """End a job that waits."""
        await self.engine.db.write(lambda connection: self.engine.cancel(connection, run_id))

    async def submit_ended(self, url: str, **members: Any) -> int:
        """Insert a job that has ended."""
        run_id = await self.submit(url, **members)
        await self.cancel(run_id)
        return run_id

    async def view(self, run_id: int) -> JsonObject:
        """Return how the webhook of a job goes."""
        views = await self.engine.db.read(lambda connection: view_webhooks(connection, [run_id]))
        return views[run_id]

    async def settled(self, run_id: int, states: Iterable[str] = ("delivered", "failed")) -> Any:
        """Return how the webhook of a job went, once it has."""
        wanted = set(states)
        # Nothing is signalled when a webhook was delivered; the database's threads set the pace.
        async with asyncio.timeout(PATIENCE):
            while (view := await self.view(run_id))["state"] not in wanted:
                pass
        return view

    async def row(self, run_id: int) -> Row[Any]:
        """Return the webhook of a job as it is stored."""
        statement = select(webhook_deliveries).where(webhook_deliveries.c.run_id == run_id)
        return await self.engine.db.read(lambda connection: connection.execute(statement).one())


async def main(url: str, space_id: int) -> None:
    async with await Database.open(url) as db, Office(db, space_id).sender():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
