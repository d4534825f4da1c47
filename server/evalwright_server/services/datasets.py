"""Datasets. Their examples are in `services.examples`."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from evalwright_server.runs.engine import Engine
from evalwright_server.services.examples import check_columns, insert_rows
from evalwright_server.services.lists import ListFilter, apply_filter
from evalwright_server.services.names import require_free_name
from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.references import require
from evalwright_server.services.removal import drop_task_runs
from evalwright_server.services.requests import (
    CreateDatasetRequest,
    JsonObject,
    UpdateDatasetRequest,
)
from evalwright_server.services.revisions import require_match
from evalwright_server.services.stamps import Stamp
from evalwright_server.services.versions import add_version
from evalwright_server.store.ids import Kind, encode, new_suffix
from evalwright_server.store.tables.datasets import dataset_versions, datasets
from evalwright_server.store.tables.spaces import spaces
from evalwright_server.store.tables.tasks import tasks

FIRST_VERSION = "initial"
"""Name of the version that a new dataset starts with."""

_ORDER = Order("datasets", (datasets.c.id,))


def list_datasets(conn: Connection, page: PageRequest, chosen: ListFilter) -> JsonObject:
    """Return a page of datasets, newest first."""
    found = fetch(conn, apply_filter(conn, _rows(), datasets, chosen), _ORDER, page)
    return found.envelope("datasets", _views(conn, found.rows))


def create_dataset(conn: Connection, body: CreateDatasetRequest, *, stamp: Stamp) -> JsonObject:
    """Create a dataset with its first version and its first examples."""
    check_columns(body["examples"])
    space = require(conn, Kind.SPACE, body["space_id"], "/space_id")
    _require_free(conn, space.id, body["name"])
    statement = insert(datasets).values(
        suffix=new_suffix(),
        space_id=space.id,
        name=body["name"],
        created_at=stamp.now,
        updated_at=stamp.now,
    )
    key = conn.execute(statement.returning(datasets.c.id)).scalar_one()
    version = add_version(conn, key, FIRST_VERSION, stamp)
    insert_rows(conn, key, (version.id, None), body["examples"], stamp)
    return _read(conn, key)


def get_dataset(conn: Connection, dataset_id: str) -> JsonObject:
    """Return a dataset with its versions."""
    return _read(conn, require(conn, Kind.DATASET, dataset_id, "path:dataset_id").id)


def update_dataset(
    conn: Connection, dataset_id: str, body: UpdateDatasetRequest, *, if_match: str | None
) -> JsonObject:
    """Rename a dataset."""
    row = require(conn, Kind.DATASET, dataset_id, "path:dataset_id")
    require_match(_read(conn, row.id), if_match)
    if "name" in body:
        _require_free(conn, row.space_id, body["name"], but=row.id)
    conn.execute(update(datasets).where(datasets.c.id == row.id).values(**body))
    return _read(conn, row.id)


def delete_dataset(conn: Connection, dataset_id: str, *, engine: Engine) -> None:
    """Delete a dataset with its experiments, its tasks and their runs."""
    row = require(conn, Kind.DATASET, dataset_id, "path:dataset_id")
    drop_task_runs(conn, engine, tasks.c.dataset_id == row.id)
    conn.execute(delete(datasets).where(datasets.c.id == row.id))


def _rows() -> Select[Any]:
    return select(datasets, spaces.c.suffix.label("space_suffix")).join(spaces)


def _read(conn: Connection, key: int) -> JsonObject:
    return _views(conn, conn.execute(_rows().where(datasets.c.id == key)).all())[0]


def _require_free(conn: Connection, space: int, name: str, but: int | None = None) -> None:
    scope = datasets.c.space_id == space
    require_free_name(conn, datasets, Kind.DATASET, name, scope, place="in this space", but=but)


def _views(conn: Connection, rows: Sequence[Row[Any]]) -> list[JsonObject]:
    keys = [row.id for row in rows]
    statement = select(dataset_versions).where(dataset_versions.c.dataset_id.in_(keys))
    versions = defaultdict(list)
    for version in conn.execute(statement.order_by(dataset_versions.c.id.desc())):
        versions[version.dataset_id].append(version)
    return [_view(row, versions[row.id]) for row in rows]


def _view(row: Row[Any], versions: Sequence[Row[Any]]) -> JsonObject:
    dataset_id = encode(Kind.DATASET, row.id, row.suffix)
    return {
        "id": dataset_id,
        "name": row.name,
        "space_id": encode(Kind.SPACE, row.space_id, row.space_suffix),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "versions": [
            {
                "id": encode(Kind.DATASET_VERSION, version.id, version.suffix),
                "name": version.name,
                "dataset_id": dataset_id,
                "created_at": version.created_at,
                "updated_at": version.updated_at,
            }
            for version in versions
        ],
    }
