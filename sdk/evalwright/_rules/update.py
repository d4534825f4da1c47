"""Rules for changing tasks."""

from collections.abc import Mapping
from typing import Final

from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._fields import build, nearest, refuse
from evalwright._places import root
from evalwright._rules.create import EVALUATION_TYPES
from evalwright._rules.evaluators import Entry, read_evaluators
from evalwright_api import models

EVALUATION_FIELDS: Final[tuple[str, ...]] = (
    "name",
    "sampling_rate",
    "is_continuous",
    "query_filter",
    "evaluators",
)
EXPERIMENT_FIELDS: Final[tuple[str, ...]] = ("name", "run_configuration")
CLEARABLE = frozenset({"query_filter"})
PROJECT_ONLY = frozenset({"sampling_rate", "is_continuous"})

UpdateBody = models.UpdateEvaluationTaskRequest | models.UpdateRunExperimentTaskRequest


def check_anything_given(given: Mapping[str, object]) -> None:
    """Refuse a call that changes nothing, before anything is read.

    Raises:
        InvalidRequest: Listing what could be changed.
    """
    if not given:
        fields = (*EVALUATION_FIELDS, "run_configuration")
        refuse([FieldError("", "nothing to change: pass at least one field.", allowed=fields)])


def check_update(task: models.Task, given: Mapping[str, object]) -> list[Entry]:
    """Check changes against the task they are for, still with names in place of IDs.

    A task of a type this version doesn't know is left to the server.

    Returns:
        The evaluators in one form; empty when they stay as they are.

    Raises:
        InvalidRequest: Naming every wrong field and the allowed ones.
    """
    errors = [*_foreign(task, given), *_cleared(given)]
    entries: list[Entry] = []
    if given.get("evaluators") is not None:
        entries, wrong = read_evaluators(given["evaluators"])
        errors += wrong
    known = {error.path for error in errors}
    rest = {name: value for name, value in given.items() if name not in known}
    if entries and "evaluators" in rest:
        rest["evaluators"] = entries
    try:
        update_body(task, rest)
    except InvalidRequest as error:
        errors += [wrong for wrong in error.errors if root(wrong.path) not in known]
    refuse(errors)
    return entries


def update_body(task: models.Task, members: Mapping[str, object]) -> UpdateBody:
    """Make the body of a PATCH."""
    if task.type == "run_experiment" or "run_configuration" in members:
        return build(models.UpdateRunExperimentTaskRequest, members)
    return build(models.UpdateEvaluationTaskRequest, members)


def _foreign(task: models.Task, given: Mapping[str, object]) -> list[FieldError]:
    if task.type in EVALUATION_TYPES:
        allowed = EVALUATION_FIELDS
        if task.project_id is None:
            allowed = tuple(name for name in allowed if name not in PROJECT_ONLY)
    elif task.type == "run_experiment":
        allowed = EXPERIMENT_FIELDS
    else:
        return []
    return [
        FieldError(name, why(task, name), allowed=allowed, nearest=nearest(name, allowed))
        for name in given
        if name not in allowed
    ]


def why(task: models.Task, name: str) -> str:
    """Say why a field does not belong to a task."""
    if task.type in EVALUATION_TYPES and name in PROJECT_ONLY:
        return "applies to project tasks only, and this task evaluates a dataset."
    return f"does not belong to {task.type} tasks."


def _cleared(given: Mapping[str, object]) -> list[FieldError]:
    return [
        FieldError(name, "can't be cleared; leave it out to keep it", got="None")
        for name, value in given.items()
        if value is None and name not in CLEARABLE
    ]
