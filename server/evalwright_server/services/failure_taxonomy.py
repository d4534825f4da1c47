"""The kinds of failures there are, as they stand in answers."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from evalwright_server.failures.taxonomy import (
    BUCKET_OF,
    BUCKETS,
    DETERMINISTIC,
    HYBRID,
    JUDGED,
    KINDS,
    VERSION,
    Bucket,
    Kind,
)
from evalwright_server.services.errors import Findings, ResourceNotFound, closest
from evalwright_server.services.requests import JsonObject

BUCKET_IDS: Final = tuple(bucket.id for bucket in BUCKETS)
APPROACHES: Final = (DETERMINISTIC, HYBRID, JUDGED)
FEATURE_KINDS: Final = ("rag", "agent", "agentic_rag", "generic_llm")

_ALWAYS: Final = ("input", "output")


def view_kind(kind: Kind) -> JsonObject:
    """Return a kind of failure as it stands in answers."""
    return {
        "subcategory_id": kind.id,
        "subcategory_name": kind.name,
        "bucket_id": BUCKET_OF[kind.id].id,
        "description": kind.description,
        "detection_approach": kind.approach,
        "applies_to": list(kind.applies_to),
        "requires_retrieval": "context" in kind.needs,
        "requires_tools": "tool_calls" in kind.needs,
        "minimal_mode_compatible": not kind.needs,
        "required_inputs": [*_ALWAYS, *kind.needs],
        "related_eval_metrics": list(kind.metrics),
        "related_security_categories": list(kind.categories),
        "impact_score": kind.impact,
        "risk_category": kind.risk_category,
    }


def view_bucket(bucket: Bucket) -> JsonObject:
    """Return a group of kinds as it stands in answers."""
    return {
        "bucket_id": bucket.id,
        "bucket_name": bucket.name,
        "description": bucket.description,
        "subcategories": [view_kind(kind) for kind in bucket.kinds],
    }


def get_taxonomy() -> JsonObject:
    """Return every kind of failure, in groups."""
    return {"version": VERSION, "buckets": [view_bucket(bucket) for bucket in BUCKETS]}


def get_bucket(bucket_id: str) -> JsonObject:
    """Return a group of kinds.

    Raises:
        ResourceNotFound: No group has this ID; the nearest one is named.
    """
    for bucket in BUCKETS:
        if bucket.id == bucket_id:
            return view_bucket(bucket)
    findings = Findings()
    _refuse(findings, "path:bucket_id", bucket_id, BUCKET_IDS, "bucket", ResourceNotFound)
    raise findings.error()


def list_kinds(values: Mapping[str, Any]) -> JsonObject:
    """Return the kinds of failures that fit some filters.

    Args:
        values: The filters that are set: `bucket_id`, `detection_approach` and `applies_to`.

    Raises:
        InvalidRequest: A filter has a value that no kind has; all such filters are named.
    """
    findings = Findings()
    known = {"bucket_id": BUCKET_IDS, "detection_approach": APPROACHES, "applies_to": FEATURE_KINDS}
    for name, allowed in known.items():
        check_word(findings, f"query:{name}", values.get(name), allowed, name.replace("_", " "))
    findings.raise_if_any()
    bucket_id, approach, feature_kind = (values.get(name) for name in known)
    chosen = [
        kind
        for kind in KINDS.values()
        if bucket_id in (None, BUCKET_OF[kind.id].id)
        and approach in (None, kind.approach)
        and (feature_kind is None or feature_kind in kind.applies_to)
    ]
    return {"subcategories": [view_kind(kind) for kind in chosen]}


def check_word(
    findings: Findings, pointer: str, word: str | None, allowed: Collection[str], noun: str
) -> None:
    """Note a word that is none of those allowed, with the nearest one."""
    if word is not None and word not in allowed:
        _refuse(findings, pointer, word, allowed, noun)


def _refuse(
    findings: Findings,
    pointer: str,
    word: str,
    allowed: Collection[str],
    noun: str,
    error: type[Any] | None = None,
) -> None:
    nearest = closest(word, allowed)
    hint = "" if nearest is None else f"; did you mean {nearest!r}?"
    message = f"there is no {noun} {word!r}; expected one of {', '.join(allowed)}{hint}"
    if error is None:
        findings.add(pointer, message, allowed=allowed, nearest=nearest)
    else:
        findings.add(pointer, message, allowed=allowed, nearest=nearest, error=error)
