"""Datasets and experiments for tests of evaluations."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Table, insert, select

from evalwright_server.store.tables.datasets import (
    dataset_example_revisions,
    dataset_examples,
    dataset_versions,
    datasets,
)
from evalwright_server.store.tables.experiments import evaluations, experiment_runs, experiments

Columns = Mapping[str, JsonValue]


def add(connection: Connection, table: Table, **values: Any) -> int:
    """Insert a row, with the usual columns filled in, and return its number."""
    usual = {
        "suffix": "aaaa",
        "created_at": datetime.now(UTC),
        "updated_at": datetime.now(UTC),
    }
    values = {name: value for name, value in usual.items() if name in table.c} | values
    key: int = connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one()
    return key


def add_dataset(connection: Connection, space_id: int, examples: Sequence[Columns]) -> int:
    """Insert a dataset with one version and these examples; return its number."""
    dataset = add(connection, datasets, space_id=space_id, name=f"dataset {len(examples)}")
    version = add(connection, dataset_versions, dataset_id=dataset, name="first")
    for columns in examples:
        example = add(connection, dataset_examples, dataset_id=dataset)
        add(
            connection,
            dataset_example_revisions,
            example_id=example,
            first_version_id=version,
            columns=columns,
        )
    return dataset


def add_experiment(
    connection: Connection, dataset: int, name: str, outputs: Sequence[str | None]
) -> int:
    """Insert an experiment whose runs answer the dataset's examples in turn; return its number."""
    version = connection.execute(
        select(dataset_versions.c.id).where(dataset_versions.c.dataset_id == dataset)
    ).scalar_one()
    examples = connection.scalars(
        select(dataset_examples.c.id)
        .where(dataset_examples.c.dataset_id == dataset)
        .order_by(dataset_examples.c.id)
    ).all()
    experiment = add(
        connection, experiments, dataset_id=dataset, dataset_version_id=version, name=name
    )
    for example, output in zip(examples, outputs, strict=False):
        add(
            connection,
            experiment_runs,
            experiment_id=experiment,
            example_id=example,
            output=output,
            error=None if output is not None else "no answer",
            columns={"latency": 1.5},
        )
    return experiment


def scores(connection: Connection, name: str) -> list[tuple[float | None, str | None]]:
    """Return score and error of every row that has an evaluation of this name, in row order."""
    rows = connection.execute(
        select(evaluations.c.score, evaluations.c.error)
        .where(evaluations.c.name == name)
        .order_by(evaluations.c.experiment_run_id)
    )
    return [(row.score, row.error) for row in rows]
