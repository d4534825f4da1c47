"""Analyses of every kind as they are stored: found by ID, listed in pages.

stored = find_analysis(conn, AnalysisKind.EVALUATION, uid)
page, total = list_analyses(conn, analyses_of(AnalysisKind.EVALUATION), NumberedPage())
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.runs.analysis_summaries import summarize
from evalwright_server.runs.records import RunRow
from evalwright_server.runs.statements import RUN_COLUMNS, run_row
from evalwright_server.services.analysis_projects import ProjectRef
from evalwright_server.services.errors import ResourceNotFound
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.ids import Kind, encode
from evalwright_server.store.tables.analyses import analyses
from evalwright_server.store.tables.projects import projects
from evalwright_server.store.tables.runs import runs

ItemRow: TypeAlias = Row[Any, Any, Any]
"""A row of an item, with `position`, `item` and `result`."""

NOUNS: Final[Mapping[AnalysisKind, str]] = {
    AnalysisKind.EVALUATION: "evaluation",
    AnalysisKind.FAILURE_ANALYSIS: "failure analysis",
    AnalysisKind.SECURITY: "security audit",
    AnalysisKind.RED_TEAM: "red team",
}
"""What an analysis is called in messages."""

ANALYSIS_COLUMNS: Final = (
    *RUN_COLUMNS,
    analyses.c.project_id,
    analyses.c.name,
    analyses.c.total_items,
    analyses.c.tokens_used,
    analyses.c.options,
    analyses.c.metadata,
    analyses.c.summary,
    projects.c.suffix.label("project_suffix"),
    projects.c.name.label("project_name"),
)
"""What `stored_analysis` reads; select it from `ANALYSES`."""
ANALYSES: Final = runs.join(analyses, analyses.c.run_id == runs.c.id).join(
    projects, projects.c.id == analyses.c.project_id
)
"""Analyses with their runs and projects."""
_FIND: Final = (
    select(*ANALYSIS_COLUMNS)
    .select_from(ANALYSES)
    .where(runs.c.uid == bindparam("uid"), analyses.c.kind == bindparam("of_kind"))
)


@dataclass(frozen=True, slots=True)
class StoredAnalysis:
    """An analysis as its rows say, without its items.

    Attributes:
        run: Its run.
        uid: Its one public ID.
        kind: What kind it is.
        project: Its project.
        name: What its owner calls it.
        total_items: How many items it has.
        tokens_used: How many tokens models took for it.
        options: What was asked for.
        metadata: What was sent to come back with it.
        summary: What it came to; None before its end, see `summary_of`.
    """

    run: RunRow
    uid: str
    kind: AnalysisKind
    project: ProjectRef
    name: str | None
    total_items: int
    tokens_used: int
    options: JsonObject
    metadata: JsonObject
    summary: JsonObject | None


def stored_analysis(row: Row[Any]) -> StoredAnalysis:
    """Return the analysis in a row that holds `ANALYSIS_COLUMNS`."""
    found, run = row._mapping, run_row(row)
    key, suffix = found[analyses.c.project_id], found["project_suffix"]
    project_id = encode(Kind.PROJECT, key, suffix)
    return StoredAnalysis(
        run,
        run.uid or "",
        AnalysisKind(run.kind),
        ProjectRef(key, project_id, run.space_id, found["project_name"]),
        found[analyses.c.name],
        found[analyses.c.total_items],
        found[analyses.c.tokens_used],
        found[analyses.c.options],
        found[analyses.c.metadata],
        found[analyses.c.summary],
    )


def find_analysis(conn: Connection, kind: AnalysisKind, uid: str) -> StoredAnalysis:
    """Return an analysis.

    Raises:
        ResourceNotFound: No analysis of this kind has this ID.
    """
    row = conn.execute(_FIND, {"uid": uid, "of_kind": kind}).one_or_none()
    if row is None:
        raise ResourceNotFound(f"no {NOUNS[kind]} has the ID {uid!r}; it may have been deleted")
    return stored_analysis(row)


def find_item(conn: Connection, kind: AnalysisKind, item_id: str) -> tuple[StoredAnalysis, int]:
    """Return the analysis that an item belongs to, and the item's position in it.

    Args:
        conn: The transaction.
        kind: What kind of analysis it must be.
        item_id: The item's public ID, `<analysis>:<position>`.

    Raises:
        ResourceNotFound: There is no such item.
    """
    uid, _, number = item_id.rpartition(":")
    if uid and number.isascii() and number.isdecimal() and len(number) < 10:
        found = find_analysis(conn, kind, uid)
        if int(number) < found.total_items:
            return found, int(number)
    raise ResourceNotFound(
        f"no item has the ID {item_id!r}; the IDs stand in the list of an analysis's items"
    )


def summary_of(conn: Connection, analysis: StoredAnalysis) -> JsonObject:
    """Return what an analysis came to; of an unfinished one, what it has come to yet."""
    if analysis.summary is not None:
        return analysis.summary
    return summarize(conn, analysis.run.id, analysis.kind, analysis.options)


@dataclass(frozen=True, slots=True)
class NumberedPage:
    """Which page of a list is asked for, as the clients of analyses do it.

    Attributes:
        page: Its number, from 1.
        size: The largest number of rows in it.
    """

    page: int = 1
    size: int = 20

    @property
    def offset(self) -> int:
        """How many rows come before it."""
        return (self.page - 1) * self.size

    def envelope(self, member: str, items: Sequence[JsonObject], total: int) -> JsonObject:
        """Return the answer of a list operation."""
        return {
            member: list(items),
            "total": total,
            "page": self.page,
            "page_size": self.size,
            "has_more": self.offset + len(items) < total,
        }


def list_analyses(
    conn: Connection, chosen: Select[Any], page: NumberedPage
) -> tuple[list[StoredAnalysis], int]:
    """Return a page of analyses, newest first, and how many there are in all.

    Args:
        conn: The transaction.
        chosen: Which ones; made by `analyses_of`, perhaps narrowed further.
        page: Which page.
    """
    total: int = conn.execute(select(func.count()).select_from(chosen.subquery())).scalar_one()
    ordered = chosen.order_by(runs.c.id.desc()).limit(page.size).offset(page.offset)
    return [stored_analysis(row) for row in conn.execute(ordered)], total


def analyses_of(kind: AnalysisKind) -> Select[Any]:
    """Return the statement that selects all analyses of a kind."""
    return select(*ANALYSIS_COLUMNS).select_from(ANALYSES).where(analyses.c.kind == kind)
