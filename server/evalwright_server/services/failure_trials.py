"""The playground: a single answer, analysed at once by the server itself and not kept.

All that is stored is how many trials a key has made, where they are limited or not.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, bindparam, delete, select

from evalwright_server.audits import CATEGORIES
from evalwright_server.failures import summarize
from evalwright_server.failures.scoring import PASS
from evalwright_server.runs.analysis_payload import FailureOptions
from evalwright_server.runs.handlers.evaluation_analysis import Gauge
from evalwright_server.runs.handlers.failure_analysis import Examined, FailureAnalyst, tag_row
from evalwright_server.runs.handlers.workbench import Workbench
from evalwright_server.services.analysis_rules import read_context
from evalwright_server.services.errors import Findings, QuotaExceeded
from evalwright_server.services.failure_items import read_dataset
from evalwright_server.services.failure_requests import choose_metrics
from evalwright_server.services.failure_views import view_tag
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.dialects import insert_into
from evalwright_server.store.tables.analyses import usage_counters

MOST_CONTEXT: Final = 5_000
"""Characters of all passages together."""
SERVICE: Final = "playground"
"""What trials are counted as, for each day and for each minute."""

_SECONDS_A_DAY, _SECONDS_A_MINUTE = 86_400, 60
_c: Final = usage_counters.c
_USED: Final = select(_c.requests).where(
    _c.usage_key == bindparam("of_key"),
    _c.service == SERVICE,
    _c.period == bindparam("of_period"),
)

logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TrialLimits:
    """How many trials a key may make; 0 for any number."""

    per_day: int = 0
    per_minute: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial that was made.

    Attributes:
        item: What was analysed.
        examined: What was found.
        seconds: How long that took.
    """

    item: JsonObject
    examined: Examined
    seconds: float


class Playground:
    """Makes trials, one after the other in a thread of its own: it needs no worker.

    Closeness of meaning takes part where it is installed; the first trial loads it.

    Args:
        limits: How many there may be.
    """

    def __init__(self, limits: TrialLimits) -> None:
        self.limits: Final = limits
        self._bench = Workbench()

    async def analyse(self, body: Mapping[str, Any]) -> Trial:
        """Analyse the answer in a request."""
        [item] = read_dataset([body], None)
        found = await self._bench.compute(partial(self._examine, item))
        return Trial(item, found.value, found.seconds)

    def _examine(self, item: JsonObject) -> Examined:
        metrics = choose_metrics({}, [item])
        options = FailureOptions(metrics=metrics, categories=tuple(CATEGORIES))
        analyst = FailureAnalyst(options, Gauge(metrics, None, self._bench), self._bench)
        [examined] = analyst.examine([item])
        return examined

    def close(self) -> None:
        """Make no more."""
        self._bench.close()


def check_trial(body: Mapping[str, Any]) -> None:
    """Refuse more context than a trial may have.

    Raises:
        InvalidRequest: It has more.
    """
    size = sum(map(len, read_context(body.get("context"))))
    if size > MOST_CONTEXT:
        findings = Findings()
        message = (
            f"the context has {size} characters, and a trial takes {MOST_CONTEXT} at most; send "
            "it to /v2/failure-analysis/analyze instead"
        )
        findings.add("/context", message)
        raise findings.error()


def count_trial(conn: Connection, key: str, now: datetime, limits: TrialLimits) -> int:
    """Count a trial that begins, and return how many there were today.

    Args:
        conn: The transaction, a write.
        key: Whose it is.
        now: The time.
        limits: How many there may be.

    Raises:
        QuotaExceeded: There may be no more of them now.
    """
    day, minute = f"{now:%Y-%m-%d}", f"{now:%Y-%m-%dT%H:%M}"
    today = _used(conn, key, day)
    if limits.per_day and today >= limits.per_day:
        raise _used_up(today, limits.per_day, now)
    if limits.per_minute and _used(conn, key, minute) >= limits.per_minute:
        detail = (
            f"the playground takes {limits.per_minute} answers a minute of each key; wait, or "
            "analyse a dataset (EVALWRIGHT_PLAYGROUND_PER_MINUTE)"
        )
        raise QuotaExceeded(detail, {}, _SECONDS_A_MINUTE - now.second)
    # Counters of other days and minutes are of no use any more.
    conn.execute(
        delete(usage_counters).where(
            _c.usage_key == key, _c.service == SERVICE, _c.period.not_in((day, minute))
        )
    )
    for period in (day, minute):
        counter = {"usage_key": key, "period": period, "service": SERVICE}
        statement = insert_into(conn, usage_counters).values(**counter, requests=1)
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=list(counter), set_={"requests": _c.requests + 1}
            )
        )
    return today + 1


def _used(conn: Connection, key: str, period: str) -> int:
    return conn.execute(_USED, {"of_key": key, "of_period": period}).scalar_one_or_none() or 0


def _used_up(used: int, limit: int, now: datetime) -> QuotaExceeded:
    detail = (
        f"the playground takes {limit} answers a day of each key, and this one has sent {used}; "
        "wait until tomorrow (UTC), or analyse a dataset (EVALWRIGHT_PLAYGROUND_PER_DAY)"
    )
    figures: dict[str, str | int] = {
        "error": "quota_exceeded",
        "current_usage": used,
        "quota_limit": limit,
        "service": SERVICE,
    }
    passed = now.hour * 3600 + now.minute * 60 + now.second
    return QuotaExceeded(detail, figures, _SECONDS_A_DAY - passed)


def view_trial(trial: Trial, today: int, limits: TrialLimits) -> JsonObject:
    """Return what was found in a trial."""
    run_id = str(uuid4())
    looked, audit = trial.examined.looked, trial.examined.audit
    tags = [] if looked is None else list(looked.tags)
    views = [view_tag(run_id, _OF_TRIAL | tag_row(tag)) for tag in tags]
    views.sort(key=lambda view: -view["severity"])
    findings = () if audit is None else audit.output_findings
    logger.info("trial %s took %.3f s", run_id, trial.seconds)
    return {
        "run_id": run_id,
        "summary": asdict(summarize([tags])),
        "failure_tags": [view for view in views if view["decision"] != PASS],
        "checks_passed": [view for view in views if view["decision"] == PASS],
        "security_flags": {finding.category: 1 for finding in findings},
        "duration_ms": round(trial.seconds * 1000),
        "playground_runs_today": today,
        "playground_limit_per_day": limits.per_day,
    }


_OF_TRIAL: Final[JsonObject] = {
    "position": 0,
    "is_reviewed": False,
    "reviewed_at": None,
    "issue_url": None,
}
