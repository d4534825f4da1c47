"""The items of evaluations, with their scores."""

from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.services.analysis_records import (
    ItemRow,
    NumberedPage,
    StoredAnalysis,
    find_analysis,
    find_item,
)
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.analyses import analysis_items

_KIND: Final = AnalysisKind.EVALUATION
_c: Final = analysis_items.c
_IS_MEASURED: Final = (_c.run_id == bindparam("of_run"), _c.outcome.is_not(None))
_COUNT: Final = select(func.count()).where(*_IS_MEASURED)
_PAGE: Final = (
    select(_c.position, _c.item, _c.result)
    .where(*_IS_MEASURED)
    .order_by(_c.position)
    .limit(bindparam("size"))
    .offset(bindparam("skipped"))
)
_ONE: Final = select(_c.position, _c.item, _c.result).where(
    _c.run_id == bindparam("of_run"), _c.position == bindparam("at")
)


def list_items(conn: Connection, uid: str, page: NumberedPage) -> JsonObject:
    """Return a page of the items that are measured, in their order."""
    stored = find_analysis(conn, _KIND, uid)
    of_run = {"of_run": stored.run.id}
    total: int = conn.execute(_COUNT, of_run).scalar_one()
    rows = conn.execute(_PAGE, {**of_run, "size": page.size, "skipped": page.offset})
    return page.envelope("items", [view_item(stored, row) for row in rows], total)


def get_item(conn: Connection, item_id: str) -> JsonObject:
    """Return an item; one that is not measured yet has no scores."""
    stored, position = find_item(conn, _KIND, item_id)
    return view_item(stored, conn.execute(_ONE, {"of_run": stored.run.id, "at": position}).one())


def view_item(stored: StoredAnalysis, row: ItemRow) -> JsonObject:
    """Return an item as it stands in answers; the row has `position`, `item` and `result`."""
    item_id, item = f"{stored.uid}:{row.position}", row.item
    result = row.result or {"scores": {}, "errors": {}}
    found = result["scores"]
    scores = {key: score["value"] for key, score in found.items()}
    return {
        "id": item_id,
        "item_id": item_id,
        "run_id": stored.uid,
        "index": row.position,
        "input": item["input"],
        "output": item["output"],
        "context": item["context"],
        "expected": item["expected"],
        "overall_score": sum(scores.values()) / len(scores) if scores else 0.0,
        "metric_scores": scores,
        "scores": scores,
        "explanations": {key: score["explanation"] for key, score in found.items()},
        "engines": {key: score["engine"] for key, score in found.items()},
        "errors": result["errors"],
        "metadata": item["metadata"],
    }
