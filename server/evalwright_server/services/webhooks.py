"""Webhooks of jobs: who is to be told of a job's end, and how that goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Connection, bindparam, insert, select

from evalwright_server.services.errors import Findings
from evalwright_server.services.requests import JsonObject, WebhookInput
from evalwright_server.store.clock import now
from evalwright_server.store.secrets import SecretBox
from evalwright_server.store.tables.jobs import webhook_deliveries
from evalwright_server.webhooks.destination import (
    Destination,
    DestinationRefused,
)
from evalwright_server.webhooks.headers import find_faults
from evalwright_server.webhooks.signing import signing_key

_c: Final = webhook_deliveries.c
_INSERT: Final = insert(webhook_deliveries).values(state="waiting", created_at=now())
_MEMBERS: Final = ("url", "state", "attempts", "last_status", "last_error", "next_attempt_at")
_SHOWN: Final = select(_c.run_id, *(_c[name] for name in _MEMBERS)).where(
    _c.run_id.in_(bindparam("of_runs", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """What is needed to send a webhook, and is sealed while it isn't sent.

    Attributes:
        url: Where to.
        headers: What to send along.
        secret: What to sign it with; None for no signature.
    """

    url: str
    headers: Mapping[str, str]
    secret: str | None

    def seal(self, secrets: SecretBox) -> bytes:
        """Return it as it is stored."""
        content = {"url": self.url, "headers": dict(self.headers), "secret": self.secret}
        return secrets.seal(orjson.dumps(content).decode())

    @classmethod
    def open(cls, sealed: bytes, secrets: SecretBox) -> "Webhook":
        """Return what was sealed.

        Raises:
            SecretKeyError: It was sealed with another key.
        """
        return cls(**orjson.loads(secrets.open(sealed)))


def check_webhook(
    body: WebhookInput, findings: Findings, *, allow_private: bool, pointer: str = "/webhook"
) -> None:
    """Note everything that is wrong with a webhook.

    Names are not looked up: what they stand for is checked each time something is sent.

    Args:
        body: What the document's schema has let through.
        findings: Where faults go.
        allow_private: Whether it may go to addresses that are not public.
        pointer: Where in the request it stands.
    """
    try:
        destination = Destination.parse(body["url"])
        if not allow_private:
            destination.require_public()
    except (ValueError, DestinationRefused) as error:
        findings.add(f"{pointer}/url", str(error))
    for name, fault in find_faults(body.get("headers", {})):
        findings.add(f"{pointer}/headers/{_escape(name)}", fault)
    try:
        signing_key(body.get("secret", ""))
    except ValueError as error:
        findings.add(f"{pointer}/secret", str(error))


def record_webhook(
    conn: Connection, run_id: int, body: WebhookInput, *, secrets: SecretBox
) -> None:
    """Keep a webhook with the job that it is about, in the transaction that inserts the job.

    Args:
        conn: The transaction.
        run_id: The job's run.
        body: What `check_webhook` has found nothing wrong with.
        secrets: Seals it.
    """
    webhook = Webhook(body["url"], body.get("headers", {}), body.get("secret"))
    shown = Destination.parse(webhook.url).shown
    values = {"run_id": run_id, "url": shown, "sealed": webhook.seal(secrets)}
    conn.execute(_INSERT, values)


def view_webhooks(conn: Connection, run_ids: Sequence[int]) -> dict[int, JsonObject]:
    """Return the webhooks of jobs as they stand in answers, by run; not every job has one."""
    rows = conn.execute(_SHOWN, {"of_runs": list(run_ids)})
    return {run_id: dict(zip(_MEMBERS, shown, strict=True)) for run_id, *shown in rows}


def _escape(name: str) -> str:
    """Return a member's name as a part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
