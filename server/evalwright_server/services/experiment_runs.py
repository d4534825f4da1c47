"""Runs of experiments: one system's answers to examples, and how they were judged."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from evalwright_server.filters import Filter
from evalwright_server.services.annotations import annotate, annotations_of
from evalwright_server.services.errors import Findings, ResourceNotFound
from evalwright_server.services.examples import rows_of, valid_in
from evalwright_server.services.pages import Order, PageRequest, fetch, scan
from evalwright_server.services.query_filters import compile_request, filter_columns
from evalwright_server.services.references import require
from evalwright_server.services.requests import (
    AnnotateExperimentRunsRequest,
    JsonObject,
    SearchExperimentRunsRequest,
)
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.ids import InvalidId, Kind, decode, encode, new_suffix
from evalwright_server.store.tables.annotations import experiment_run_annotations
from evalwright_server.store.tables.datasets import dataset_example_revisions as revisions
from evalwright_server.store.tables.datasets import dataset_examples
from evalwright_server.store.tables.experiments import evaluations, experiment_runs

_ORDER = Order("experiment_runs", (experiment_runs.c.id,), descending=False)
_OWN_MEMBERS = frozenset({"example_id", "output", "error"})
_SERVER_MEMBERS = ("id", "annotations")


def list_experiment_runs(conn: Connection, experiment_id: str, page: PageRequest) -> JsonObject:
    """Return a page of an experiment's runs with their evaluations, in order of insertion."""
    experiment = require(conn, Kind.EXPERIMENT, experiment_id, "path:experiment_id")
    found = fetch(conn, _rows(experiment), _ORDER, page)
    return found.envelope("experiment_runs", _views(conn, found.rows))


def search_runs(
    conn: Connection, experiment_id: str, body: SearchExperimentRunsRequest, page: PageRequest
) -> JsonObject:
    """Return a page of the runs of an experiment that a filter lets through.

    The filter sees the example's columns, then those of the run as in answers, and annotations
    as `annotation.<name>.label` and so on.
    """
    passes = compile_request(body.get("filter"), "/filter")
    experiment = require(conn, Kind.EXPERIMENT, experiment_id, "path:experiment_id")
    if passes is None:
        found = fetch(conn, _rows(experiment), _ORDER, page)
    else:
        statement = _rows_with_examples(experiment)
        found = scan(conn, statement, _ORDER, page, partial(_keep, conn, passes))
    return found.envelope("experiment_runs", _views(conn, found.rows))


def annotate_runs(
    conn: Connection, experiment_id: str, body: AnnotateExperimentRunsRequest, *, stamp: Stamp
) -> None:
    """Annotate runs of an experiment."""
    experiment = require(conn, Kind.EXPERIMENT, experiment_id, "path:experiment_id")
    annotate(
        conn,
        experiment_run_annotations,
        experiment_runs,
        Kind.EXPERIMENT_RUN,
        experiment_runs.c.experiment_id == experiment.id,
        body["annotations"],
        stamp=stamp,
    )


def add_runs(
    conn: Connection,
    experiment: int,
    version: Row[Any],
    runs: Sequence[JsonObject],
    stamp: Stamp,
) -> list[str]:
    """Insert runs of an experiment over a dataset version, and return their public IDs in order.

    Raises:
        InvalidRequest: A row sets what the server sets, or its example or error is no such thing.
        ResourceNotFound: An example is not in the version.
    """
    known = _examples(conn, version, runs)
    findings = Findings()
    for index, run in enumerate(runs):
        _check(findings, f"/experiment_runs/{index}", run, known)
    findings.raise_if_any()
    rows = [
        {
            "suffix": new_suffix(),
            "experiment_id": experiment,
            "example_id": known[run["example_id"]],
            "output": run["output"],
            "error": run.get("error"),
            "columns": {name: run[name] for name in run if name not in _OWN_MEMBERS},
            "created_at": stamp.now,
        }
        for run in runs
    ]
    statement = insert(experiment_runs).returning(
        experiment_runs.c.id, experiment_runs.c.suffix, sort_by_parameter_order=True
    )
    added = conn.execute(statement, rows).all()
    return [encode(Kind.EXPERIMENT_RUN, row.id, row.suffix) for row in added]


def _examples(conn: Connection, version: Row[Any], runs: Sequence[JsonObject]) -> Mapping[str, int]:
    """Return the keys of the examples that runs name, as far as the version has them."""
    numbers: set[int] = set()
    for run in runs:
        with suppress(InvalidId):
            numbers.add(decode(run["example_id"]).number)
    statement = (
        rows_of(version)
        .with_only_columns(dataset_examples.c.id, dataset_examples.c.suffix)
        .where(dataset_examples.c.id.in_(numbers))
    )
    return {
        encode(Kind.DATASET_EXAMPLE, row.id, row.suffix): row.id for row in conn.execute(statement)
    }


def _check(findings: Findings, pointer: str, run: JsonObject, known: Mapping[str, int]) -> None:
    for name in _SERVER_MEMBERS:
        if name in run:
            message = f"the server sets {name!r}; leave it out or give the column another name"
            findings.add(f"{pointer}/{name}", message)
    if not isinstance(run.get("error"), str | None):
        findings.add(f"{pointer}/error", "expected text or null: why the system failed")
    if run["example_id"] in known:
        return
    try:
        decode(run["example_id"])
    except InvalidId as error:
        findings.add(f"{pointer}/example_id", str(error))
    else:
        message = "no example of the experiment's dataset version has this ID"
        findings.add(f"{pointer}/example_id", message, error=ResourceNotFound)


def _rows(experiment: Row[Any]) -> Select[Any]:
    return (
        select(experiment_runs, dataset_examples.c.suffix.label("example_suffix"))
        .join_from(experiment_runs, dataset_examples)
        .where(experiment_runs.c.experiment_id == experiment.id)
    )


def _rows_with_examples(experiment: Row[Any]) -> Select[Any]:
    """Return the same with the columns that the examples have in the experiment's version."""
    of_example = revisions.c.example_id == experiment_runs.c.example_id
    return (
        _rows(experiment)
        .outerjoin(revisions, of_example & valid_in(experiment.dataset_version_id))
        .add_columns(revisions.c.columns.label("example_columns"))
    )


def _keep(conn: Connection, passes: Filter, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    return [
        row
        for row, view in zip(rows, _views(conn, rows), strict=True)
        if passes({**(row.example_columns or {}), **filter_columns(view)})
    ]


def _evaluations(conn: Connection, keys: Sequence[int]) -> defaultdict[int, JsonObject]:
    """Return the flat `eval.` members of each run."""
    statement = select(evaluations).where(evaluations.c.experiment_run_id.in_(keys))
    members: defaultdict[int, JsonObject] = defaultdict(dict)
    for row in conn.execute(statement.order_by(evaluations.c.name)):
        prefix = f"eval.{row.name}"
        own = members[row.experiment_run_id]
        own[f"{prefix}.score"] = row.score
        own[f"{prefix}.label"] = row.label
        own[f"{prefix}.explanation"] = row.explanation
        if row.error is not None:
            own[f"{prefix}.error"] = row.error
        if row.prompt_tokens is not None or row.completion_tokens is not None:
            own[f"{prefix}.prompt_tokens"] = row.prompt_tokens
            own[f"{prefix}.completion_tokens"] = row.completion_tokens
    return members


def _views(conn: Connection, rows: Sequence[Row[Any]]) -> list[JsonObject]:
    keys = [row.id for row in rows]
    judged = _evaluations(conn, keys)
    annotations = annotations_of(conn, experiment_run_annotations, keys)
    return [_view(row, judged[row.id], annotations[row.id]) for row in rows]


def _view(row: Row[Any], judged: JsonObject, annotations: Sequence[JsonObject]) -> JsonObject:
    view = {
        **row.columns,
        "id": encode(Kind.EXPERIMENT_RUN, row.id, row.suffix),
        "example_id": encode(Kind.DATASET_EXAMPLE, row.example_id, row.example_suffix),
        "output": row.output,
        "error": row.error,
        **judged,
    }
    return view | {"annotations": annotations} if annotations else view
