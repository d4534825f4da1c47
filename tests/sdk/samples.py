"""Answers as the document describes them."""

import base64
from typing import Any

from sdk.scripted_server import Reply

NOW = "2026-01-02T03:04:05.000000Z"


def make_id(kind: str, number: int = 1) -> str:
    return base64.b64encode(f"{kind}:{number}:aB3d".encode()).decode()


TASK, RUN, SPACE = make_id("Task"), make_id("TaskRun"), make_id("Space")
DATASET, PROJECT = make_id("Dataset"), make_id("Project")
EXPERIMENT, EVALUATOR = make_id("Experiment"), make_id("Evaluator")


def task(**members: Any) -> dict[str, Any]:
    """A code evaluation over a dataset."""
    return {
        "id": TASK,
        "name": "nightly",
        "type": "code_evaluation",
        "space_id": SPACE,
        "project_id": None,
        "dataset_id": DATASET,
        "sampling_rate": None,
        "is_continuous": False,
        "query_filter": None,
        "evaluators": [
            {
                "evaluator_id": EVALUATOR,
                "evaluator_name": "exact",
                "evaluator_version_id": None,
                "query_filter": None,
                "column_mappings": None,
            }
        ],
        "experiment_ids": [EXPERIMENT],
        "run_configuration": None,
        "last_run_at": None,
        "created_at": NOW,
        "updated_at": NOW,
        "created_by_user_id": None,
        **members,
    }


def project_task(**members: Any) -> dict[str, Any]:
    """A code evaluation over a project."""
    target: dict[str, Any] = {
        "project_id": PROJECT,
        "dataset_id": None,
        "experiment_ids": [],
        "sampling_rate": 1.0,
    }
    return task(**{**target, **members})


RUN_CONFIGURATION = {
    "experiment_type": "llm_generation",
    "ai_integration_id": make_id("AiIntegration"),
    "messages": [{"role": "user", "content": "{question}"}],
    "input_variable_format": "f_string",
}


def experiment_task(**members: Any) -> dict[str, Any]:
    """A run_experiment task."""
    kind = {"type": "run_experiment", "evaluators": [], "experiment_ids": []}
    return task(**{**kind, "run_configuration": RUN_CONFIGURATION, **members})


def run(status: str = "pending", done: int = 0, **members: Any) -> dict[str, Any]:
    """A run of a task."""
    return {
        "id": RUN,
        "task_id": TASK,
        "experiment_id": None,
        "status": status,
        "run_started_at": None,
        "run_finished_at": None,
        "data_start_time": None,
        "data_end_time": None,
        "num_successes": done,
        "num_errors": 0,
        "num_skipped": 0,
        "created_at": NOW,
        "created_by_user_id": None,
        "failure_reason": None,
        "note": None,
        "progress": {"total": 10, "done": done, "succeeded": done, "failed": 0, "skipped": 0},
        **members,
    }


def named(name: str, item_id: str, **members: Any) -> dict[str, Any]:
    """A space, project, dataset, experiment or evaluator: members of all of them."""
    return {
        "id": item_id,
        "name": name,
        "description": "",
        "organization_id": make_id("Organization"),
        "type": "code",
        "space_id": SPACE,
        "dataset_id": DATASET,
        "dataset_version_id": make_id("DatasetVersion"),
        "versions": [],
        "created_by_user_id": None,
        "created_at": NOW,
        "updated_at": NOW,
        **members,
    }


def page(key: str, *rows: Any, cursor: str | None = None) -> Reply:
    pagination = {"has_more": cursor is not None, "next_cursor": cursor}
    return Reply(json={key: list(rows), "pagination": pagination})
