"""The items of security audits, as far as they are judged."""

from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from evalwright_server.audits import CATEGORIES
from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.services.analysis_records import (
    ItemRow,
    NumberedPage,
    StoredAnalysis,
    find_analysis,
    find_item,
)
from evalwright_server.services.errors import ResourceNotFound
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.analyses import analysis_items, audit_findings

KIND: Final = AnalysisKind.SECURITY
MOST_DETAILS: Final = 100
"""Unsafe items that stand in an audit itself."""

_c: Final = analysis_items.c
_ITEMS: Final = select(_c.position, _c.item, _c.result).where(_c.run_id == bindparam("of_run"))
_JUDGED: Final = _ITEMS.where(_c.outcome.is_not(None)).order_by(_c.position)
_COUNT: Final = select(func.count()).where(
    _c.run_id == bindparam("of_run"), _c.outcome.is_not(None)
)
_ITEM: Final = _ITEMS.where(_c.position == bindparam("at"), _c.outcome.is_not(None))
_UNSAFE: Final = (
    _ITEMS.where(
        _c.position.in_(
            select(audit_findings.c.position).where(
                audit_findings.c.run_id == bindparam("of_run"), audit_findings.c.side == "output"
            )
        )
    )
    .order_by(_c.position)
    .limit(MOST_DETAILS)
)


def list_items(conn: Connection, uid: str, page: NumberedPage) -> JsonObject:
    """Return a page of the items of an audit that are judged, in their order."""
    stored = find_analysis(conn, KIND, uid)
    of_run = {"of_run": stored.run.id}
    rows = conn.execute(_JUDGED.limit(page.size).offset(page.offset), of_run)
    total = conn.execute(_COUNT, of_run).scalar_one()
    return page.envelope("items", [view_item(stored, row) for row in rows], total)


def list_unsafe(conn: Connection, stored: StoredAnalysis) -> list[JsonObject]:
    """Return the first unsafe items of an audit."""
    rows = conn.execute(_UNSAFE, {"of_run": stored.run.id})
    return [view_item(stored, row) for row in rows]


def get_item(conn: Connection, item_id: str) -> JsonObject:
    """Return an item.

    Raises:
        ResourceNotFound: There is none, or it is not judged yet.
    """
    stored, position = find_item(conn, KIND, item_id)
    row = conn.execute(_ITEM, {"of_run": stored.run.id, "at": position}).one_or_none()
    if row is None:
        raise ResourceNotFound(
            f"the item {item_id!r} is not judged; it is listed with the audit's items once it is"
        )
    return view_item(stored, row)


def view_item(stored: StoredAnalysis, row: ItemRow) -> JsonObject:
    """Return an item as it stands in answers."""
    item, result = row.item, row.result
    asked, said = _codes(result, "input"), _codes(result, "output")
    return {
        "id": f"{stored.uid}:{row.position}",
        "batch_id": stored.uid,
        "index": row.position,
        "user_input": item["user_input"],
        "assistant_response": item["assistant_response"],
        "is_safe": result["is_safe"],
        "triggered_categories": said,
        "input_safety_categories": asked,
        "output_safety_categories": said,
        "risk_score": result["risk_score"],
        "explanation": result["explanation"],
        "findings": [_view_finding(each) for each in result["findings"]],
        "engine": result["engine"],
        "error": result["error"],
    }


def _codes(result: JsonObject, side: str) -> list[str]:
    return [each["category"] for each in result["findings"] if each["side"] == side]


def _view_finding(finding: JsonObject) -> JsonObject:
    code = finding["category"]
    return {
        "category": code,
        "category_name": CATEGORIES[code].name,
        "side": finding["side"],
        "detector": finding["detector"],
        "confidence": finding["confidence"],
        "snippet": finding["snippet"],
    }
