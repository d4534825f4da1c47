"""Rules for starting runs."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._fields import build, nearest, refuse, shown
from evalwright._places import root
from evalwright._rules.create import EVALUATION_TYPES
from evalwright._times import utc
from evalwright_api import models

EVALUATION_FIELDS: Final[tuple[str, ...]] = (
    "data_start_time",
    "data_end_time",
    "max_spans",
    "override_evaluations",
    "experiment_ids",
)
EXPERIMENT_FIELDS: Final[tuple[str, ...]] = (
    "experiment_name",
    "dataset_version_id",
    "max_examples",
    "example_ids",
    "query_filter",
    "tracing_metadata",
    "evaluation_task_ids",
)

TriggerBody = models.TriggerEvaluationTaskRunRequest | models.TriggerRunExperimentTaskRunRequest


def read_trigger(**given: object) -> dict[str, object]:
    """Leave out what is None and read times without a zone as UTC, as the server does."""
    members = {name: value for name, value in given.items() if value is not None}
    return {name: utc(value) for name, value in members.items()}


def check_key(key: object) -> str:
    """Return an idempotency key, unless it can't travel in a header.

    Raises:
        InvalidRequest: It can't.
    """
    if isinstance(key, str) and re.fullmatch(r"[\x21-\x7e]{1,255}", key):
        return key
    expected = "1 to 255 printable ASCII characters without blanks"
    raise InvalidRequest([FieldError("idempotency_key", "is unusable", shown(key), expected)])


def check_trigger(task: models.Task, members: Mapping[str, object]) -> None:
    """Check how a run is to be started against the task it belongs to.

    A task of a type this version doesn't know is left to the server.

    Raises:
        InvalidRequest: Naming every wrong field and the allowed ones.
    """
    errors = [*_foreign(task, members), *_combined(task, members)]
    known = {error.path for error in errors}
    try:
        trigger_body(task, {name: v for name, v in members.items() if name not in known})
    except InvalidRequest as error:
        errors += [wrong for wrong in error.errors if root(wrong.path) not in known]
    refuse(errors)


def names(members: Mapping[str, object], field: str) -> list[str]:
    """Give a checked member that lists names or IDs; empty when it is not there."""
    value = members.get(field)
    return [str(name) for name in value] if isinstance(value, Sequence) else []


def trigger_body(task: models.Task, members: Mapping[str, object]) -> TriggerBody:
    """Make the body of a trigger."""
    known = task.type in EVALUATION_TYPES or task.type == "run_experiment"
    experiment = task.type == "run_experiment"
    if not known:
        experiment = any(name in EXPERIMENT_FIELDS for name in members)
    if experiment:
        return build(models.TriggerRunExperimentTaskRunRequest, members)
    return build(models.TriggerEvaluationTaskRunRequest, members)


def _foreign(task: models.Task, members: Mapping[str, object]) -> list[FieldError]:
    if task.type in EVALUATION_TYPES:
        allowed = EVALUATION_FIELDS if task.dataset_id is not None else EVALUATION_FIELDS[:-1]
    elif task.type == "run_experiment":
        allowed = EXPERIMENT_FIELDS
    else:
        return []
    return [
        FieldError(name, _why(task, name), allowed=allowed, nearest=nearest(name, allowed))
        for name in members
        if name not in allowed
    ]


def _why(task: models.Task, name: str) -> str:
    if name == "experiment_ids" and task.type in EVALUATION_TYPES:
        return "applies to dataset tasks only, and this task evaluates a project."
    return f"does not belong to runs of {task.type} tasks."


def _combined(task: models.Task, members: Mapping[str, object]) -> list[FieldError]:
    errors = []
    start, end = members.get("data_start_time"), members.get("data_end_time")
    if isinstance(start, datetime) and isinstance(end, datetime) and start >= end:
        errors.append(FieldError("data_start_time", "must be before data_end_time"))
    if task.type == "run_experiment":
        if "max_examples" in members and "example_ids" in members:
            clash = "does not go with example_ids; pass one of them"
            errors.append(FieldError("max_examples", clash))
        if "experiment_name" not in members:
            errors.append(FieldError("experiment_name", "is required for run_experiment tasks"))
    return errors
