"""Who is in a space, and as what."""

from sqlalchemy import Connection, delete, insert, select, update

from evalwright_server.services.errors import FieldError, ResourceNotFound
from evalwright_server.services.references import require
from evalwright_server.services.requests import JsonObject, SpaceMembershipInput
from evalwright_server.store.ids import Kind, encode, new_suffix
from evalwright_server.store.tables.spaces import space_memberships as memberships


def add_member(conn: Connection, space_id: str, body: SpaceMembershipInput) -> JsonObject:
    """Give a user a part in a space, or another one than before.

    Raises:
        ResourceNotFound: There is no such space or user.
    """
    space = require(conn, Kind.SPACE, space_id, "path:space_id")
    user = require(conn, Kind.USER, body["user_id"], "/user_id")
    mine = (memberships.c.space_id == space.id, memberships.c.user_id == user.id)
    found = conn.execute(select(memberships).where(*mine)).one_or_none()
    if found is None:
        statement = insert(memberships).values(
            suffix=new_suffix(), space_id=space.id, user_id=user.id, role=body["role"]
        )
        found = conn.execute(statement.returning(memberships)).one()
    else:
        conn.execute(update(memberships).where(*mine).values(role=body["role"]))
    return {
        "id": encode(Kind.SPACE_MEMBERSHIP, found.id, found.suffix),
        "user_id": encode(Kind.USER, user.id, user.suffix),
        "space_id": encode(Kind.SPACE, space.id, space.suffix),
        "role": body["role"],
    }


def remove_member(conn: Connection, space_id: str, user_id: str) -> None:
    """Take a user's part in a space away.

    Raises:
        ResourceNotFound: There is no such space or user, or the user has no part in the space.
    """
    space = require(conn, Kind.SPACE, space_id, "path:space_id")
    user = require(conn, Kind.USER, user_id, "path:user_id")
    statement = delete(memberships).where(
        memberships.c.space_id == space.id, memberships.c.user_id == user.id
    )
    if not conn.execute(statement).rowcount:
        message = f"the user {user.name!r} is no member of the space {space.name!r}"
        raise ResourceNotFound(message, [FieldError("path:user_id", message)])
