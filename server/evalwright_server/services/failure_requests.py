"""Requests for failure analyses: their rules, their items, and what is to be done with these."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from evalwright_server.audits import CATEGORIES
from evalwright_server.failures import KINDS, applicable
from evalwright_server.failures.taxonomy import BUCKET_OF
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
from evalwright_server.services.analysis_rules import check_names, read_context
from evalwright_server.services.errors import Findings
from evalwright_server.services.failure_taxonomy import BUCKET_IDS
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.security_settings import settings_of_named

KIND: Final = AnalysisKind.FAILURE_ANALYSIS
GUESSED: Final = "generic_llm"
"""The kind of application of a dataset that says nothing about it."""

_CALL_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("tool_name", "tool", "function_name"),
    "arguments": ("args", "parameters", "tool_input", "input"),
    "result": ("output", "response", "tool_output"),
    "error": ("error_message", "exception"),
    "schema": ("input_schema", "parameters_schema"),
}
"""How other frameworks name the members of a tool call."""


def check_request(body: Mapping[str, Any], findings: Findings) -> None:
    """Note what a request names that there is not, and that it has nothing to analyse."""
    if not body.get("dataset") and not body.get("trace_id") and "dataset" not in body:
        findings.add(
            "",
            "there is nothing to analyse: send a dataset, a list of objects with input and "
            "output, or the trace_id of stored spans",
        )
    check_names(findings, "/subcategories", body.get("subcategories"), KINDS, "subcategory")
    check_names(findings, "/buckets", body.get("buckets"), BUCKET_IDS, "bucket")
    check_names(
        findings, "/mandatory_eval_metrics", body.get("mandatory_eval_metrics"), METRICS, "metric"
    )
    check_names(
        findings,
        "/mandatory_security_categories",
        body.get("mandatory_security_categories"),
        CATEGORIES,
        "security category",
    )
    _check_choice(body, findings)
    read_judge(body, findings)


def _check_choice(body: Mapping[str, Any], findings: Findings) -> None:
    kinds, buckets = body.get("subcategories"), body.get("buckets")
    if not (isinstance(kinds, list) and isinstance(buckets, list) and kinds and buckets):
        return
    known = [kind for kind in kinds if isinstance(kind, str) and kind in KINDS]
    if known and not any(BUCKET_OF[kind].id in buckets for kind in known):
        findings.add(
            "/subcategories",
            "none of them is in one of the buckets, so nothing would be looked for; leave out "
            "buckets, or name those of the subcategories",
        )


def read_dataset(dataset: Sequence[Mapping[str, Any]], trace_id: str | None) -> list[JsonObject]:
    """Return the items of a dataset in the form that runs ask for.

    Args:
        dataset: The items as they were sent.
        trace_id: The trace they are from, if that was sent, too.
    """
    return [
        {
            "input": item["input"],
            "output": item["output"],
            "context": read_context(item.get("context")),
            "tool_calls": [read_tool_call(call) for call in item.get("tool_calls") or ()],
            "expected": item.get("expected"),
            "trace_id": trace_id,
        }
        for item in dataset
    ]


def read_tool_call(call: Mapping[str, Any]) -> JsonObject:
    """Return a tool call with the names of members that detectors know.

    Other frameworks' names for them are understood; what is under them stays there, too.
    """
    function = call.get("function")
    given = {**call, **function} if isinstance(function, Mapping) else dict(call)
    if isinstance(function, str):
        given.setdefault("name", function)
    for name, others in _CALL_NAMES.items():
        found = next((given[other] for other in others if other in given), None)
        if given.get(name) is None and found is not None:
            given[name] = found
    return given


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


def describe_items(body: Mapping[str, Any], items: Iterable[JsonObject]) -> JsonObject:
    """Return what answers tell of the items of an analysis.

    The kind of application is the one asked for, or else that of most items.
    """
    own = [failure_item(item) for item in items]
    kinds = Counter(item.feature_kind for item in own)
    guessed = max(kinds, key=lambda kind: kinds[kind], default=GUESSED)
    return {
        "feature_kind": body.get("feature_kind") or guessed,
        "input_type": "json" if body.get("dataset") else "trace",
        "is_minimal": not any(item.context or item.tool_calls for item in own),
        "trace_id": body.get("trace_id") or None,
    }


def _names(body: Mapping[str, Any], member: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(body.get(member) or ()))
