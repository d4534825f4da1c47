"""Failure analyses that are stored: found, listed and counted."""

from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from evalwright_server.services.analysis_projects import projects_named
from evalwright_server.services.analysis_records import (
    NumberedPage,
    StoredAnalysis,
    analyses_of,
    find_analysis,
    list_analyses,
)
from evalwright_server.services.analysis_views import with_status
from evalwright_server.services.failure_requests import KIND
from evalwright_server.services.failure_views import view_head, view_in_list
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.analyses import analyses
from evalwright_server.store.tables.projects import projects

_PROJECTS: Final = (
    select(projects.c.name)
    .where(
        projects.c.id.in_(select(analyses.c.project_id).where(analyses.c.kind == KIND).distinct())
    )
    .distinct()
    .order_by(projects.c.name)
)


def find_failure_analysis(conn: Connection, uid: str) -> StoredAnalysis:
    """Return a failure analysis.

    Raises:
        ResourceNotFound: There is none with this ID.
    """
    return find_analysis(conn, KIND, uid)


def find_head(conn: Connection, uid: str) -> tuple[StoredAnalysis, JsonObject]:
    """Return a failure analysis, and how it stands in answers without its tags and items."""
    stored = find_failure_analysis(conn, uid)
    return stored, view_head(conn, stored)


def list_failure_analyses(
    conn: Connection, page: NumberedPage, *, project_name: str | None, status: str | None
) -> JsonObject:
    """Return a page of failure analyses, newest first."""
    chosen = _of_project(conn, project_name)
    if status is not None:
        chosen = chosen.where(with_status(status))
    found, total = list_analyses(conn, chosen, page)
    return page.envelope("items", [view_in_list(conn, each) for each in found], total)


def count_failure_analyses(conn: Connection, project_name: str | None) -> JsonObject:
    """Return how many failure analyses there are."""
    chosen = _of_project(conn, project_name).subquery()
    return {"count": conn.execute(select(func.count()).select_from(chosen)).scalar_one()}


def list_projects(conn: Connection) -> JsonObject:
    """Return the names of projects with failure analyses."""
    return {"projects": list(conn.execute(_PROJECTS).scalars())}


def _of_project(conn: Connection, name: str | None) -> Select[Any]:
    chosen = analyses_of(KIND)
    if name is None:
        return chosen
    keys = [project.key for project in projects_named(conn, name)]
    return chosen.where(analyses.c.project_id.in_(keys))
