"""Results of items, and the narrow rows that are counted over many of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self, TypeAlias, cast

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, insert, update

from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.runs.sources.source import Item
from evalwright_server.store.tables.analyses import (
    analysis_items,
    audit_findings,
    evaluation_scores,
    failure_tags,
    red_team_attacks,
)

_PUT: Final = (
    update(analysis_items)
    .where(
        analysis_items.c.run_id == bindparam("of_run"), analysis_items.c.position == bindparam("at")
    )
    .values(outcome=bindparam("with_outcome"), result=bindparam("with_result"))
)
_INSERT_SCORES: Final = insert(evaluation_scores)
_INSERT_FINDINGS: Final = insert(audit_findings)
_INSERT_TAGS: Final = insert(failure_tags)
_SET_STATUS: Final = (
    update(red_team_attacks)
    .where(
        red_team_attacks.c.run_id == bindparam("of_run"),
        red_team_attacks.c.position == bindparam("at"),
    )
    .values(status=bindparam("with_status"))
)

Rows: TypeAlias = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What came of an item, as workers send it.

    Attributes:
        position: Which item.
        outcome: `SCORED`, or `FAILED` where some part of it could not be told.
        result: The kind's own members.
        tokens: How many tokens it took.
        tags: Rows of `failure_tags` without the item's key, for failure analyses.
    """

    SCORED: ClassVar = "scored"
    FAILED: ClassVar = "failed"

    position: int
    outcome: str
    result: Mapping[str, Any]
    tokens: int = 0
    tags: Sequence[Mapping[str, Any]] = ()

    def to_item(self) -> Item:
        """Return it as JSON."""
        return {
            "position": self.position,
            "outcome": self.outcome,
            "result": dict(self.result),
            "tokens": self.tokens,
            "tags": cast("JsonValue", list(self.tags)),
        }

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read what `to_item` wrote."""
        return cls(**cast("dict[str, Any]", item))


def put_results(connection: Connection, run_id: int, results: Sequence[ItemResult]) -> None:
    """Write results beside their items."""
    if results:
        rows = [
            {
                "of_run": run_id,
                "at": each.position,
                "with_outcome": each.outcome,
                "with_result": dict(each.result),
            }
            for each in results
        ]
        connection.execute(_PUT, rows)


def put_scores(connection: Connection, run_id: int, results: Sequence[ItemResult]) -> None:
    """Insert the scores of an evaluation's items."""
    rows: Rows = []
    for each in results:
        key = {"run_id": run_id, "position": each.position}
        rows += [
            {**key, "metric": metric, "value": score["value"], "engine": score["engine"]}
            for metric, score in each.result["scores"].items()
        ]
        rows += [
            {**key, "metric": metric, "value": None, "engine": None}
            for metric in each.result["errors"]
        ]
    if rows:
        connection.execute(_INSERT_SCORES, rows)


def put_findings(connection: Connection, run_id: int, results: Sequence[ItemResult]) -> None:
    """Insert what an audit found."""
    rows: dict[tuple[int, str, str], dict[str, Any]] = {}
    for each in results:
        for finding in each.result["findings"]:
            category, side = finding["category"], finding["side"]
            rows[each.position, category, side] = {
                "run_id": run_id,
                "position": each.position,
                "category": category,
                "side": side,
                "confidence": finding["confidence"],
            }
    if rows:
        connection.execute(_INSERT_FINDINGS, list(rows.values()))


def put_statuses(connection: Connection, run_id: int, results: Sequence[ItemResult]) -> None:
    """Write what became of a red team's attacks."""
    if results:
        rows = [
            {"of_run": run_id, "at": each.position, "with_status": each.result["status"]}
            for each in results
        ]
        connection.execute(_SET_STATUS, rows)


def put_tags(connection: Connection, run_id: int, results: Sequence[ItemResult]) -> None:
    """Insert the tags of a failure analysis, with the scores and findings they rest on."""
    rows = [
        {"run_id": run_id, "position": each.position, "is_reviewed": False, **tag}
        for each in results
        for tag in each.tags
    ]
    if rows:
        connection.execute(_INSERT_TAGS, rows)
    put_scores(connection, run_id, results)
    put_findings(connection, run_id, results)


Writer: TypeAlias = Callable[[Connection, int, Sequence[ItemResult]], None]

WRITERS: Final[Mapping[AnalysisKind, Writer]] = {
    AnalysisKind.EVALUATION: put_scores,
    AnalysisKind.SECURITY: put_findings,
    AnalysisKind.RED_TEAM: put_statuses,
    AnalysisKind.FAILURE_ANALYSIS: put_tags,
}
"""Who writes the rows of each kind."""
