"""The whole catalogue of tables: importing this registers all of them."""

from evalwright_server.store.tables import (
    ai_integrations,
    analyses,
    annotations,
    blobs,
    datasets,
    evaluators,
    experiments,
    jobs,
    projects,
    runs,
    spaces,
    spans,
    tasks,
)
from evalwright_server.store.tables.metadata import metadata

__all__ = [
    "ai_integrations",
    "analyses",
    "annotations",
    "blobs",
    "datasets",
    "evaluators",
    "experiments",
    "jobs",
    "metadata",
    "projects",
    "runs",
    "spaces",
    "spans",
    "tasks",
]
