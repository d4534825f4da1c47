"""Failure analyses, their items and tags, as they stand in answers."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, select

from evalwright_server.failures.scoring import PASS, Breakdown
from evalwright_server.failures.taxonomy import BUCKET_OF, KINDS
from evalwright_server.runs.records import RunRow
from evalwright_server.services.analysis_records import StoredAnalysis, summary_of
from evalwright_server.services.analysis_rules import read_context
from evalwright_server.services.analysis_views import error_of, status_of
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.analyses import analysis_items, failure_tags

PREVIEW: Final = 200
"""Characters of a preview."""

_tags: Final = failure_tags.c
_items: Final = analysis_items.c
TAGS: Final = select(
    _tags.position,
    _tags.subcategory_id,
    _tags.decision,
    _tags.severity,
    _tags.confidence,
    _tags.is_reviewed,
    _tags.reviewed_at,
    _tags.issue_url,
    _tags.body,
)
"""What `view_tag` reads."""
_BREAKDOWN: Final = tuple(Breakdown.__dataclass_fields__)
_COUNTS: Final = {"failure_count": 0, "pass_count": 0, "unsure_count": 0, "max_severity": 0.0}


def view_tag(uid: str, tag: Mapping[str, Any]) -> JsonObject:
    """Return a tag as it stands in answers.

    Args:
        uid: Public ID of the analysis.
        tag: A row of `failure_tags`.
    """
    kind, body = KINDS[tag["subcategory_id"]], tag["body"]
    bucket = BUCKET_OF[kind.id]
    tag_id = f"{uid}:{tag['position']}:{kind.id}"
    return {
        "tag_id": tag_id,
        "bucket_id": bucket.id,
        "bucket_name": bucket.name,
        "subcategory_id": kind.id,
        "subcategory_name": kind.name,
        "decision": tag["decision"],
        "severity": tag["severity"],
        "confidence": tag["confidence"],
        "detector_type_used": body["detector_type"],
        "judge_rationale": body["rationale"],
        "scoring_breakdown": dict(zip(_BREAKDOWN, body["breakdown"], strict=True)),
        "eval_metric_values": body["metric_values"],
        "evidence_items": [
            _view_evidence(f"{tag_id}:{number}", each)
            for number, each in enumerate(body["evidence"])
        ],
        "item_index": tag["position"],
        "is_reviewed": tag["is_reviewed"],
        "reviewed_at": tag["reviewed_at"],
        "issue_url": tag["issue_url"],
    }


def _view_evidence(evidence_id: str, evidence: Mapping[str, Any]) -> JsonObject:
    start = evidence["start"]
    return {
        "item_id": evidence_id,
        "evidence_type": evidence["type"],
        "description": evidence["description"],
        "source": evidence["source"],
        "confidence": evidence["confidence"],
        "content_snippet": evidence["snippet"],
        "metadata": {} if start is None or start < 0 else {"start": start},
    }


def view_input(row: Mapping[str, Any]) -> JsonObject:
    """Return an item with the counts of what was found in it; a row of `analysis_items`."""
    item, result = row["item"], row["result"] or {}
    return {
        "item_index": row["position"],
        "input_text": item["input"],
        "output_text": item["output"],
        "input_preview": item["input"][:PREVIEW],
        "output_preview": item["output"][:PREVIEW],
        "context": read_context(item.get("context")),
        "tool_calls": item.get("tool_calls") or [],
        "trace_id": item.get("trace_id"),
        **{name: result.get(name, nothing) for name, nothing in _COUNTS.items()},
    }


def tags_between(
    conn: Connection,
    stored: StoredAnalysis,
    first: int,
    end: int,
    *narrowed: ColumnElement[bool],
) -> list[JsonObject]:
    """Return the tags of some items, in their order, the worst of each item first.

    Args:
        conn: The transaction.
        stored: The analysis.
        first: Position of the first item.
        end: Position behind the last item.
        narrowed: Further conditions.
    """
    statement = TAGS.where(
        _tags.run_id == stored.run.id, _tags.position >= first, _tags.position < end, *narrowed
    ).order_by(_tags.position, _tags.severity.desc(), _tags.subcategory_id)
    return [view_tag(stored.uid, dict(row)) for row in conn.execute(statement).mappings()]


def findings_between(
    conn: Connection, stored: StoredAnalysis, first: int, end: int
) -> list[JsonObject]:
    """Return the tags of some items that say more than that they are sound; see `tags_between`."""
    return tags_between(conn, stored, first, end, _tags.decision != PASS)


def inputs_between(
    conn: Connection, stored: StoredAnalysis, first: int, end: int
) -> list[JsonObject]:
    """Return some items, in their order; see `tags_between`."""
    statement: Select[*tuple[Any, ...]] = (
        select(_items.position, _items.item, _items.result)
        .where(_items.run_id == stored.run.id, _items.position >= first, _items.position < end)
        .order_by(_items.position)
    )
    return [view_input(dict(row)) for row in conn.execute(statement).mappings()]


def view_head(conn: Connection, stored: StoredAnalysis) -> JsonObject:
    """Return an analysis without its tags and items."""
    found, run, shown = summary_of(conn, stored), stored.run, stored.options["shown"]
    return {
        "run_id": stored.uid,
        "id": stored.uid,
        "status": status_of(run),
        "mode": "minimal" if shown["is_minimal"] else "full",
        "input_type": shown["input_type"],
        "feature_kind": shown["feature_kind"],
        "project_name": stored.project.name,
        "summary": found["summary"],
        "eval_metrics": found["eval_metrics"],
        "eval_run_id": None,
        "security_flags": found["security_flags"],
        "security_batch_id": None,
        "detectors_run": found["detectors_run"],
        "detectors_skipped": [
            {"subcategory_id": kind, "reason": reason}
            for kind, reason in found["detectors_skipped"].items()
        ],
        "duration_ms": duration_of(run),
        "tokens_used": stored.tokens_used,
        "error": error_of(run),
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def view_analysis(conn: Connection, stored: StoredAnalysis) -> JsonObject:
    """Return an analysis with everything that was found, finished or not."""
    return {
        **view_head(conn, stored),
        "failure_tags": findings_between(conn, stored, 0, stored.total_items),
        "inputs": inputs_between(conn, stored, 0, stored.total_items),
    }


def view_in_list(conn: Connection, stored: StoredAnalysis) -> JsonObject:
    """Return an analysis as it stands in lists."""
    found, run, shown = summary_of(conn, stored), stored.run, stored.options["shown"]
    summary = found["summary"]
    return {
        "run_id": stored.uid,
        "status": status_of(run),
        "input_type": shown["input_type"],
        "minimal_mode": shown["is_minimal"],
        "dataset_item_count": stored.total_items,
        "created_at": run.created_at,
        "feature_kind": shown["feature_kind"],
        "project_name": stored.project.name,
        "trace_id": shown["trace_id"],
        "total_failures_detected": summary["total_failures_detected"],
        "total_passes": summary["total_passes"],
        "primary_failure": summary["primary_failure"],
        "overall_severity": summary["overall_severity"],
        "eval_run_id": None,
        "security_batch_id": None,
        "has_security_issues": bool(found["security_flags"]),
        "duration_ms": duration_of(run),
    }


def duration_of(run: RunRow) -> int:
    """Return how many milliseconds a run took; 0 before its end."""
    if run.started_at is None or run.finished_at is None:
        return 0
    return max(round((run.finished_at - run.started_at).total_seconds() * 1000), 0)
