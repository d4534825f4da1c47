"""The webhooks that are to be sent, as rows: who sends which, and what came of it.

Any number of servers may do this at the same time. Whoever claims a webhook has it until a lease
ends; `attempts` grows with each claim and is the fence of what is then written about it.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)

from evalwright_server.store.clock import now, seconds_from_now
from evalwright_server.store.tables.jobs import webhook_deliveries

LEASE_SECONDS: Final = 60.0
"""How long a sender has a webhook; longer than an attempt can take."""

_c: Final = webhook_deliveries.c
# As a literal, or the partial index would not be used.
_PENDING: Final = _c.state == literal_column("'pending'")

_NEXT: Final = select(
    now().label("now"),
    func.min(
        case((_c.lease_until > _c.next_attempt_at, _c.lease_until), else_=_c.next_attempt_at)
    ).label("due"),
).where(_PENDING)
_PICK: Final = (
    select(_c.id)
    .where(
        _PENDING,
        _c.next_attempt_at <= now(),
        or_(_c.lease_until.is_(None), _c.lease_until <= now()),
    )
    .order_by(_c.next_attempt_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("pick")
)
_CLAIM: Final = (
    update(webhook_deliveries)
    .where(_c.id.in_(select(_PICK.c.id)))
    .values(lease_until=seconds_from_now(LEASE_SECONDS), attempts=_c.attempts + 1)
    .returning(_c.id, _c.run_id, _c.sealed, _c.attempts)
)
_FORGET_LEASES: Final = (
    update(webhook_deliveries)
    .where(_PENDING, _c.lease_until.is_not(None))
    .values(lease_until=null())
)
_OWN: Final = and_(_PENDING, _c.id == bindparam("of_id"), _c.attempts == bindparam("of_attempt"))
_SETTLE: Final = update(webhook_deliveries).where(_OWN).values(lease_until=null())


@dataclass(frozen=True, slots=True)
class ClaimedWebhook:
    """A webhook that is ours to send.

    Attributes:
        id: Which.
        run_id: The run whose end it is about.
        sealed: Where to and how; see `webhooks.Webhook`.
        attempt: How often it was claimed, this time included.
    """

    id: int
    run_id: int
    sealed: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt.

    Attributes:
        status: What it was answered, if it was.
        error: What was wrong; None if it was delivered.
        pause: Seconds until the next attempt; None for no more.
    """

    status: int | None
    error: str | None
    pause: float | None = None


def seconds_until_due(conn: Connection) -> float | None:
    """Return how long the next webhook has time, at most 0 if one is due; None if none waits."""
    row = conn.execute(_NEXT).one()
    return None if row.due is None else float((row.due - row.now).total_seconds())


def claim(conn: Connection, at_most: int) -> list[ClaimedWebhook]:
    """Take webhooks that are due."""
    rows = conn.execute(_CLAIM, {"at_most": at_most})
    return [ClaimedWebhook(row.id, row.run_id, bytes(row.sealed), row.attempts) for row in rows]


def forget_leases(conn: Connection) -> None:
    """Make webhooks due that others had; for who knows that there are no others."""
    conn.execute(_FORGET_LEASES)


def settle(conn: Connection, claimed: ClaimedWebhook, outcome: Outcome) -> None:
    """Write down what came of an attempt, unless another sender has the webhook meanwhile."""
    values: dict[str, Any] = {"last_status": outcome.status, "last_error": outcome.error}
    if outcome.error is None:
        values |= {"state": "delivered", "delivered_at": now(), "next_attempt_at": None}
    elif outcome.pause is None:
        values |= {"state": "failed", "next_attempt_at": None}
    else:
        values["next_attempt_at"] = seconds_from_now(outcome.pause)
    conn.execute(_SETTLE.values(values), {"of_id": claimed.id, "of_attempt": claimed.attempt})
