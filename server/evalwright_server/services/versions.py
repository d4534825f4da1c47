"""Versions of datasets: one line per dataset, in the order of their keys."""

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from evalwright_server.services.errors import FieldError, ResourceNotFound
from evalwright_server.services.names import require_free_name
from evalwright_server.services.references import require
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.ids import Kind, new_suffix
from evalwright_server.store.tables.datasets import dataset_versions, datasets

_of_dataset = dataset_versions.c.dataset_id


def add_version(conn: Connection, dataset: int, name: str, stamp: Stamp) -> Row[Any]:
    """Add a version to the end of a dataset's line.

    Raises:
        Conflict: The dataset has a version of this name.
    """
    require_free_name(
        conn,
        dataset_versions,
        Kind.DATASET_VERSION,
        name,
        _of_dataset == dataset,
        place="in this dataset",
        pointer="/new_version",
    )
    statement = insert(dataset_versions).values(
        suffix=new_suffix(),
        dataset_id=dataset,
        name=name,
        created_at=stamp.now,
        updated_at=stamp.now,
    )
    return conn.execute(statement.returning(dataset_versions)).one()


def choose_version(
    conn: Connection,
    dataset: Row[Any],
    version_id: str | None,
    pointer: str = "query:dataset_version_id",
) -> Row[Any]:
    """Return the version with this public ID, or the latest when it is None or empty.

    Raises:
        ResourceNotFound: It is no version of this dataset.
    """
    if not version_id:
        latest = select(dataset_versions).where(_of_dataset == dataset.id)
        return conn.execute(latest.order_by(dataset_versions.c.id.desc()).limit(1)).one()
    version = require(conn, Kind.DATASET_VERSION, version_id, pointer)
    if version.dataset_id != dataset.id:
        message = f"{version_id!r} is a version of another dataset"
        raise ResourceNotFound(message, [FieldError(pointer, message)])
    return version


def neighbours(conn: Connection, version: Row[Any]) -> tuple[int | None, int | None]:
    """Return the keys of the versions just before and just after one."""
    line = _of_dataset == version.dataset_id
    before = select(func.max(dataset_versions.c.id)).where(line, dataset_versions.c.id < version.id)
    after = select(func.min(dataset_versions.c.id)).where(line, dataset_versions.c.id > version.id)
    return conn.scalar(before), conn.scalar(after)


def touch(conn: Connection, version: Row[Any], stamp: Stamp) -> None:
    """Note that a version and its dataset have changed."""
    for table, key in ((dataset_versions, version.id), (datasets, version.dataset_id)):
        conn.execute(update(table).where(table.c.id == key).values(updated_at=stamp.now))
