"""Examples of datasets, as versions see them (see `store.tables.datasets`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, or_, select

from evalwright_server.services.errors import Findings
from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.references import require
from evalwright_server.services.requests import (
    InsertDatasetExamplesRequest,
    JsonObject,
    UpdateDatasetExamplesRequest,
)
from evalwright_server.services.stamps import Stamp
from evalwright_server.services.timeline import Change, apply_changes, branch
from evalwright_server.services.versions import (
    add_version,
    choose_version,
    neighbours,
    touch,
)
from evalwright_server.store.ids import InvalidId, Kind, ResourceId, decode, encode, new_suffix
from evalwright_server.store.tables.datasets import dataset_example_revisions as revisions
from evalwright_server.store.tables.datasets import dataset_examples, datasets
from evalwright_server.store.tables.spaces import spaces

RESERVED_COLUMNS = ("id", "created_at", "updated_at")
"""Members of an example that the server sets."""

_ORDER = Order("examples", (dataset_examples.c.id,), descending=False)


def list_examples(
    conn: Connection, dataset_id: str, version_id: str | None, page: PageRequest
) -> JsonObject:
    """Return a page of a version's examples, in the order of their insertion."""
    dataset = require(conn, Kind.DATASET, dataset_id, "path:dataset_id")
    version = choose_version(conn, dataset, version_id)
    found = fetch(conn, rows_of(version), _ORDER, page)
    return found.envelope("examples", [_view(row) for row in found.rows])


def insert_examples(
    conn: Connection,
    dataset_id: str,
    version_id: str | None,
    body: InsertDatasetExamplesRequest,
    *,
    stamp: Stamp,
) -> JsonObject:
    """Append examples to a version in place; those of other versions stay as they are."""
    check_columns(body["examples"])
    dataset = require(conn, Kind.DATASET, dataset_id, "path:dataset_id")
    version = choose_version(conn, dataset, version_id)
    _, after = neighbours(conn, version)
    span = (version.id, None if after is None else version.id)
    added = insert_rows(conn, dataset.id, span, body["examples"], stamp)
    touch(conn, version, stamp)
    ids = [encode(Kind.DATASET_EXAMPLE, row.id, row.suffix) for row in added]
    return _written(conn, version, ids)


def update_examples(
    conn: Connection,
    dataset_id: str,
    version_id: str | None,
    body: UpdateDatasetExamplesRequest,
    *,
    stamp: Stamp,
) -> JsonObject:
    """Change examples of a version in place, or in a new version that starts from it."""
    wanted = _wanted(body["examples"])
    dataset = require(conn, Kind.DATASET, dataset_id, "path:dataset_id")
    version = choose_version(conn, dataset, version_id)
    if name := body.get("new_version"):
        base, version = version, add_version(conn, dataset.id, name, stamp)
        branch(conn, base, version)
    current = _current(conn, version, wanted)
    changes = {
        resource: Change(current[resource], {**current[resource].columns, **columns})
        for resource, columns in wanted.items()
        if resource in current
    }
    apply_changes(conn, version, list(changes.values()), stamp.now)
    touch(conn, version, stamp)
    return _written(conn, version, [str(resource) for resource in changes])


def rows_of(version: Row[Any]) -> Select[Any]:
    """Return the statement that selects a version's examples with their columns."""
    return (
        select(dataset_examples, revisions.c.columns, revisions.c.updated_at)
        .join(revisions)
        .where(dataset_examples.c.dataset_id == version.dataset_id, valid_in(version.id))
    )


def valid_in(version: int) -> ColumnElement[bool]:
    """Return the condition that a revision belongs to a version."""
    last = revisions.c.last_version_id
    return (revisions.c.first_version_id <= version) & or_(last.is_(None), last >= version)


def check_columns(examples: Sequence[JsonObject]) -> None:
    """Refuse rows that set what the server sets.

    Raises:
        InvalidRequest: Naming every such column.
    """
    findings = Findings()
    for index, example in enumerate(examples):
        for column in RESERVED_COLUMNS:
            if column in example:
                _refuse_reserved(findings, index, column)
    findings.raise_if_any()


def insert_rows(
    conn: Connection,
    dataset: int,
    span: tuple[int, int | None],
    examples: Sequence[JsonObject],
    stamp: Stamp,
) -> Sequence[Row[Any]]:
    """Insert examples that are valid over a span of versions, and return their rows in order."""
    identities = [
        {"suffix": new_suffix(), "dataset_id": dataset, "created_at": stamp.now} for _ in examples
    ]
    statement = insert(dataset_examples).returning(dataset_examples, sort_by_parameter_order=True)
    rows = conn.execute(statement, identities).all()
    first, last = span
    contents = [
        {
            "example_id": row.id,
            "first_version_id": first,
            "last_version_id": last,
            "columns": example,
            "updated_at": stamp.now,
        }
        for row, example in zip(rows, examples, strict=True)
    ]
    conn.execute(insert(revisions), contents)
    return rows


def _refuse_reserved(findings: Findings, index: int, column: str) -> None:
    message = f"the server sets {column!r}; leave it out or give the column another name"
    findings.add(f"/examples/{index}/{column}", message)


def _wanted(examples: Sequence[JsonObject]) -> dict[ResourceId, JsonObject]:
    """Return the columns to write by example; IDs of other things than examples are left out."""
    findings = Findings()
    wanted: dict[ResourceId, JsonObject] = {}
    for index, example in enumerate(examples):
        for column in RESERVED_COLUMNS[1:]:
            if column in example:
                _refuse_reserved(findings, index, column)
        try:
            resource = decode(example["id"])
        except InvalidId as error:
            findings.add(f"/examples/{index}/id", str(error))
            continue
        if resource in wanted:
            findings.add(f"/examples/{index}/id", "this example is in the request already")
        elif resource.kind is Kind.DATASET_EXAMPLE:
            wanted[resource] = {key: value for key, value in example.items() if key != "id"}
    findings.raise_if_any()
    return wanted


def _current(
    conn: Connection, version: Row[Any], wanted: Mapping[ResourceId, JsonObject]
) -> dict[ResourceId, Row[Any]]:
    """Return the revisions of the wanted examples that belong to a version."""
    statement = (
        select(revisions, dataset_examples.c.suffix)
        .join(dataset_examples)
        .where(
            dataset_examples.c.dataset_id == version.dataset_id,
            dataset_examples.c.id.in_([resource.number for resource in wanted]),
            valid_in(version.id),
        )
    )
    rows = conn.execute(statement)
    by_id = {ResourceId(Kind.DATASET_EXAMPLE, row.example_id, row.suffix): row for row in rows}
    return {resource: row for resource, row in by_id.items() if resource in wanted}


def _written(conn: Connection, version: Row[Any], example_ids: list[str]) -> JsonObject:
    statement = select(datasets, spaces.c.suffix.label("space_suffix")).join(spaces)
    dataset = conn.execute(statement.where(datasets.c.id == version.dataset_id)).one()
    return {
        "id": encode(Kind.DATASET, dataset.id, dataset.suffix),
        "name": dataset.name,
        "space_id": encode(Kind.SPACE, dataset.space_id, dataset.space_suffix),
        "created_at": dataset.created_at,
        "updated_at": dataset.updated_at,
        "dataset_version_id": encode(Kind.DATASET_VERSION, version.id, version.suffix),
        "example_ids": example_ids,
    }


def _view(row: Row[Any]) -> JsonObject:
    return {
        "id": encode(Kind.DATASET_EXAMPLE, row.id, row.suffix),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        **row.columns,
    }
