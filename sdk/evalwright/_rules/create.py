"""Rules for creating tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._fields import build, name_errors, nearest, refuse, shown
from evalwright._given import given
from evalwright._rules.evaluators import Entry, read_evaluators
from evalwright_api import models

EvaluationTaskBody = (
    models.CreateTemplateEvaluationTaskRequest | models.CreateCodeEvaluationTaskRequest
)

_BODIES: Mapping[
    str,
    type[models.CreateTemplateEvaluationTaskRequest | models.CreateCodeEvaluationTaskRequest],
] = {
    "template_evaluation": models.CreateTemplateEvaluationTaskRequest,
    "code_evaluation": models.CreateCodeEvaluationTaskRequest,
}
EVALUATION_TYPES = frozenset(_BODIES)
_ARGUMENTS = {"project_id": "project", "dataset_id": "dataset", "type": "task_type"}


def read_experiments(
    experiments: Sequence[str] | None, experiment_ids: Sequence[str] | None
) -> tuple[list[str], list[FieldError]]:
    """Take experiments from either argument.

    `experiment_ids` is what the document calls them; both arguments take names and IDs.
    """
    if experiments is not None and experiment_ids is not None:
        return [], [FieldError("experiments", "says the same as experiment_ids; pass one of them")]
    name = "experiment_ids" if experiments is None else "experiments"
    chosen: object = experiment_ids if experiments is None else experiments
    if chosen is None:
        return [], []
    if (
        isinstance(chosen, str)
        or not isinstance(chosen, Sequence)
        or not all(map(_is_name, chosen))
    ):
        return [], [FieldError(name, "is unusable", shown(chosen), "a list of names or IDs")]
    return [*chosen], []


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked evaluation task, still with names in place of IDs."""

    members: dict[str, object]
    """The members that need no lookup."""

    evaluators: list[Entry]
    experiments: list[str]


def draft_evaluation_task(
    *,
    task_type: object,
    evaluators: object,
    project: str | None,
    dataset: str | None,
    experiments: Sequence[str] | None,
    experiment_ids: Sequence[str] | None,
    **rest: object,
) -> Draft:
    """Check a whole call of `create_evaluation_task`.

    Raises:
        InvalidRequest: Naming every wrong argument.
    """
    entries, errors = read_evaluators(evaluators)
    chosen, wrong = read_experiments(experiments, experiment_ids)
    errors += wrong
    members = given(**rest)
    errors += _check_target(project, dataset, chosen if not wrong else ["?"], members)
    if task_type not in EVALUATION_TYPES:
        errors.append(_wrong_type(task_type))
    try:
        evaluation_task_body(
            {**members, "type": "code_evaluation", "evaluators": entries or [_ANY]}
        )
    except InvalidRequest as error:
        errors += error.errors
    refuse(errors)
    return Draft({**members, "type": str(task_type)}, entries, chosen)


_ANY: Entry = {"evaluator_id": "any"}


def evaluation_task_body(members: Mapping[str, object]) -> EvaluationTaskBody:
    """Make the body of a new evaluation task."""
    return build(_BODIES[str(members["type"])], members, arguments=_ARGUMENTS)


def experiment_task_body(members: Mapping[str, object]) -> models.CreateRunExperimentTaskRequest:
    """Make the body of a new run_experiment task."""
    members = {**members, "type": "run_experiment"}
    return build(models.CreateRunExperimentTaskRequest, members, arguments=_ARGUMENTS)


def _check_target(
    project: str | None,
    dataset: str | None,
    experiments: Sequence[str],
    members: Mapping[str, object],
) -> list[FieldError]:
    if (project is None) == (dataset is None):
        return [
            FieldError("project", "or dataset is what to evaluate: pass exactly one of the two")
        ]
    if project is not None:
        wrong = name_errors("project", project)
        if experiments:
            wrong.append(FieldError("experiments", "belong to a dataset, not to a project"))
        return wrong
    errors = name_errors("dataset", dataset)
    if not experiments:
        errors.append(FieldError("experiments", "needs at least one experiment of the dataset"))
    errors += [
        FieldError(name, "applies to project tasks only")
        for name in ("sampling_rate", "is_continuous")
        # is_continuous=False says what is true of every dataset task.
        if members.get(name) not in {None, False}
    ]
    return errors


def _wrong_type(task_type: object) -> FieldError:
    if task_type == "run_experiment":
        return FieldError("task_type", "is made by create_run_experiment_task(...)")
    allowed = tuple(_BODIES)
    return FieldError(
        "task_type",
        "is no type of evaluation task",
        got=shown(task_type),
        allowed=allowed,
        nearest=nearest(str(task_type), allowed),
    )
