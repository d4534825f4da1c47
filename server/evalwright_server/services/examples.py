"""Examples of datasets, as versions see them (see `store.tables.datasets`)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, or_, select

from evalwright_server.filters import Filter
from evalwright_server.services.annotations import annotate, annotations_of
from evalwright_server.services.errors import Findings
from evalwright_server.services.pages import Order, PageRequest, fetch, scan
from evalwright_server.services.query_filters import compile_request, filter_columns
from evalwright_server.services.references import require
from evalwright_server.services.requests import (
    AnnotateDatasetExamplesRequest,
    InsertDatasetExamplesRequest,
    JsonObject,
    SearchDatasetExamplesRequest,
)
from evalwright_server.services.stamps import Stamp
from evalwright_server.services.versions import choose_version, neighbours, touch
from evalwright_server.store.ids import Kind, encode, new_suffix
from evalwright_server.store.tables.annotations import example_annotations
from evalwright_server.store.tables.datasets import dataset_example_revisions as revisions
from evalwright_server.store.tables.datasets import dataset_examples, datasets
from evalwright_server.store.tables.spaces import spaces

RESERVED_COLUMNS = ("id", "created_at", "updated_at", "annotations")
"""Members of an example that the server sets."""

_ORDER = Order("examples", (dataset_examples.c.id,), descending=False)


def list_examples(
    conn: Connection, dataset_id: str, version_id: str | None, page: PageRequest
) -> JsonObject:
    """Return a page of a version's examples, in the order of their insertion."""
    dataset = require(conn, Kind.DATASET, dataset_id, "path:dataset_id")
    version = choose_version(conn, dataset, version_id)
    found = fetch(conn, rows_of(version), _ORDER, page)
    return found.envelope("examples", _views(conn, found.rows))


def search_examples(
    conn: Connection, dataset_id: str, body: SearchDatasetExamplesRequest, page: PageRequest
) -> JsonObject:
    """Return a page of the examples of a version that a filter lets through.

    The filter sees the user's columns, `id`, `created_at`, `updated_at`, and annotations as
    `annotation.<name>.label` and so on.
    """
    passes = compile_request(body.get("filter"), "/filter")
    dataset = require(conn, Kind.DATASET, dataset_id, "path:dataset_id")
    version_id = body.get("dataset_version_id")
    version = choose_version(conn, dataset, version_id, "/dataset_version_id")
    if passes is None:
        found = fetch(conn, rows_of(version), _ORDER, page)
    else:
        keep = partial(_keep, conn, passes)
        found = scan(conn, rows_of(version), _ORDER, page, keep)
    return found.envelope("examples", _views(conn, found.rows))


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
    return view_change(conn, version, ids)


def annotate_examples(
    conn: Connection, dataset_id: str, body: AnnotateDatasetExamplesRequest, *, stamp: Stamp
) -> None:
    """Annotate examples of a dataset, whatever version they are in."""
    dataset = require(conn, Kind.DATASET, dataset_id, "path:dataset_id")
    annotate(
        conn,
        example_annotations,
        dataset_examples,
        Kind.DATASET_EXAMPLE,
        dataset_examples.c.dataset_id == dataset.id,
        body["annotations"],
        stamp=stamp,
    )


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
                refuse_reserved(findings, index, column)
    findings.raise_if_any()


def refuse_reserved(findings: Findings, index: int, column: str) -> None:
    """Add to `findings` that a row sets what the server sets."""
    message = f"the server sets {column!r}; leave it out or give the column another name"
    findings.add(f"/examples/{index}/{column}", message)


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


def view_change(conn: Connection, version: Row[Any], example_ids: list[str]) -> JsonObject:
    """Return what a write of examples answers."""
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


def _views(conn: Connection, rows: Sequence[Row[Any]]) -> list[JsonObject]:
    annotations = annotations_of(conn, example_annotations, [row.id for row in rows])
    return [_view(row, annotations[row.id]) for row in rows]


def _keep(conn: Connection, passes: Filter, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    return [
        row
        for row, view in zip(rows, _views(conn, rows), strict=True)
        if passes(filter_columns(view))
    ]


def _view(row: Row[Any], annotations: Sequence[JsonObject]) -> JsonObject:
    view = {
        "id": encode(Kind.DATASET_EXAMPLE, row.id, row.suffix),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        **row.columns,
    }
    return view | {"annotations": annotations} if annotations else view
