"""Experiments. Their runs are in `services.experiment_runs`."""

from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select, update

from evalwright_server.services.experiment_runs import add_runs
from evalwright_server.services.lists import ListFilter, contains
from evalwright_server.services.names import require_free_name
from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.references import require
from evalwright_server.services.requests import (
    AppendExperimentRunsRequest,
    CreateExperimentRequest,
    JsonObject,
)
from evalwright_server.services.stamps import Stamp
from evalwright_server.services.versions import choose_version
from evalwright_server.store.ids import Kind, encode, new_suffix
from evalwright_server.store.tables.datasets import dataset_versions, datasets
from evalwright_server.store.tables.experiments import experiments
from evalwright_server.store.tables.spaces import spaces

_ORDER = Order("experiments", (experiments.c.id,))


def list_experiments(
    conn: Connection, page: PageRequest, chosen: ListFilter, dataset_id: str | None
) -> JsonObject:
    """Return a page of experiments, newest first."""
    statement = _rows()
    if dataset_id:
        dataset = require(conn, Kind.DATASET, dataset_id, "query:dataset_id")
        statement = statement.where(experiments.c.dataset_id == dataset.id)
    if chosen.space_id:
        space = require(conn, Kind.SPACE, chosen.space_id, "query:space_id")
        statement = statement.where(datasets.c.space_id == space.id)
    if chosen.name:
        statement = statement.where(contains(experiments.c.name, chosen.name))
    found = fetch(conn, statement, _ORDER, page)
    return found.envelope("experiments", [_view(row) for row in found.rows])


def create_experiment(
    conn: Connection, body: CreateExperimentRequest, *, stamp: Stamp
) -> JsonObject:
    """Create an experiment over the latest version of its dataset, with its runs."""
    dataset = require(conn, Kind.DATASET, body["dataset_id"], "/dataset_id")
    scope = experiments.c.dataset_id == dataset.id
    name = body["name"]
    require_free_name(conn, experiments, Kind.EXPERIMENT, name, scope, place="in this dataset")
    version = choose_version(conn, dataset, None)
    key = insert_experiment(conn, version, name, stamp)
    add_runs(conn, key, version, body["experiment_runs"], stamp)
    return _read(conn, key)


def append_runs(
    conn: Connection, experiment_id: str, body: AppendExperimentRunsRequest, *, stamp: Stamp
) -> JsonObject:
    """Append runs to an experiment, over the dataset version it belongs to."""
    row = require(conn, Kind.EXPERIMENT, experiment_id, "path:experiment_id")
    of_experiment = dataset_versions.c.id == row.dataset_version_id
    version = conn.execute(select(dataset_versions).where(of_experiment)).one()
    run_ids = add_runs(conn, row.id, version, body["experiment_runs"], stamp)
    changed = update(experiments).where(experiments.c.id == row.id)
    conn.execute(changed.values(updated_at=stamp.now))
    return _read(conn, row.id) | {"run_ids": run_ids}


def insert_experiment(conn: Connection, version: Row[Any], name: str, stamp: Stamp) -> int:
    """Insert an experiment without runs, whose name has been checked, and return its key."""
    statement = insert(experiments).values(
        suffix=new_suffix(),
        dataset_id=version.dataset_id,
        dataset_version_id=version.id,
        name=name,
        created_at=stamp.now,
        updated_at=stamp.now,
    )
    key: int = conn.execute(statement.returning(experiments.c.id)).scalar_one()
    return key


def get_experiment(conn: Connection, experiment_id: str) -> JsonObject:
    """Return an experiment."""
    return _read(conn, require(conn, Kind.EXPERIMENT, experiment_id, "path:experiment_id").id)


def delete_experiment(conn: Connection, experiment_id: str) -> None:
    """Delete an experiment with its runs and their evaluations; tasks over it lose it."""
    row = require(conn, Kind.EXPERIMENT, experiment_id, "path:experiment_id")
    conn.execute(delete(experiments).where(experiments.c.id == row.id))


def _rows() -> Select[Any]:
    return (
        select(
            experiments,
            datasets.c.suffix.label("dataset_suffix"),
            datasets.c.space_id,
            spaces.c.suffix.label("space_suffix"),
            dataset_versions.c.suffix.label("version_suffix"),
        )
        .join(datasets, datasets.c.id == experiments.c.dataset_id)
        .join(spaces, spaces.c.id == datasets.c.space_id)
        .join(dataset_versions, dataset_versions.c.id == experiments.c.dataset_version_id)
    )


_READ: Final = _rows().where(experiments.c.id == bindparam("key"))


def _read(conn: Connection, key: int) -> JsonObject:
    return _view(conn.execute(_READ, {"key": key}).one())


def _view(row: Row[Any]) -> JsonObject:
    return {
        "id": encode(Kind.EXPERIMENT, row.id, row.suffix),
        "name": row.name,
        "space_id": encode(Kind.SPACE, row.space_id, row.space_suffix),
        "dataset_id": encode(Kind.DATASET, row.dataset_id, row.dataset_suffix),
        "dataset_version_id": encode(
            Kind.DATASET_VERSION, row.dataset_version_id, row.version_suffix
        ),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
