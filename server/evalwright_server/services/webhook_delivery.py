"""The loop that sends webhooks.

It wakes when a transaction that released one is committed, when an attempt has ended, and when
the next one is due; now and then it looks by itself, as other servers may have released one.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import random
from typing import Final

from sqlalchemy import Connection

from evalwright_server.models.retry import retry_after
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.signals import WEBHOOKS, Subscription
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.webhook_messages import make_body, make_headers
from evalwright_server.services.webhook_queue import (
    ClaimedWebhook,
    Outcome,
    claim,
    forget_leases,
    seconds_until_due,
    settle,
)
from evalwright_server.services.webhooks import Webhook
from evalwright_server.store.errors import DatabaseError
from evalwright_server.store.secrets import SecretBox, SecretKeyError
from evalwright_server.webhooks.destination import Destination, DestinationRefused
from evalwright_server.webhooks.posting import Poster, PostFailed
from evalwright_server.webhooks.schedule import RetrySchedule, is_delivered

_AT_ONCE: Final = 32
_SAFETY_SECONDS: Final = 30.0
_SECONDS_TO_GIVE_WAY: Final = 1.0
_SECONDS_TO_STOP: Final = 2.0

logger: Final = logging.getLogger("evalwright.webhooks")

ReadRecord = Callable[[Connection, int], JsonObject | None]
"""Returns the full record of the job with this run, or None if it was deleted."""


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Sends what is due.

    Attributes:
        engine: Whose runs the webhooks are about.
        secrets: Opens what is sealed.
        read_record: Returns what is sent about a job.
        poster: Makes the requests.
        clock: Tells the time, aware and in UTC.
        schedule: When failed attempts are repeated.
        random: Returns a number from 0 to 1.
    """

    engine: Engine
    secrets: SecretBox
    read_record: ReadRecord
    poster: Poster
    clock: Callable[[], datetime]
    schedule: RetrySchedule = field(default_factory=RetrySchedule)
    random: Callable[[], float] = random

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send while the context lasts; what is on its way at its end has a moment to arrive."""
        if self.engine.db.dialect == "sqlite":
            # Who has opened a SQLite database owns it, so whoever held a lease in it is gone.
            await self.engine.db.write(forget_leases)
        sending: set[asyncio.Task[None]] = set()
        loop = asyncio.create_task(self._send_forever(sending), name="webhooks")
        try:
            yield
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)
            if sending:
                await asyncio.wait(sending, timeout=_SECONDS_TO_STOP)
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def _send_forever(self, sending: set[asyncio.Task[None]]) -> None:
        with self.engine.signals.subscribe(WEBHOOKS) as subscription:
            while True:
                pause = _SAFETY_SECONDS
                try:
                    pause = await self._start(sending, subscription)
                except DatabaseError as error:
                    logger.warning("webhooks can't be looked for now: %s", error)
                except Exception:
                    # Without this loop no webhook would ever be sent again.
                    logger.exception("looking for webhooks failed")
                await subscription.wait(pause)

    async def _start(self, sending: set[asyncio.Task[None]], subscription: Subscription) -> float:
        """Start what is due, and return how long there is nothing more to start."""
        room = _AT_ONCE - len(sending)
        due = await self.engine.db.read(seconds_until_due) if room else None
        if due is None:
            return _SAFETY_SECONDS
        if due > 0:
            return min(due, _SAFETY_SECONDS)

        def finish(task: asyncio.Task[None]) -> None:
            sending.discard(task)
            subscription.fire()

        taken = await self.engine.db.write(partial(claim, at_most=room))
        for claimed in taken:
            task = asyncio.create_task(self._send(claimed))
            sending.add(task)
            task.add_done_callback(finish)
        # There may be more. What another server is about to take is not worth hurrying for.
        return 0.0 if taken else _SECONDS_TO_GIVE_WAY

    async def _send(self, claimed: ClaimedWebhook) -> None:
        try:
            outcome = await self._attempt(claimed)
            await self.engine.db.write(partial(settle, claimed=claimed, outcome=outcome))
        except DatabaseError as error:
            # The lease ends, and it is sent again: at least once.
            logger.warning("what came of webhook %d can't be stored: %s", claimed.id, error)
        except Exception:
            logger.exception("sending webhook %d failed", claimed.id)

    async def _attempt(self, claimed: ClaimedWebhook) -> Outcome:
        record = await self.engine.db.read(lambda conn: self.read_record(conn, claimed.run_id))
        if record is None:
            return Outcome(None, "the job was deleted")
        try:
            webhook = Webhook.open(claimed.sealed, self.secrets)
            outcome = await self._post(claimed.attempt, webhook, record)
        except (PostFailed, SecretKeyError) as error:
            outcome = self._failed(claimed.attempt, None, str(error))
        except DestinationRefused as error:
            outcome = Outcome(None, str(error))
        fields = {"job_id": record["job_id"], "attempt": claimed.attempt, "status": outcome.status}
        message = "webhook of job %(job_id)s, attempt %(attempt)d: %(status)s"
        logger.info(message, fields, extra={"fields": {"message": "webhook", **fields}})
        return outcome

    async def _post(self, attempt: int, webhook: Webhook, record: JsonObject) -> Outcome:
        moment = self.clock()
        body = make_body(record)
        headers = make_headers(webhook, f"msg_{record['job_id']}", int(moment.timestamp()), body)
        reply = await self.poster.post(Destination.parse(webhook.url), headers, body)
        if is_delivered(reply.status):
            return Outcome(reply.status, None)
        wished = retry_after(reply.headers, moment)
        return self._failed(attempt, reply.status, _refusal(reply.status), wished)

    def _failed(
        self, attempt: int, status: int | None, error: str, wished: float | None = None
    ) -> Outcome:
        pause = self.schedule.pause(attempt, status, wished, self.random)
        return Outcome(status, error, pause)


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return f"it was answered with {status}; redirects are not followed"
    return f"it was answered with {status}"
