"""Analysing items, and summing up."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from evalwright_server.failures import acting, form, grounding
from evalwright_server.failures.items import Detection, Evidence, FailureItem, Signals
from evalwright_server.failures.scoring import FAIL, PASS, UNSURE, Breakdown, decide
from evalwright_server.failures.taxonomy import BUCKET_OF, JUDGED, KINDS, Kind

Detector: TypeAlias = Callable[[FailureItem, Signals], Detection]

DETECTORS: Final[Mapping[str, Detector]] = {
    "factual_contradiction": grounding.factual_contradiction,
    "wrong_number": grounding.wrong_number,
    "unknown_name": grounding.unknown_names,
    "unsupported_claim": grounding.unsupported_claim,
    "empty_output": form.empty_output,
    "truncated_output": form.truncated_output,
    "missing_entries": form.missing_entries,
    "partial_answer": form.partial_answer,
    "wrong_format": form.wrong_format,
    "wrong_length": form.wrong_length,
    "wrong_language": form.wrong_language,
    "ignored_instruction": form.ignored_instruction,
    "irrelevant_context": acting.irrelevant_context,
    "insufficient_context": acting.insufficient_context,
    "context_ignored": acting.context_ignored,
    "failed_tool_call": acting.failed_tool_call,
    "invalid_arguments": acting.invalid_arguments,
    "repeated_tool_call": acting.repeated_tool_call,
    "tool_result_ignored": acting.tool_result_ignored,
    "harmful_content": acting.harmful_content,
    "personal_data": acting.personal_data,
    "prompt_leak": acting.prompt_leak,
    "off_topic": form.off_topic,
    "unjustified_refusal": form.unjustified_refusal,
    "repetition": form.repetition,
    "garbled_text": form.garbled_text,
}
"""Who finds each kind of failure."""

ALERTING: Final = 3.5
GATING: Final = 3.0
"""Severity from which somebody should be told, and from which a release should wait."""
SURE: Final = 0.6
GATED_SHARE: Final = 0.2
"""Share of items with failures from which a release should wait, however mild they are."""


@dataclass(frozen=True, slots=True)
class Tag:
    """Whether a kind of failure is in an item, and how that is known."""

    kind: Kind
    decision: str
    breakdown: Breakdown
    rationale: str
    evidence: tuple[Evidence, ...]
    metric_values: Mapping[str, float]
    detector_type: str

    @property
    def severity(self) -> float:
        """How bad it is, from 0 to 5."""
        return self.breakdown.final_severity

    @property
    def confidence(self) -> float:
        """How sure the decision is, from 0 to 1."""
        return self.breakdown.final_confidence


@dataclass(frozen=True, slots=True)
class Summary:
    """An analysis in a few figures."""

    total_failures_detected: int
    total_passes: int
    total_uncertain: int
    overall_severity: float
    overall_confidence: float
    primary_failure: str | None
    primary_failure_name: str | None
    buckets_affected: tuple[str, ...]
    should_alert: bool
    should_gate_ci: bool
    needs_human_review: bool
    total_items: int
    items_with_failures: int
    items_all_passed: int


def analyze(item: FailureItem, kinds: Iterable[Kind], signals: Signals) -> list[Tag]:
    """Look for kinds of failures in an item."""
    return [_tag(kind, DETECTORS[kind.id](item, signals), signals) for kind in kinds]


def _tag(kind: Kind, detection: Detection, signals: Signals) -> Tag:
    decision, breakdown = decide(kind, detection, signals)
    values = {key: signals.scores[key] for key in kind.metrics if key in signals.scores}
    by_judge = any(key in signals.by_judge for key in values)
    used = JUDGED if kind.approach == JUDGED and by_judge else kind.approach
    return Tag(kind, decision, breakdown, detection.rationale, detection.evidence, values, used)


def summarize(items: Sequence[Sequence[Tag]]) -> Summary:
    """Sum up the tags of all items, in their order."""
    tags = [tag for own in items for tag in own]
    failures = [tag for tag in tags if tag.decision == FAIL]
    failed_items = sum(any(tag.decision == FAIL for tag in own) for own in items)
    weights: defaultdict[str, float] = defaultdict(float)
    for tag in failures:
        weights[tag.kind.id] += tag.severity * tag.confidence
    primary = max(weights, key=lambda key: weights[key], default=None)
    return Summary(
        total_failures_detected=len(failures),
        total_passes=sum(tag.decision == PASS for tag in tags),
        total_uncertain=sum(tag.decision == UNSURE for tag in tags),
        overall_severity=max((tag.severity for tag in failures), default=0.0),
        overall_confidence=round(_mean([tag.confidence for tag in failures]), 3),
        primary_failure=primary,
        primary_failure_name=KINDS[primary].name if primary else None,
        buckets_affected=tuple(dict.fromkeys(BUCKET_OF[tag.kind.id].id for tag in failures)),
        should_alert=any(t.severity >= ALERTING and t.confidence >= SURE for t in failures),
        should_gate_ci=any(t.severity >= GATING and t.confidence >= SURE for t in failures)
        or (bool(items) and failed_items / len(items) >= GATED_SHARE),
        needs_human_review=_needs_review(tags),
        total_items=len(items),
        items_with_failures=failed_items,
        items_all_passed=len(items) - failed_items,
    )


def _needs_review(tags: Sequence[Tag]) -> bool:
    """Tell whether something that may be bad is not sure."""
    return any(
        tag.severity >= 2.0 and (tag.decision == UNSURE or tag.confidence < SURE)
        for tag in tags
        if tag.decision != PASS
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
