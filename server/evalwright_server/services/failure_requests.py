"""What is to be done in a failure analysis that is asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from evalwright_server.audits import CATEGORIES
from evalwright_server.failures import applicable
from evalwright_server.metrics import METRICS
from evalwright_server.metrics.items import Engine
from evalwright_server.runs.analysis_payload import (
    AnalysisKind,
    AnalysisPayload,
    EngineChoice,
    FailureOptions,
)
from evalwright_server.runs.handlers.failure_analysis import failure_item
from evalwright_server.services.analyses import AnalysisRequest
from evalwright_server.services.analysis_judges import JudgeWish, predict_tokens, read_judge
from evalwright_server.services.analysis_quotas import UsageAccount
from evalwright_server.services.errors import Findings
from evalwright_server.services.failure_items import describe_items
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.security_settings import settings_of_named

KIND: Final = AnalysisKind.FAILURE_ANALYSIS


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be looked for, and by what; called with a transaction, it is the run's payload.

    Attributes:
        project_name: The project whose settings of security are heeded.
        options: What is to be looked for, all but the audit's categories.
        mandatory: Categories of harm that are looked for in any case.
        audits: Whether all the others that the project wants are, too.
        shown: What the answers tell about the request.
        judge: Who judges.
    """

    project_name: str | None
    options: FailureOptions
    mandatory: tuple[str, ...]
    audits: bool
    shown: JsonObject
    judge: JudgeWish

    def __call__(self, conn: Connection, space: int) -> AnalysisPayload:
        """Return the payload; see `AnalysisRequest.plan`."""
        settings = settings_of_named(conn, self.project_name)
        enabled = settings.enabled_categories if self.audits else ()
        categories = [code for code in CATEGORIES if code in {*enabled, *self.mandatory}]
        options = self.options.to_json() | {
            "categories": list(categories),
            "thresholds": dict(settings.thresholds),
            "shown": {**self.shown, "is_audited": bool(categories)},
        }
        return AnalysisPayload(options, self.judge.use(conn, space))


def plan_analysis(
    body: Mapping[str, Any],
    items: Sequence[JsonObject],
    project_name: str | None,
    account: UsageAccount,
    key: tuple[str, bytes] | None,
) -> AnalysisRequest:
    """Return the failure analysis that a request asks for.

    Args:
        body: The request, judged.
        items: What to analyse.
        project_name: The project it belongs to.
        account: Whose quota it counts for.
        key: The idempotency key and digest.
    """
    wish = read_judge(body, Findings())
    options = FailureOptions(
        feature_kind=body.get("feature_kind"),
        metrics=choose_metrics(body, items),
        kinds=_names(body, "subcategories"),
        buckets=_names(body, "buckets"),
        engine=wish.engine if wish.is_there else EngineChoice.OFFLINE,
    )
    plan = Plan(
        project_name,
        options,
        _names(body, "mandatory_security_categories"),
        body.get("run_security", True),
        describe_items(body, items),
        wish,
    )
    questions = sum(Engine.JUDGE in METRICS[name].engines for name in options.metrics)
    return AnalysisRequest(
        KIND,
        project_name,
        items,
        plan,
        account,
        secrets=wish.secrets,
        key=key,
        predicted_tokens=predict_tokens(items, questions) if wish.is_there else 0,
    )


def choose_metrics(body: Mapping[str, Any], items: Iterable[JsonObject]) -> tuple[str, ...]:
    """Return the metrics that tell about what is looked for in some item, and the mandatory ones.

    Args:
        body: The request.
        items: What to analyse.
    """
    wanted = set(_names(body, "mandatory_eval_metrics"))
    if body.get("run_eval", True):
        own = [failure_item(item) for item in items]
        # Items with the same members differ in nothing that matters here.
        for item in {each.members: each for each in own}.values():
            chosen, _ = applicable(
                item,
                body.get("feature_kind") or item.feature_kind,
                kinds=_names(body, "subcategories"),
                buckets=_names(body, "buckets"),
            )
            wanted.update(metric for kind in chosen for metric in kind.metrics)
    return tuple(key for key in METRICS if key in wanted)


def _names(body: Mapping[str, Any], member: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(body.get(member) or ()))
