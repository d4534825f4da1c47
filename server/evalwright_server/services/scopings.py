"""Where AI integrations may be used."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, or_, select

from evalwright_server.services.errors import Findings
from evalwright_server.services.references import find
from evalwright_server.services.requests import AiIntegrationScopingInput, JsonObject
from evalwright_server.store.ids import Kind, encode
from evalwright_server.store.tables.ai_integrations import ai_integration_scopings as scopings
from evalwright_server.store.tables.ai_integrations import ai_integrations
from evalwright_server.store.tables.spaces import organizations, spaces

Scope = tuple[int | None, int | None]
"""Keys of an organization and of a space; None means every one."""


def resolve_scopings(
    conn: Connection, given: Sequence[AiIntegrationScopingInput], findings: Findings
) -> list[Scope]:
    """Return the scopings of a request as keys; a space alone brings its organization along."""
    resolved: list[Scope] = []
    for index, scoping in enumerate(given):
        pointer = f"/scopings/{index}"
        organization_id, space_id = scoping.get("organization_id"), scoping.get("space_id")
        organization = space = None
        if organization_id is not None:
            where = f"{pointer}/organization_id"
            organization = find(conn, Kind.ORGANIZATION, organization_id, where, findings)
        if space_id is not None:
            space = find(conn, Kind.SPACE, space_id, f"{pointer}/space_id", findings)
        if organization and space and space.organization_id != organization.id:
            findings.add(f"{pointer}/space_id", "this space belongs to another organization")
        if space is not None:
            resolved.append((space.organization_id, space.id))
        else:
            resolved.append((organization.id if organization else None, None))
    return resolved


def replace_scopings(conn: Connection, integration: int, scopes: Sequence[Scope]) -> None:
    """Make these an integration's scopings."""
    conn.execute(delete(scopings).where(scopings.c.integration_id == integration))
    rows = [
        {"integration_id": integration, "organization_id": organization, "space_id": space}
        for organization, space in scopes
    ]
    if rows:
        conn.execute(insert(scopings), rows)


def scopings_of(conn: Connection, keys: Sequence[int]) -> defaultdict[int, list[JsonObject]]:
    """Return the scopings of integrations as they stand in answers."""
    statement = (
        select(
            scopings,
            organizations.c.suffix.label("organization_suffix"),
            spaces.c.suffix.label("space_suffix"),
        )
        .outerjoin(organizations, organizations.c.id == scopings.c.organization_id)
        .outerjoin(spaces, spaces.c.id == scopings.c.space_id)
        .where(scopings.c.integration_id.in_(keys))
        .order_by(scopings.c.id)
    )
    found: defaultdict[int, list[JsonObject]] = defaultdict(list)
    for row in conn.execute(statement):
        view = {
            "organization_id": _id(Kind.ORGANIZATION, row.organization_id, row.organization_suffix),
            "space_id": _id(Kind.SPACE, row.space_id, row.space_suffix),
        }
        found[row.integration_id].append(view)
    return found


def usable_in(wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that an integration may be used in some space where `wanted` holds."""
    mine = scopings.c.integration_id == ai_integrations.c.id
    covers = or_(
        scopings.c.organization_id.is_(None),
        and_(
            scopings.c.space_id.is_(None),
            scopings.c.organization_id == spaces.c.organization_id,
        ),
        scopings.c.space_id == spaces.c.id,
    )
    # Spelt out, because the inner query would otherwise look at any space at all.
    has_none = ~exists().where(mine).correlate(ai_integrations)
    has_one = exists().where(mine, covers).correlate(ai_integrations, spaces)
    return exists().where(wanted, or_(has_none, has_one)).correlate(ai_integrations)


def _id(kind: Kind, number: int | None, suffix: str | None) -> str | None:
    return None if number is None or suffix is None else encode(kind, number, suffix)
