"""Tables of tasks and of what a task run has beyond the run itself."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from evalwright_server.store.tables.columns import (
    Document,
    Key,
    UtcTimestamp,
    key,
    reference,
    suffix,
    timestamp,
)
from evalwright_server.store.tables.metadata import metadata

tasks = Table(
    "tasks",
    metadata,
    key(),
    suffix(),
    reference("space_id", "spaces.id"),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    reference("project_id", "projects.id", nullable=True),
    reference("dataset_id", "datasets.id", nullable=True),
    Column("sampling_rate", Float),
    Column("is_continuous", Boolean, nullable=False),
    Column("seen_span_id", Key),
    Column("continuous_run_id", Key),
    Column("query_filter", Text),
    Column("run_configuration", Document),
    Column("last_run_at", UtcTimestamp()),
    timestamp("created_at"),
    timestamp("updated_at"),
    Column("created_by_user_id", Text),
    UniqueConstraint("space_id", "name"),
    Index("ix_tasks_project", "project_id"),
    Index("ix_tasks_dataset", "dataset_id"),
    sqlite_autoincrement=True,
)
"""Of a continuous task, `seen_span_id` is the watermark: its runs so far cover all spans up to this
one. `continuous_run_id` is the latest of these runs; while it is queued, new spans join it.
"""

task_evaluators = Table(
    "task_evaluators",
    metadata,
    reference("task_id", "tasks.id"),
    Column("position", Integer, nullable=False),
    reference("evaluator_id", "evaluators.id"),
    reference("evaluator_version_id", "evaluator_versions.id", nullable=True),
    Column("query_filter", Text),
    Column("column_mappings", Document),
    UniqueConstraint("task_id", "evaluator_id"),
    Index("ix_task_evaluators_evaluator", "evaluator_id"),
    Index("ix_task_evaluators_version", "evaluator_version_id"),
)
"""`evaluator_version_id` is NULL where the latest version counts. A version named here goes only
together with its evaluator.
"""

task_experiments = Table(
    "task_experiments",
    metadata,
    reference("task_id", "tasks.id"),
    Column("position", Integer, nullable=False),
    reference("experiment_id", "experiments.id"),
    UniqueConstraint("task_id", "experiment_id"),
    Index("ix_task_experiments_experiment", "experiment_id"),
)

task_runs = Table(
    "task_runs",
    metadata,
    reference("run_id", "runs.id"),
    reference("task_id", "tasks.id"),
    Column("experiment_id", Key, ForeignKey("experiments.id", ondelete="SET NULL")),
    Column("data_start_time", UtcTimestamp()),
    Column("data_end_time", UtcTimestamp()),
    Column("created_by_user_id", Text),
    UniqueConstraint("run_id"),
    Index("ix_task_runs_task", "task_id", "run_id"),
    Index("ix_task_runs_experiment", "experiment_id"),
)
"""The task's side of a run; state, progress and times are in `runs` under the same number.

`experiment_id` is the experiment that the run fills; the run outlives it.
"""
