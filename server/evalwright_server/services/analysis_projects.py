"""The projects of analyses: named before anybody has made them, so made on first use."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from evalwright_server.services.organizations import Identity
from evalwright_server.services.references import require
from evalwright_server.services.spaces import default_space, oldest_space
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.dialects import insert_into
from evalwright_server.store.ids import Kind, encode, new_suffix
from evalwright_server.store.tables.projects import projects

DEFAULT_PROJECT: Final = "default"
"""The project of what names none."""

_COLUMNS: Final = (projects.c.id, projects.c.suffix, projects.c.space_id, projects.c.name)
# One in the default space is meant rather than an older one elsewhere.
_NAMED: Final = (
    select(*_COLUMNS)
    .where(projects.c.name == bindparam("named"))
    .order_by(projects.c.space_id != bindparam("home"), projects.c.id)
    .limit(1)
)
_ANYWHERE: Final = (
    select(*_COLUMNS).where(projects.c.name == bindparam("named")).order_by(projects.c.id)
)


@dataclass(frozen=True, slots=True)
class ProjectRef:
    """A project.

    Attributes:
        key: Key of its row.
        id: Its public ID.
        space: Key of its space.
        name: Its name.
    """

    key: int
    id: str
    space: int
    name: str


def find_or_make_project(
    conn: Connection, name: str | None, *, stamp: Stamp, identity: Identity
) -> ProjectRef:
    """Return the project of this name, made in the default space if there is none in any.

    Args:
        conn: The transaction, a write.
        name: Its name; without one it is `DEFAULT_PROJECT`.
        stamp: When and by whom it is made.
        identity: Whose it is.
    """
    home = default_space(conn, stamp=stamp, identity=identity)
    sought = {"named": (name or "").strip() or DEFAULT_PROJECT, "home": home}
    row = conn.execute(_NAMED, sought).one_or_none()
    if row is None:
        statement = insert_into(conn, projects).values(
            suffix=new_suffix(), space_id=home, name=sought["named"], created_at=stamp.now
        )
        # Another server may make it at the same moment.
        conn.execute(statement.on_conflict_do_nothing(index_elements=["space_id", "name"]))
        row = conn.execute(_NAMED, sought).one()
    return _ref(row)


def look_up_project(conn: Connection, name: str | None) -> ProjectRef | None:
    """Return the project that `find_or_make_project` finds, or None where it would make one."""
    sought = {"named": (name or "").strip() or DEFAULT_PROJECT, "home": oldest_space(conn)}
    row = conn.execute(_NAMED, sought).one_or_none()
    return None if row is None else _ref(row)


def find_project(conn: Connection, project_id: str, pointer: str) -> ProjectRef:
    """Return the project that a public ID names.

    Raises:
        InvalidRequest: The text is no ID.
        ResourceNotFound: No project has it.
    """
    return _ref(require(conn, Kind.PROJECT, project_id, pointer))


def projects_named(conn: Connection, name: str) -> list[ProjectRef]:
    """Return the projects of this name, in all spaces; lists are narrowed by it."""
    return [_ref(row) for row in conn.execute(_ANYWHERE, {"named": name})]


def _ref(row: Any) -> ProjectRef:  # noqa: ANN401 - rows of several widths
    return ProjectRef(row.id, encode(Kind.PROJECT, row.id, row.suffix), row.space_id, row.name)
