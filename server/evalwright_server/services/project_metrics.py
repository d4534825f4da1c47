"""The metrics there are, those that projects have chosen, and projects as evaluations know them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select

from evalwright_server.metrics import METRICS
from evalwright_server.metrics.catalogue import Metric
from evalwright_server.services.analysis_projects import find_project
from evalwright_server.services.errors import Conflict, FieldError, InvalidRequest, closest
from evalwright_server.services.names import require_free_name
from evalwright_server.services.organizations import Identity
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.spaces import default_space
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.ids import Kind, encode, new_suffix
from evalwright_server.store.tables.analyses import project_settings
from evalwright_server.store.tables.projects import projects

_SETTING: Final = "metric"
_BLANK: Final = re.compile(r"[^a-z0-9]+")
_CHOSEN: Final = (
    select(project_settings.c.key, project_settings.c.settings)
    .where(
        project_settings.c.project_id == bindparam("of_project"),
        project_settings.c.kind == _SETTING,
    )
    .order_by(project_settings.c.key)
)


def list_templates() -> list[JsonObject]:
    """Return the metrics there are."""
    return [_view_template(metric, {}) for metric in METRICS.values()]


def list_project_metrics(conn: Connection, project_id: str) -> list[JsonObject]:
    """Return the metrics that a project has chosen."""
    project = find_project(conn, project_id, "path:project_id")
    rows = conn.execute(_CHOSEN, {"of_project": project.key})
    return [_view_template(METRICS[row.key], row.settings) for row in rows if row.key in METRICS]


def add_project_metric(conn: Connection, project_id: str, body: Mapping[str, Any]) -> JsonObject:
    """Choose a metric for a project.

    Raises:
        InvalidRequest: There is no such metric.
        Conflict: It is chosen already.
    """
    project = find_project(conn, project_id, "path:project_id")
    member = "template_id" if body.get("template_id") else "key"
    key = body[member]
    if key not in METRICS:
        message = f"there is no metric {key!r}"
        error = FieldError(f"/{member}", message, tuple(METRICS), closest(key, METRICS))
        raise InvalidRequest(message, [error])
    chosen = {row.key for row in conn.execute(_CHOSEN, {"of_project": project.key})}
    if key in chosen:
        message = f"the project has chosen {key!r} already"
        raise Conflict(message, [FieldError(f"/{member}", message)])
    name = body.get("display_name")
    settings = {"display_name": name} if name else {}
    values = {"project_id": project.key, "kind": _SETTING, "key": key, "settings": settings}
    conn.execute(insert(project_settings).values(values))
    return _view_template(METRICS[key], settings)


def _view_template(metric: Metric, settings: Mapping[str, Any]) -> JsonObject:
    return {
        "key": metric.key,
        "display_name": settings.get("display_name", metric.display_name),
        "definition": metric.definition,
        "value_type": metric.value_type,
        "category": metric.category,
        "engines": [str(engine) for engine in metric.engines],
        "needs": list(metric.needs),
        "default_threshold": metric.default_threshold,
    }


def list_evaluation_projects(conn: Connection) -> list[JsonObject]:
    """Return all projects, newest first: these clients look names up in one answer."""
    newest_first = select(projects).order_by(projects.c.id.desc())
    return [_view_project(row) for row in conn.execute(newest_first)]


def create_evaluation_project(
    conn: Connection, body: Mapping[str, Any], *, stamp: Stamp, identity: Identity
) -> JsonObject:
    """Create a project in the default space.

    Raises:
        Conflict: There is one of this name.
    """
    space = default_space(conn, stamp=stamp, identity=identity)
    scope = projects.c.space_id == space
    require_free_name(conn, projects, Kind.PROJECT, body["name"], scope, place="here")
    statement = insert(projects).values(
        suffix=new_suffix(), space_id=space, name=body["name"], created_at=stamp.now
    )
    return _view_project(conn.execute(statement.returning(projects)).one())


def _view_project(row: Row[Any]) -> JsonObject:
    key = _BLANK.sub("-", row.name.casefold()).strip("-")
    return {
        "id": encode(Kind.PROJECT, row.id, row.suffix),
        "name": row.name,
        "key": key or str(row.id),
        "model_name": None,
        "created_at": row.created_at,
    }
