"""Tables of experiments, their runs and the scores that evaluation tasks gave them."""

from sqlalchemy import Column, Float, Index, Integer, Table, Text, UniqueConstraint

from evalwright_server.store.tables.columns import Document, Key, key, reference, suffix, timestamp
from evalwright_server.store.tables.metadata import metadata

experiments = Table(
    "experiments",
    metadata,
    key(),
    suffix(),
    reference("dataset_id", "datasets.id"),
    Column("dataset_version_id", Key, nullable=False),
    Column("name", Text, nullable=False),
    timestamp("created_at"),
    timestamp("updated_at"),
    UniqueConstraint("dataset_id", "name"),
    sqlite_autoincrement=True,
)

experiment_runs = Table(
    "experiment_runs",
    metadata,
    key(),
    suffix(),
    reference("experiment_id", "experiments.id"),
    reference("example_id", "dataset_examples.id"),
    Column("output", Text),
    Column("error", Text),
    Column("columns", Document, nullable=False),
    timestamp("created_at"),
    Index("ix_experiment_runs_experiment", "experiment_id", "id"),
    Index("ix_experiment_runs_example", "example_id"),
    sqlite_autoincrement=True,
)
"""What a system answered to one example. `columns` holds every further member of the row."""

evaluations = Table(
    "evaluations",
    metadata,
    reference("experiment_run_id", "experiment_runs.id"),
    Column("name", Text, nullable=False),
    Column("evaluator_version_id", Key),
    Column("run_id", Key),
    Column("score", Float),
    Column("label", Text),
    Column("explanation", Text),
    Column("error", Text),
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    timestamp("updated_at"),
    UniqueConstraint("experiment_run_id", "name"),
    Index("ix_evaluations_run", "run_id", "experiment_run_id"),
)
"""One judgement per experiment run and evaluation name; a newer one replaces it.

`evaluator_version_id` and `run_id` say where it came from. They are no foreign keys: a judgement
outlives its evaluator and the run that made it. The tokens are those of the model that judged.
"""
