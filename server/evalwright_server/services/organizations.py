"""Organizations and users. There is one of each so far, made on the first start."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, insert, select

from evalwright_server.services.lists import contains
from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.ids import Kind, encode, new_suffix
from evalwright_server.store.tables.spaces import organizations, users

PLAN: Final = "self-hosted"
"""What clients are told of the plan they are on."""

_ORDER = Order("organizations", (organizations.c.id,), descending=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who owns and who does everything as long as there is one organization and one user.

    Attributes:
        organization: Key of the organization's row.
        user_id: Public ID of the user.
    """

    organization: int
    user_id: str


def ensure_identity(conn: Connection, now: datetime) -> Identity:
    """Return the organization and the user, made if this database is new."""
    organization = _first(conn, organizations, {"name": "Default", "description": ""}, now)
    user = _first(conn, users, {"name": "owner", "email": "owner@localhost"}, now)
    return Identity(organization.id, encode(Kind.USER, user.id, user.suffix))


def list_organizations(conn: Connection, page: PageRequest, name: str | None) -> JsonObject:
    """Return a page of organizations, oldest first."""
    statement = select(organizations)
    if name:
        statement = statement.where(contains(organizations.c.name, name))
    found = fetch(conn, statement, _ORDER, page)
    return found.envelope("organizations", [_view(row) for row in found.rows])


def describe_owner(conn: Connection, identity: Identity) -> JsonObject:
    """Return who a key belongs to, as clients of analyses ask for it."""
    row = conn.execute(
        select(organizations).where(organizations.c.id == identity.organization)
    ).one()
    return {
        "valid": True,
        "user_id": identity.user_id,
        "org_id": encode(Kind.ORGANIZATION, row.id, row.suffix),
        "org_name": row.name,
        "plan": PLAN,
    }


def _first(conn: Connection, table: Table, values: dict[str, str], now: datetime) -> Row[Any]:
    row = conn.execute(select(table).order_by(table.c.id).limit(1)).one_or_none()
    if row is not None:
        return row
    statement = insert(table).values(suffix=new_suffix(), created_at=now, **values)
    return conn.execute(statement.returning(table)).one()


def _view(row: Row[Any]) -> JsonObject:
    return {
        "id": encode(Kind.ORGANIZATION, row.id, row.suffix),
        "name": row.name,
        "description": row.description,
        "created_at": row.created_at,
    }
