"""Spaces."""

from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, delete, exists, insert, select, update

from evalwright_server.runs.engine import Engine
from evalwright_server.services.lists import contains
from evalwright_server.services.names import require_free_name
from evalwright_server.services.organizations import Identity
from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.references import require
from evalwright_server.services.removal import drop_runs
from evalwright_server.services.requests import CreateSpaceRequest, JsonObject, UpdateSpaceRequest
from evalwright_server.services.revisions import require_match
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.ids import Kind, encode, new_suffix
from evalwright_server.store.tables.ai_integrations import (
    ai_integration_scopings,
    ai_integrations,
)
from evalwright_server.store.tables.runs import runs
from evalwright_server.store.tables.spaces import organizations, spaces

DEFAULT_SPACE: Final = "Default"
"""The space that is made for what names none, where there is none at all."""

_OLDEST: Final = select(spaces.c.id).order_by(spaces.c.id).limit(1)
_ORDER = Order("spaces", (spaces.c.id,))
_PLACE = "in this organization"


def list_spaces(
    conn: Connection, page: PageRequest, *, org_id: str | None = None, name: str | None = None
) -> JsonObject:
    """Return a page of spaces, newest first."""
    statement = _rows()
    if org_id:
        organization = require(conn, Kind.ORGANIZATION, org_id, "query:org_id")
        statement = statement.where(spaces.c.organization_id == organization.id)
    if name:
        statement = statement.where(contains(spaces.c.name, name))
    found = fetch(conn, statement, _ORDER, page)
    return found.envelope("spaces", [_view(row) for row in found.rows])


def create_space(
    conn: Connection, body: CreateSpaceRequest, *, stamp: Stamp, identity: Identity
) -> JsonObject:
    """Create a space, in the only organization unless the body names one."""
    organization = identity.organization
    if "organization_id" in body:
        named = body["organization_id"]
        organization = require(conn, Kind.ORGANIZATION, named, "/organization_id").id
    _require_free(conn, organization, body["name"])
    statement = insert(spaces).values(
        suffix=new_suffix(),
        organization_id=organization,
        name=body["name"],
        description=body.get("description", ""),
        created_at=stamp.now,
    )
    return _read(conn, conn.execute(statement.returning(spaces.c.id)).scalar_one())


def oldest_space(conn: Connection) -> int | None:
    """Return the key of the oldest space, if there is any."""
    oldest: int | None = conn.execute(_OLDEST).scalar_one_or_none()
    return oldest


def default_space(conn: Connection, *, stamp: Stamp, identity: Identity) -> int:
    """Return the key of the space of what names none: the oldest one, made if there is none."""
    oldest = oldest_space(conn)
    if oldest is not None:
        return oldest
    statement = insert(spaces).values(
        suffix=new_suffix(),
        organization_id=identity.organization,
        name=DEFAULT_SPACE,
        description="",
        created_at=stamp.now,
    )
    made: int = conn.execute(statement.returning(spaces.c.id)).scalar_one()
    return made


def get_space(conn: Connection, space_id: str) -> JsonObject:
    """Return a space."""
    return _read(conn, require(conn, Kind.SPACE, space_id, "path:space_id").id)


def update_space(
    conn: Connection, space_id: str, body: UpdateSpaceRequest, *, if_match: str | None
) -> JsonObject:
    """Change a space's name or description."""
    row = require(conn, Kind.SPACE, space_id, "path:space_id")
    require_match(_read(conn, row.id), if_match)
    if "name" in body:
        _require_free(conn, row.organization_id, body["name"], but=row.id)
    conn.execute(update(spaces).where(spaces.c.id == row.id).values(**body))
    return _read(conn, row.id)


def delete_space(conn: Connection, space_id: str, *, engine: Engine) -> None:
    """Delete a space with everything in it.

    An AI integration goes too if this was the only place where it could be used: without its last
    scoping it would be open to everyone.
    """
    row = require(conn, Kind.SPACE, space_id, "path:space_id")
    drop_runs(conn, engine, runs.c.space_id == row.id)
    scoped = ai_integration_scopings.c.integration_id == ai_integrations.c.id
    here = ai_integration_scopings.c.space_id == row.id
    only_here = exists().where(scoped, here) & ~exists().where(scoped, here.is_not(True))
    conn.execute(delete(ai_integrations).where(only_here))
    conn.execute(delete(spaces).where(spaces.c.id == row.id))


def _rows() -> Select[Any]:
    return select(spaces, organizations.c.suffix.label("organization_suffix")).join(organizations)


_READ: Final = _rows().where(spaces.c.id == bindparam("key"))


def _read(conn: Connection, key: int) -> JsonObject:
    return _view(conn.execute(_READ, {"key": key}).one())


def _require_free(conn: Connection, organization: int, name: str, but: int | None = None) -> None:
    scope = spaces.c.organization_id == organization
    require_free_name(conn, spaces, Kind.SPACE, name, scope, place=_PLACE, but=but)


def _view(row: Row[Any]) -> JsonObject:
    return {
        "id": encode(Kind.SPACE, row.id, row.suffix),
        "name": row.name,
        "description": row.description,
        "organization_id": encode(Kind.ORGANIZATION, row.organization_id, row.organization_suffix),
        "created_at": row.created_at,
    }
