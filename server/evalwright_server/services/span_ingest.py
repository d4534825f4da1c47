"""Taking in spans: the project and the space they belong to, and the rows they become."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from evalwright_server.otlp.spans import Export, SpanRecord
from evalwright_server.runs.engine import Engine
from evalwright_server.services.continuous import start_continuous_runs
from evalwright_server.services.errors import FieldError, ResourceNotFound
from evalwright_server.services.organizations import Identity
from evalwright_server.services.references import require
from evalwright_server.services.spaces import default_space
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.dialects import insert_into
from evalwright_server.store.ids import InvalidId, Kind, decode, new_suffix
from evalwright_server.store.tables.projects import projects
from evalwright_server.store.tables.spaces import spaces
from evalwright_server.store.tables.spans import spans

DEFAULT_PROJECT: Final = "default"
"""The project of spans that name none."""

_POINTER: Final = "header:X-Evalwright-Space"
_KEY: Final = ("project_id", "span_id", "trace_id")
_MEMBERS: Final = tuple(each.name for each in fields(SpanRecord))
_ROWS_PER_STATEMENT: Final = 1_000


def store_spans(
    conn: Connection,
    export: Export,
    *,
    project: str | None,
    space: str | None,
    stamp: Stamp,
    identity: Identity,
    engine: Engine,
) -> None:
    """Store the spans of an export, and start the continuous tasks that wait for such.

    Spans that are stored already are replaced.

    Args:
        conn: The transaction.
        export: The spans.
        project: The project of those that name none.
        space: Name or ID of the space; None is the oldest one.
        stamp: When and by whom.
        identity: Whose the space will be if there is none.
        engine: Starts the tasks.

    Raises:
        ResourceNotFound: There is no such space.
    """
    if not any(export.projects.values()):
        return
    place = _find_space(conn, space, stamp, identity)
    named: dict[str, list[SpanRecord]] = {}
    for name, found in export.projects.items():
        named.setdefault(name or project or DEFAULT_PROJECT, []).extend(found.values())
    # In the order of names: two exports never wait for each other's projects.
    for name in sorted(named):
        key = _lock_project(conn, place, name, stamp)
        _upsert(conn, key, named[name])
        start_continuous_runs(conn, key, stamp=stamp, engine=engine)


def _find_space(conn: Connection, given: str | None, stamp: Stamp, identity: Identity) -> int:
    if given is not None:
        return _named_space(conn, given)
    return default_space(conn, stamp=stamp, identity=identity)


def _named_space(conn: Connection, given: str) -> int:
    try:
        decode(given)
    except InvalidId:
        named = select(spaces.c.id).where(spaces.c.name == given).order_by(spaces.c.id).limit(1)
        row = conn.execute(named).one_or_none()
        if row is None:
            message = f"there is no space {given!r}; create it, or name one that exists"
            raise ResourceNotFound(message, [FieldError(_POINTER, message)]) from None
        return _key(row)
    return _key(require(conn, Kind.SPACE, given, _POINTER))


def _lock_project(conn: Connection, space: int, name: str, stamp: Stamp) -> int:
    """Return the project's key, made if it is missing, and keep others from adding spans to it."""
    statement = insert_into(conn, projects).values(
        suffix=new_suffix(), space_id=space, name=name, created_at=stamp.now
    )
    conn.execute(statement.on_conflict_do_nothing(index_elements=["space_id", "name"]))
    mine = select(projects.c.id).where(projects.c.space_id == space, projects.c.name == name)
    return _key(conn.execute(mine.with_for_update(key_share=True)).one())


def _key(row: Row[Any]) -> int:
    key: int = row.id
    return key


def _upsert(conn: Connection, project: int, records: Sequence[SpanRecord]) -> None:
    insert = insert_into(conn, spans).values(project_id=project)
    replaced = [column.key for column in spans.c if column.key not in {"id", *_KEY}]
    statement = insert.on_conflict_do_update(
        index_elements=_KEY,
        set_={column: insert.excluded[column] for column in replaced},
    )
    for start in range(0, len(records), _ROWS_PER_STATEMENT):
        batch = records[start : start + _ROWS_PER_STATEMENT]
        conn.execute(
            statement, [{name: getattr(record, name) for name in _MEMBERS} for record in batch]
        )
