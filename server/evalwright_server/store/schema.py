"""The whole catalogue of tables: importing this registers all of them."""

from evalwright_server.store.tables import (
    ai_integrations,
    annotations,
    datasets,
    evaluators,
    experiments,
    projects,
    runs,
    spaces,
    spans,
    tasks,
)
from evalwright_server.store.tables.metadata import metadata

__all__ = [
    "ai_integrations",
    "annotations",
    "datasets",
    "evaluators",
    "experiments",
    "metadata",
    "projects",
    "runs",
    "spaces",
    "spans",
    "tasks",
]
