"""What each key may use of analyses, and has used: requests, and tokens that models took."""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Final

from sqlalchemy import Connection, bindparam, select

from evalwright_server.services.errors import QuotaExceeded
from evalwright_server.services.organizations import PLAN
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.dialects import insert_into
from evalwright_server.store.tables.analyses import usage_counters

DEFAULT_MAX_DATASET: Final = 10_000
"""The most items of one analysis."""
ANYBODY: Final = "anybody"
"""Whose usage it is on a server that asks for no key."""

_c: Final = usage_counters.c
_USED: Final = select(_c.service, _c.requests, _c.tokens).where(
    _c.usage_key == bindparam("of_key"), _c.period == bindparam("of_period")
)


@dataclass(frozen=True, slots=True)
class AnalysisLimits:
    """What analyses may take.

    Attributes:
        max_dataset: The most items of one analysis.
        requests: How many analyses a key may start in a month; 0 for any number.
        tokens: How many tokens of models they may take; 0 for any number.
    """

    max_dataset: int = DEFAULT_MAX_DATASET
    requests: int = 0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class UsageAccount:
    """Whose usage it is, and of which month.

    Attributes:
        key: Digest of the API key.
        now: A moment in the month, in UTC.
    """

    key: str
    now: datetime

    @classmethod
    def of(cls, client: bytes, now: datetime) -> "UsageAccount":
        """Return the account of a client by the digest of its key; without key it's anybody's."""
        return cls(client.hex() or ANYBODY, now)

    @property
    def period(self) -> str:
        """The month, such as `2026-11`."""
        return f"{self.now:%Y-%m}"

    @property
    def end(self) -> datetime:
        """When the next month begins."""
        year, month = divmod(self.now.year * 12 + self.now.month, 12)
        return datetime(year, month + 1, 1, tzinfo=UTC)

    @property
    def seconds_left(self) -> int:
        """How many seconds that takes."""
        return ceil((self.end - self.now).total_seconds())


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used in a month.

    Attributes:
        requests: Analyses that were started, by kind.
        tokens: Tokens that models took for them.
    """

    requests: dict[str, int]
    tokens: int

    @property
    def total(self) -> int:
        """How many analyses were started."""
        return sum(self.requests.values())


def read_usage(conn: Connection, account: UsageAccount) -> Usage:
    """Return what was used in the month so far."""
    of = {"of_key": account.key, "of_period": account.period}
    rows = conn.execute(_USED, of).all()
    return Usage({row.service: row.requests for row in rows}, sum(row.tokens for row in rows))


def charge(
    conn: Connection, account: UsageAccount, service: str, tokens: int, limits: AnalysisLimits
) -> None:
    """Count an analysis that begins, if its key may start one more.

    Tokens are counted as they are taken, by `runs.sources`; what is refused here is what would
    probably not fit any more.

    Args:
        conn: The transaction, a write.
        account: Who starts it.
        service: What kind of analysis it is.
        tokens: How many tokens it will probably take.
        limits: What the key may use.

    Raises:
        QuotaExceeded: It may not.
    """
    usage = read_usage(conn, account)
    if limits.requests and usage.total >= limits.requests:
        raise _too_many_requests(account, service, usage.total, limits.requests)
    if limits.tokens and tokens and usage.tokens + tokens > limits.tokens:
        raise _too_many_tokens(account, service, usage.tokens, tokens, limits.tokens)
    counter = {"usage_key": account.key, "period": account.period, "service": service}
    statement = insert_into(conn, usage_counters).values(**counter, requests=1)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=list(counter), set_={"requests": usage_counters.c.requests + 1}
        )
    )


def view_usage(conn: Connection, account: UsageAccount, limits: AnalysisLimits) -> JsonObject:
    """Return what is used of a key's quotas, as it stands in answers."""
    usage = read_usage(conn, account)
    return {
        "total_api_usage": usage.total,
        "api_quota_limit": limits.requests,
        "api_quota_remaining": max(limits.requests - usage.total, 0),
        "token_usage": usage.tokens,
        "token_quota_limit": limits.tokens,
        "token_quota_remaining": max(limits.tokens - usage.tokens, 0),
        "plan": PLAN,
        "reset_date": account.end,
        "services": usage.requests,
    }


def _too_many_requests(account: UsageAccount, service: str, used: int, limit: int) -> QuotaExceeded:
    detail = (
        f"this key has started {used} of the {limit} analyses it may start in a month; the next "
        f"month begins at {account.end:%Y-%m-%d} UTC (EVALWRIGHT_ANALYSIS_QUOTA)"
    )
    figures: dict[str, str | int] = {
        "error": "quota_exceeded",
        "current_usage": used,
        "quota_limit": limit,
        "service": service,
    }
    return QuotaExceeded(detail, figures, account.seconds_left)


def _too_many_tokens(
    account: UsageAccount, service: str, used: int, predicted: int, limit: int
) -> QuotaExceeded:
    detail = (
        f"this would take about {predicted} tokens of the judge, and this key has used {used} of "
        f"the {limit} it may use in a month; send fewer items, measure offline, or wait until "
        f"{account.end:%Y-%m-%d} UTC (EVALWRIGHT_TOKEN_QUOTA)"
    )
    figures: dict[str, str | int] = {
        "error": "token_quota_exceeded",
        "current_tokens_used": used,
        "predicted_tokens": predicted,
        "token_quota_limit": limit,
        "service": service,
    }
    return QuotaExceeded(detail, figures, account.seconds_left)
