"""Tables of annotations: what people said of dataset examples, experiment runs and spans."""

from typing import Final

from sqlalchemy import Column, Float, Table, Text, UniqueConstraint

from evalwright_server.store.tables.columns import reference, timestamp
from evalwright_server.store.tables.metadata import metadata


def _table(name: str, record: str) -> Table:
    return Table(
        name,
        metadata,
        reference("record_id", record),
        Column("name", Text, nullable=False),
        Column("score", Float),
        Column("label", Text),
        Column("text", Text),
        reference("user_id", "users.id", nullable=True),
        timestamp("updated_at"),
        UniqueConstraint("record_id", "name"),
    )


example_annotations: Final = _table("example_annotations", "dataset_examples.id")
"""One annotation per example and name, the same in every version of the dataset."""

experiment_run_annotations: Final = _table("experiment_run_annotations", "experiment_runs.id")
"""One annotation per experiment run and name."""

span_annotations: Final = _table("span_annotations", "spans.id")
"""One annotation per span and name."""
