"""Changes of examples along the line of a dataset's versions.

A revision is valid over a span of versions. To change it in one of them, the span is split: what
lies before and after keeps the old columns, so that no other version changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, literal, select, update

from evalwright_server.services.requests import JsonObject
from evalwright_server.services.versions import neighbours
from evalwright_server.store.tables.datasets import dataset_example_revisions as revisions
from evalwright_server.store.tables.datasets import dataset_examples


@dataclass(frozen=True, slots=True)
class Change:
    """New columns for the example whose current revision is `row`."""

    row: Row[Any]
    columns: JsonObject


def apply_changes(
    conn: Connection, version: Row[Any], changes: Sequence[Change], now: datetime
) -> None:
    """Write new columns into one version only."""
    before, after = neighbours(conn, version)
    added: list[JsonObject] = []
    moved: list[JsonObject] = []
    for change in changes:
        row = change.row
        goes_on = after is not None and row.last_version_id != version.id
        last = version.id if goes_on else row.last_version_id
        new = _revision(row.example_id, version.id, last, change.columns, now)
        if row.first_version_id < version.id:
            moved.append(_span(row, row.first_version_id, before))
            added.append(new)
            if goes_on:
                rest = (row.example_id, after, row.last_version_id, row.columns, row.updated_at)
                added.append(_revision(*rest))
        elif goes_on:
            moved.append(_span(row, after, row.last_version_id))
            added.append(new)
        else:
            moved.append(_span(row, version.id, last, change.columns, now))
    if moved:
        conn.execute(_MOVE, moved)
    if added:
        conn.execute(insert(revisions), added)


def remove(conn: Connection, version: Row[Any], rows: Sequence[Row[Any]]) -> None:
    """Take revisions out of one version only; those that were in no other one are deleted."""
    before, after = neighbours(conn, version)
    added: list[JsonObject] = []
    moved: list[JsonObject] = []
    gone: list[int] = []
    for row in rows:
        goes_on = after is not None and row.last_version_id != version.id
        if row.first_version_id < version.id:
            moved.append(_span(row, row.first_version_id, before))
            if goes_on:
                rest = (row.example_id, after, row.last_version_id, row.columns, row.updated_at)
                added.append(_revision(*rest))
        elif goes_on:
            moved.append(_span(row, after, row.last_version_id))
        else:
            gone.append(row.id)
    if moved:
        conn.execute(_MOVE, moved)
    if added:
        conn.execute(insert(revisions), added)
    conn.execute(delete(revisions).where(revisions.c.id.in_(gone)))


def branch(conn: Connection, base: Row[Any], version: Row[Any]) -> None:
    """Make a version that was just added hold what `base` holds.

    A revision without end goes on into every later version by itself; those that `base` does not
    see are ended before the new version, and those it alone sees are repeated in it.
    """
    latest, _ = neighbours(conn, version)
    if latest == base.id:
        return
    first, last = revisions.c.first_version_id, revisions.c.last_version_id
    of_dataset = revisions.c.example_id.in_(
        select(dataset_examples.c.id).where(dataset_examples.c.dataset_id == version.dataset_id)
    )
    later = update(revisions).where(of_dataset, last.is_(None), first > base.id)
    conn.execute(later.values(last_version_id=latest))
    ended = select(
        revisions.c.example_id, literal(version.id), revisions.c.columns, revisions.c.updated_at
    ).where(of_dataset, first <= base.id, last >= base.id)
    copied = ["example_id", "first_version_id", "columns", "updated_at"]
    conn.execute(insert(revisions).from_select(copied, ended))


_MOVE = (
    update(revisions)
    .where(revisions.c.id == bindparam("key"))
    .values(
        first_version_id=bindparam("first"),
        last_version_id=bindparam("last"),
        columns=bindparam("content"),
        updated_at=bindparam("moment"),
    )
)


def _revision(
    example: int, first: int | None, last: int | None, columns: JsonObject, moment: datetime
) -> JsonObject:
    return {
        "example_id": example,
        "first_version_id": first,
        "last_version_id": last,
        "columns": columns,
        "updated_at": moment,
    }


def _span(
    row: Row[Any],
    first: int | None,
    last: int | None,
    columns: JsonObject | None = None,
    moment: datetime | None = None,
) -> JsonObject:
    return {
        "key": row.id,
        "first": first,
        "last": last,
        "content": row.columns if columns is None else columns,
        "moment": moment or row.updated_at,
    }
