"""Annotations: what people said of dataset examples, experiment runs and spans."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Table, select

from evalwright_server.services.errors import Findings, ResourceNotFound
from evalwright_server.services.references import noun_of
from evalwright_server.services.requests import AnnotateRecordInput, JsonObject
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.dialects import insert_into
from evalwright_server.store.ids import InvalidId, Kind, decode, encode
from evalwright_server.store.tables.spaces import users

_VALUES: Final = ("score", "label", "text")
_KEY: Final = ("record_id", "name")

_Merged = dict[tuple[int, str], JsonObject]


def annotate(
    conn: Connection,
    table: Table,
    records: Table,
    kind: Kind,
    scope: ColumnElement[bool],
    given: Sequence[AnnotateRecordInput],
    *,
    stamp: Stamp,
) -> None:
    """Set annotations; values that are left out stay as they are.

    Args:
        conn: The transaction.
        table: Where the annotations are.
        records: Where the things are that they are about.
        kind: What those are.
        scope: Which of them may be annotated.
        given: The annotations by record.
        stamp: When and by whom.

    Raises:
        InvalidRequest: A record's ID is none.
        ResourceNotFound: A record is not there.
    """
    write_annotations(conn, table, _find_records(conn, records, kind, scope, given), given, stamp)


def write_annotations(
    conn: Connection,
    table: Table,
    keys: Sequence[int],
    given: Sequence[AnnotateRecordInput],
    stamp: Stamp,
) -> None:
    """Set the annotations of records whose keys are known, in the order of the records."""
    merged: _Merged = defaultdict(dict)
    for key, record in zip(keys, given, strict=True):
        for value in record["values"]:
            merged[key, value["name"]] |= {
                name: content for name, content in value.items() if name in _VALUES
            }
    _store(conn, table, merged, stamp)


def annotations_of(
    conn: Connection, table: Table, keys: Sequence[int]
) -> defaultdict[int, list[JsonObject]]:
    """Return the annotations of records as they stand in answers, by the records' keys."""
    statement = (
        select(table, users.c.suffix.label("user_suffix"), users.c.email)
        .outerjoin(users)
        .where(table.c.record_id.in_(keys))
        .order_by(table.c.name)
    )
    found: defaultdict[int, list[JsonObject]] = defaultdict(list)
    for row in conn.execute(statement):
        found[row.record_id].append(_view(row))
    return found


def annotation_columns(annotations: Sequence[JsonObject]) -> JsonObject:
    """Return annotations as the flat columns that filters read: `annotation.<name>.label`."""
    return {
        f"annotation.{each['name']}.{name}": each[name]
        for each in annotations
        for name in _VALUES
        if name in each
    }


def _find_records(
    conn: Connection,
    records: Table,
    kind: Kind,
    scope: ColumnElement[bool],
    given: Sequence[AnnotateRecordInput],
) -> list[int]:
    findings = Findings()
    wanted: dict[str, int] = {}
    for index, record in enumerate(given):
        try:
            wanted[record["record_id"]] = decode(record["record_id"]).number
        except InvalidId as error:
            findings.add(f"/annotations/{index}/record_id", str(error))
    statement = select(records.c.id, records.c.suffix)
    rows = conn.execute(statement.where(scope, records.c.id.in_(set(wanted.values()))))
    known = {encode(kind, row.id, row.suffix) for row in rows}
    for index, record in enumerate(given):
        if record["record_id"] in wanted and record["record_id"] not in known:
            message = f"there is no {noun_of(kind)} with this ID here"
            pointer = f"/annotations/{index}/record_id"
            findings.add(pointer, message, error=ResourceNotFound)
    findings.raise_if_any()
    return [wanted[record["record_id"]] for record in given]


def _store(conn: Connection, table: Table, merged: _Merged, stamp: Stamp) -> None:
    """Write what was given, one statement for each selection of values."""
    groups: defaultdict[tuple[str, ...], list[JsonObject]] = defaultdict(list)
    user = decode(stamp.user_id).number
    for (key, name), values in merged.items():
        groups[tuple(sorted(values))].append({"record_id": key, "name": name, **values})
    for given, rows in groups.items():
        statement = insert_into(conn, table).values(user_id=user, updated_at=stamp.now)
        replaced = (*given, "user_id", "updated_at")
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=_KEY,
                set_={column: statement.excluded[column] for column in replaced},
            ),
            rows,
        )


def _view(row: Row[Any]) -> JsonObject:
    values = {name: getattr(row, name) for name in _VALUES}
    view = {
        "name": row.name,
        **{name: value for name, value in values.items() if value is not None},
        "updated_at": row.updated_at,
    }
    if row.user_id is not None:
        annotator_id = encode(Kind.USER, row.user_id, row.user_suffix)
        view["annotator"] = {"id": annotator_id, "email": row.email}
    return view
