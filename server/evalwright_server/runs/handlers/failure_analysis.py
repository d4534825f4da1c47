"""The work of a `failure_analysis`: find out where and why answers fail.

What metrics and an audit say of an item are signals for the detectors of failures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import partial
from typing import Any, cast

from evalwright_server.audits import AuditItem, AuditVerdict
from evalwright_server.failures import FailureItem, Signals, Tag, ToolCall, analyze, applicable
from evalwright_server.failures.items import Evidence
from evalwright_server.failures.scoring import FAIL, PASS, UNSURE
from evalwright_server.failures.taxonomy import BUCKET_OF
from evalwright_server.metrics import Outcome, Score, Unscored
from evalwright_server.models import Models
from evalwright_server.runs.analysis_payload import AnalysisPayload, FailureOptions
from evalwright_server.runs.context import Context
from evalwright_server.runs.handlers.analysis import Analysis, text_of, texts_of
from evalwright_server.runs.handlers.audit import Auditor
from evalwright_server.runs.handlers.audit import as_result as audit_result
from evalwright_server.runs.handlers.evaluation_analysis import (
    SCOPE,
    Gauge,
    by_judge,
    metric_item,
)
from evalwright_server.runs.handlers.evaluation_analysis import as_result as metric_result
from evalwright_server.runs.handlers.judges import open_line
from evalwright_server.runs.handlers.workbench import Workbench
from evalwright_server.runs.records import Finish
from evalwright_server.runs.sources.analysis_results import ItemResult
from evalwright_server.runs.sources.source import Item


class FailureAnalysisHandler:
    """Handles failure analyses.

    Args:
        models: Reaches judges.
        bench: Where is computed.
    """

    def __init__(self, models: Models, bench: Workbench) -> None:
        self._models = models
        self._bench = bench

    async def __call__(self, context: Context) -> Finish:
        """Do one attempt; see `context.Handler`."""
        payload = AnalysisPayload.read(context.payload)
        options = FailureOptions.read(payload.options)
        opening = open_line(self._models, payload, context.grants, options.engine, SCOPE)
        async with opening as line:
            gauge = Gauge(options.metrics, line, self._bench)
            analyst = FailureAnalyst(options, gauge, self._bench)
            return await Analysis(context, analyst, self._bench).run()


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in an item, and what was not looked for, and why."""

    feature_kind: str
    tags: Sequence[Tag]
    skipped: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Examined:
    """What is known of an item without a judge; all, where none has anything to add."""

    outcomes: Mapping[str, Outcome]
    audit: AuditVerdict | None
    looked: Looked | None


class FailureAnalyst:
    """Looks for failures; see `Analyst`.

    Args:
        options: What to look for.
        gauge: Measures metrics.
        bench: Knows the embedder.
    """

    def __init__(self, options: FailureOptions, gauge: Gauge, bench: Workbench) -> None:
        self._options = options
        self._gauge = gauge
        self._bench = bench
        self._auditor = Auditor(options.categories, options.thresholds, bench)
        self.at_once = gauge.at_once

    def examine(self, items: Sequence[Item]) -> Sequence[Examined]:
        """Measure and audit without a judge; see `Analyst`."""
        measured = self._gauge.measure_offline([metric_item(item) for item in items])
        audited: list[AuditVerdict | None] = [None] * len(items)
        if self._auditor.codes:
            sides = [AuditItem(text_of(item, "input"), text_of(item, "output")) for item in items]
            audited = [each.verdict for each in self._auditor.audit(sides)]
        return [
            Examined(
                outcomes,
                audit,
                None if self._gauge.has_questions else self._look(item, outcomes, audit),
            )
            for item, outcomes, audit in zip(items, measured, audited, strict=True)
        ]

    def _look(
        self, item: Item, outcomes: Mapping[str, Outcome], audit: AuditVerdict | None
    ) -> Looked:
        own = failure_item(item)
        feature_kind = self._options.feature_kind or own.feature_kind
        signals = replace(_signals(outcomes, audit), audited=self._auditor.codes)
        kinds, skipped = applicable(
            own, feature_kind, signals, kinds=self._options.kinds, buckets=self._options.buckets
        )
        return Looked(feature_kind, analyze(own, kinds, signals), skipped)

    async def complete(self, position: int, item: Item, examined: Examined) -> ItemResult:
        """Have a judge measure the rest, and look for failures; see `Analyst`."""
        measured = await self._gauge.complete(metric_item(item), examined.outcomes)
        outcomes, looked = measured.outcomes, examined.looked
        if looked is None:
            work = partial(self._look, item, outcomes, examined.audit)
            looked = (await self._bench.compute(work)).value
        result = {
            **_counts(looked.tags),
            **_signal_results(outcomes, examined.audit),
            "feature_kind": looked.feature_kind,
            "skipped": looked.skipped,
            "error": self._gauge.note(),
        }
        outcome = ItemResult.FAILED if result["error"] else ItemResult.SCORED
        rows = [tag_row(tag) for tag in looked.tags]
        return ItemResult(position, outcome, result, measured.tokens, rows)

    def broken(self, position: int, reason: str) -> ItemResult:
        """Return that an item could not be analysed; see `Analyst`."""
        result = {
            **_counts([]),
            **_signal_results({}, None),
            "feature_kind": self._options.feature_kind or "generic_llm",
            "skipped": {},
            "error": reason,
        }
        return ItemResult(position, ItemResult.FAILED, result)

    def note(self) -> str | None:
        """Say why the judge was given up, if it was; see `Analyst`."""
        return self._gauge.note()


def failure_item(item: Item) -> FailureItem:
    """Read an item of a failure analysis."""
    calls, expected = item.get("tool_calls"), item.get("expected")
    return FailureItem(
        text_of(item, "input"),
        text_of(item, "output"),
        texts_of(item.get("context")),
        tuple(_call(call) for call in calls if isinstance(call, dict))
        if isinstance(calls, list)
        else (),
        expected if isinstance(expected, str) else None,
    )


def _call(call: Mapping[str, Any]) -> ToolCall:
    error, schema = call.get("error"), call.get("schema")
    return ToolCall(
        str(call.get("name", "")),
        call.get("arguments"),
        call.get("result"),
        None if error is None else str(error),
        schema if isinstance(schema, dict) else None,
    )


def _signals(outcomes: Mapping[str, Outcome], audit: AuditVerdict | None) -> Signals:
    scored = {key: each for key, each in outcomes.items() if isinstance(each, Score)}
    return Signals(
        {key: each.value for key, each in scored.items()},
        by_judge(outcomes),
        {key: each.explanation for key, each in scored.items()},
        audit,
        {key: each.reason for key, each in outcomes.items() if isinstance(each, Unscored)},
    )


def _signal_results(
    outcomes: Mapping[str, Outcome], audit: AuditVerdict | None
) -> dict[str, object]:
    """Return scores, errors and findings as results of metrics and audits have them."""
    findings = [] if audit is None else audit_result(audit)["findings"]
    return {**metric_result(outcomes), "findings": findings}


def _counts(tags: Sequence[Tag]) -> dict[str, object]:
    def count(decision: str) -> int:
        return sum(tag.decision == decision for tag in tags)

    failures = (tag.severity for tag in tags if tag.decision == FAIL)
    return {
        "failure_count": count(FAIL),
        "pass_count": count(PASS),
        "unsure_count": count(UNSURE),
        "max_severity": max(failures, default=0.0),
    }


def tag_row(tag: Tag) -> dict[str, object]:
    """Return a tag as a row of `failure_tags`."""
    return {
        "subcategory_id": tag.kind.id,
        "bucket_id": BUCKET_OF[tag.kind.id].id,
        "decision": tag.decision,
        "severity": tag.severity,
        "confidence": tag.confidence,
        "body": {
            "rationale": tag.rationale,
            "breakdown": list(cast("tuple[float, ...]", astuple(tag.breakdown))),
            "metric_values": dict(tag.metric_values),
            "detector_type": tag.detector_type,
            "evidence": [_evidence(each) for each in tag.evidence],
        },
    }


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {
        "type": evidence.type,
        "description": evidence.description,
        "source": evidence.source,
        "confidence": evidence.confidence,
        "snippet": evidence.snippet,
        "start": evidence.start,
    }
