"""Runs of experiments: one system's answers to examples, and how they were judged."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from evalwright_server.services.errors import Findings, ResourceNotFound
from evalwright_server.services.examples import rows_of
from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.references import require
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.stamps import Stamp
from evalwright_server.store.ids import InvalidId, Kind, decode, encode, new_suffix
from evalwright_server.store.tables.datasets import dataset_examples
from evalwright_server.store.tables.experiments import evaluations, experiment_runs

_ORDER = Order("experiment_runs", (experiment_runs.c.id,), descending=False)
_OWN_MEMBERS = frozenset({"example_id", "output", "error"})


def list_experiment_runs(conn: Connection, experiment_id: str, page: PageRequest) -> JsonObject:
    """Return a page of an experiment's runs with their evaluations, in order of insertion."""
    experiment = require(conn, Kind.EXPERIMENT, experiment_id, "path:experiment_id")
    statement = (
        select(experiment_runs, dataset_examples.c.suffix.label("example_suffix"))
        .join(dataset_examples)
        .where(experiment_runs.c.experiment_id == experiment.id)
    )
    found = fetch(conn, statement, _ORDER, page)
    judged = _evaluations(conn, [row.id for row in found.rows])
    return found.envelope("experiment_runs", [_view(row, judged[row.id]) for row in found.rows])


def add_runs(
    conn: Connection,
    experiment: int,
    version: Row[Any],
    runs: Sequence[JsonObject],
    stamp: Stamp,
) -> None:
    """Insert the runs of an experiment over a dataset version.

    Raises:
        InvalidRequest: A row sets what the server sets, or its example or error is no such thing.
        ResourceNotFound: An example is not in the version.
    """
    examples = rows_of(version).with_only_columns(dataset_examples.c.id, dataset_examples.c.suffix)
    known = {
        encode(Kind.DATASET_EXAMPLE, row.id, row.suffix): row.id for row in conn.execute(examples)
    }
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
    conn.execute(insert(experiment_runs), rows)


def _check(findings: Findings, pointer: str, run: JsonObject, known: Iterable[str]) -> None:
    if "id" in run:
        message = "the server sets 'id'; leave it out or give the column another name"
        findings.add(f"{pointer}/id", message)
    if not isinstance(run.get("error"), str | None):
        findings.add(f"{pointer}/error", "expected text or null: why the system failed")
    if run["example_id"] in known:
        return
    try:
        decode(run["example_id"])
    except InvalidId as error:
        findings.add(f"{pointer}/example_id", str(error))
    else:
        message = "no example of the dataset's latest version has this ID"
        findings.add(f"{pointer}/example_id", message, error=ResourceNotFound)


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
    return members


def _view(row: Row[Any], judged: JsonObject) -> JsonObject:
    return {
        **row.columns,
        "id": encode(Kind.EXPERIMENT_RUN, row.id, row.suffix),
        "example_id": encode(Kind.DATASET_EXAMPLE, row.example_id, row.example_suffix),
        "output": row.output,
        "error": row.error,
        **judged,
    }
