"""Projects."""

from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select, update

from evalwright_server.runs.engine import Engine
from evalwright_server.services.lists import ListFilter, apply_filter
from evalwright_server.services.names import require_free_name
from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.references import require
from evalwright_server.services.removal import drop_runs, drop_task_runs
from evalwright_server.services.requests import (
    CreateProjectRequest,
    JsonObject,
    UpdateProjectRequest,
)
from evalwright_server.services.revisions import require_match
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.ids import Kind, encode, new_suffix
from evalwright_server.store.tables.analyses import analyses
from evalwright_server.store.tables.projects import projects
from evalwright_server.store.tables.runs import runs
from evalwright_server.store.tables.spaces import spaces
from evalwright_server.store.tables.tasks import tasks

_ORDER = Order("projects", (projects.c.id,))


def list_projects(conn: Connection, page: PageRequest, chosen: ListFilter) -> JsonObject:
    """Return a page of projects, newest first."""
    found = fetch(conn, apply_filter(conn, _rows(), projects, chosen), _ORDER, page)
    return found.envelope("projects", [_view(row) for row in found.rows])


def create_project(conn: Connection, body: CreateProjectRequest, *, stamp: Stamp) -> JsonObject:
    """Create a project."""
    space = require(conn, Kind.SPACE, body["space_id"], "/space_id")
    _require_free(conn, space.id, body["name"])
    statement = insert(projects).values(
        suffix=new_suffix(), space_id=space.id, name=body["name"], created_at=stamp.now
    )
    return _read(conn, conn.execute(statement.returning(projects.c.id)).scalar_one())


def get_project(conn: Connection, project_id: str) -> JsonObject:
    """Return a project."""
    return _read(conn, require(conn, Kind.PROJECT, project_id, "path:project_id").id)


def update_project(
    conn: Connection, project_id: str, body: UpdateProjectRequest, *, if_match: str | None
) -> JsonObject:
    """Rename a project."""
    row = require(conn, Kind.PROJECT, project_id, "path:project_id")
    require_match(_read(conn, row.id), if_match)
    if "name" in body:
        _require_free(conn, row.space_id, body["name"], but=row.id)
    conn.execute(update(projects).where(projects.c.id == row.id).values(**body))
    return _read(conn, row.id)


def delete_project(conn: Connection, project_id: str, *, engine: Engine) -> None:
    """Delete a project with its tasks and their runs, and with its analyses."""
    row = require(conn, Kind.PROJECT, project_id, "path:project_id")
    drop_task_runs(conn, engine, tasks.c.project_id == row.id)
    of_project = select(analyses.c.run_id).where(analyses.c.project_id == row.id)
    drop_runs(conn, engine, runs.c.id.in_(of_project))
    conn.execute(delete(projects).where(projects.c.id == row.id))


def _rows() -> Select[Any]:
    return select(projects, spaces.c.suffix.label("space_suffix")).join(spaces)


_READ: Final = _rows().where(projects.c.id == bindparam("key"))


def _read(conn: Connection, key: int) -> JsonObject:
    return _view(conn.execute(_READ, {"key": key}).one())


def _require_free(conn: Connection, space: int, name: str, but: int | None = None) -> None:
    scope = projects.c.space_id == space
    require_free_name(conn, projects, Kind.PROJECT, name, scope, place="in this space", but=but)


def _view(row: Row[Any]) -> JsonObject:
    return {
        "id": encode(Kind.PROJECT, row.id, row.suffix),
        "name": row.name,
        "space_id": encode(Kind.SPACE, row.space_id, row.space_suffix),
        "created_at": row.created_at,
    }
