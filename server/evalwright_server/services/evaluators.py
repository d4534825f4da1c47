"""Evaluators. Their versions are in `services.evaluator_versions`."""

from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, insert, select, update

from evalwright_server.services.errors import Conflict
from evalwright_server.services.evaluator_versions import (
    add_version,
    check_version,
    latest_version,
    version_of,
    view_version,
)
from evalwright_server.services.lists import ListFilter, apply_filter
from evalwright_server.services.names import require_free_name
from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.references import require
from evalwright_server.services.requests import (
    CreateEvaluatorRequest,
    JsonObject,
    UpdateEvaluatorRequest,
)
from evalwright_server.services.revisions import require_match
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.ids import Kind, encode, new_suffix
from evalwright_server.store.tables.evaluators import evaluators
from evalwright_server.store.tables.spaces import spaces
from evalwright_server.store.tables.tasks import task_evaluators, tasks

_ORDER = Order("evaluators", (evaluators.c.updated_at, evaluators.c.id))


def list_evaluators(conn: Connection, page: PageRequest, chosen: ListFilter) -> JsonObject:
    """Return a page of evaluators, those changed last first."""
    found = fetch(conn, apply_filter(conn, _rows(), evaluators, chosen), _ORDER, page)
    return found.envelope("evaluators", [_view(row) for row in found.rows])


def create_evaluator(conn: Connection, body: CreateEvaluatorRequest, *, stamp: Stamp) -> JsonObject:
    """Create an evaluator with its first version."""
    config = check_version(conn, body["type"], body["version"], "/version")
    space = require(conn, Kind.SPACE, body["space_id"], "/space_id")
    _require_free(conn, space.id, body["name"])
    statement = insert(evaluators).values(
        suffix=new_suffix(),
        space_id=space.id,
        name=body["name"],
        description=body.get("description"),
        type=body["type"],
        created_at=stamp.now,
        updated_at=stamp.now,
        created_by_user_id=stamp.user_id,
    )
    evaluator = conn.execute(statement.returning(evaluators)).one()
    version = add_version(conn, evaluator, body["version"]["commit_message"], config, stamp)
    return _read(conn, evaluator.id) | {"version": view_version(evaluator, version)}


def get_evaluator(conn: Connection, evaluator_id: str, version_id: str | None) -> JsonObject:
    """Return an evaluator with one of its versions, by default the latest."""
    evaluator = require(conn, Kind.EVALUATOR, evaluator_id, "path:evaluator_id")
    if version_id:
        version = version_of(conn, evaluator, version_id, "query:version_id")
    else:
        version = latest_version(conn, evaluator.id)
    return _read(conn, evaluator.id) | {"version": view_version(evaluator, version)}


def update_evaluator(
    conn: Connection,
    evaluator_id: str,
    body: UpdateEvaluatorRequest,
    *,
    stamp: Stamp,
    if_match: str | None,
) -> JsonObject:
    """Change an evaluator's name or description."""
    row = require(conn, Kind.EVALUATOR, evaluator_id, "path:evaluator_id")
    require_match(_read(conn, row.id), if_match)
    if "name" in body:
        _require_free(conn, row.space_id, body["name"], but=row.id)
    changes = update(evaluators).where(evaluators.c.id == row.id)
    conn.execute(changes.values(updated_at=stamp.now, **body))
    return _read(conn, row.id)


def delete_evaluator(conn: Connection, evaluator_id: str) -> None:
    """Delete an evaluator and its versions; tasks that use it lose it.

    Raises:
        Conflict: It is the last evaluator of some task.
    """
    row = require(conn, Kind.EVALUATOR, evaluator_id, "path:evaluator_id")
    mine = select(task_evaluators.c.task_id).where(task_evaluators.c.evaluator_id == row.id)
    sole = (
        select(task_evaluators.c.task_id)
        .where(task_evaluators.c.task_id.in_(mine))
        .group_by(task_evaluators.c.task_id)
        .having(func.count() == 1)
    )
    users = conn.scalars(select(tasks.c.name).where(tasks.c.id.in_(sole)).limit(10)).all()
    if users:
        raise Conflict(
            f"it is the only evaluator of {', '.join(map(repr, users))}; "
            "give them another one or delete them first"
        )
    conn.execute(delete(evaluators).where(evaluators.c.id == row.id))


def _rows() -> Select[Any]:
    return select(evaluators, spaces.c.suffix.label("space_suffix")).join(spaces)


_READ: Final = _rows().where(evaluators.c.id == bindparam("key"))


def _read(conn: Connection, key: int) -> JsonObject:
    return _view(conn.execute(_READ, {"key": key}).one())


def _require_free(conn: Connection, space: int, name: str, but: int | None = None) -> None:
    scope = evaluators.c.space_id == space
    require_free_name(conn, evaluators, Kind.EVALUATOR, name, scope, place="in this space", but=but)


def _view(row: Row[Any]) -> JsonObject:
    return {
        "id": encode(Kind.EVALUATOR, row.id, row.suffix),
        "name": row.name,
        "description": row.description,
        "type": row.type,
        "space_id": encode(Kind.SPACE, row.space_id, row.space_suffix),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "created_by_user_id": row.created_by_user_id,
    }
