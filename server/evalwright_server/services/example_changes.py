"""Changing and removing examples, in one version of a dataset and no other."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from evalwright_server.services.errors import Findings
from evalwright_server.services.examples import (
    RESERVED_COLUMNS,
    refuse_reserved,
    valid_in,
    view_change,
)
from evalwright_server.services.references import decode_each, require
from evalwright_server.services.requests import (
    DeleteDatasetExamplesRequest,
    JsonObject,
    UpdateDatasetExamplesRequest,
)
from evalwright_server.services.stamps import Stamp
from evalwright_server.services.timeline import Change, apply_changes, branch, remove
from evalwright_server.services.versions import add_version, choose_version, touch
from evalwright_server.store.ids import InvalidId, Kind, ResourceId, decode
from evalwright_server.store.tables.datasets import dataset_example_revisions as revisions
from evalwright_server.store.tables.datasets import dataset_examples


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
    return view_change(conn, version, [str(resource) for resource in changes])


def delete_examples(
    conn: Connection, dataset_id: str, body: DeleteDatasetExamplesRequest, *, stamp: Stamp
) -> JsonObject:
    """Remove examples from a version; other versions, and runs of experiments, keep them."""
    wanted = decode_each(body["example_ids"], "/example_ids")
    dataset = require(conn, Kind.DATASET, dataset_id, "path:dataset_id")
    version_id = body["dataset_version_id"]
    version = choose_version(conn, dataset, version_id, "/dataset_version_id")
    current = _current(conn, version, wanted)
    remove(conn, version, list(current.values()))
    if current:
        touch(conn, version, stamp)
    kept = [str(resource) for resource in dict.fromkeys(wanted) if resource not in current]
    return {
        "completed": not kept,
        "deleted_example_ids": [str(each) for each in dict.fromkeys(wanted) if each in current],
        "not_deleted_example_ids": kept,
    }


def _wanted(examples: Sequence[JsonObject]) -> dict[ResourceId, JsonObject]:
    """Return the columns to write by example; IDs of other things than examples are left out."""
    findings = Findings()
    wanted: dict[ResourceId, JsonObject] = {}
    for index, example in enumerate(examples):
        for column in RESERVED_COLUMNS[1:]:
            if column in example:
                refuse_reserved(findings, index, column)
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
    conn: Connection, version: Row[Any], wanted: Collection[ResourceId]
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
