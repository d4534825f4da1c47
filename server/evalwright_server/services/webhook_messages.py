"""What webhooks say about jobs, and the header fields that go with it."""

from collections.abc import Mapping
from typing import Final

import orjson

from evalwright_server import __version__
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.webhooks import Webhook
from evalwright_server.webhooks.signing import sign, signing_key

EVENT: Final = "job.finished"
"""The `type` of what is sent."""


def make_body(record: JsonObject) -> bytes:
    """Return what is sent about a job: its record, without how its webhook goes."""
    content = {name: value for name, value in record.items() if name != "webhook"}
    return orjson.dumps({"type": EVENT, **content}, option=orjson.OPT_NAIVE_UTC)


def make_headers(
    webhook: Webhook, message_id: str, timestamp: int, body: bytes
) -> Mapping[str, str]:
    """Return the header fields of an attempt."""
    own = {name.lower(): value for name, value in webhook.headers.items()}
    headers = {
        "user-agent": f"evalwright/{__version__}",
        **own,
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
    }
    if webhook.secret is not None:
        key = signing_key(webhook.secret)
        headers["webhook-signature"] = sign(key, message_id, timestamp, body)
    return headers
