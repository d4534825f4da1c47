# Generated from sdk/evalwright/_async/finder.py by scripts/unasync.py: do not edit.
"""Names and IDs: every argument that takes either goes through here."""

from collections.abc import Sequence
from typing import TypeVar

from evalwright import _lookups as lookups
from evalwright._fields import name_errors, refuse
from evalwright._ids import is_resource_id
from evalwright._lookups import Listing, Lookup
from evalwright._resolution import Named, Page, Plan, find
from evalwright._sync.session import Session
from evalwright_api import models

_L = TypeVar("_L", bound=Listing)
_T = TypeVar("_T", bound=Named)


class Finder:
    """Finds the ID, or the thing itself, behind a name.

    An ID is taken as it is, without asking the server; the space then has no say.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def space(self, space: str) -> str:
        """Give a space's ID."""
        if _is_id("space", space):
            return space
        return self._find(lookups.SPACE, space, None, None).id

    def optional_space(self, space: str | None) -> str | None:
        """Give a space's ID, or None for all spaces."""
        return None if space is None else self.space(space)

    def project(self, project: str, space: str | None) -> str:
        """Give a project's ID."""
        return self._in_space(lookups.PROJECT, "project", project, space)

    def dataset(self, dataset: str, space: str | None) -> str:
        """Give a dataset's ID."""
        return self._in_space(lookups.DATASET, "dataset", dataset, space)

    def evaluator(self, evaluator: str, space: str | None) -> str:
        """Give an evaluator's ID."""
        return self._in_space(lookups.EVALUATOR, "evaluator", evaluator, space)

    def ai_integration(self, integration: str, space: str | None) -> str:
        """Give an AI integration's ID."""
        return self._in_space(lookups.AI_INTEGRATION, "integration", integration, space)

    def task(self, task: str, space: str | None) -> str:
        """Give a task's ID."""
        return self._in_space(lookups.TASK, "task", task, space)

    def named_task(self, task: str, space: str | None) -> models.Task | None:
        """Give the task with this name as it was found; None for an ID."""
        if _is_id("task", task):
            return None
        space_id = self.optional_space(space)
        return self._find(lookups.TASK, task, space_id, _within("space", space))

    def tasks(self, tasks: Sequence[str], space: str | None) -> list[str]:
        """Give the IDs of several tasks."""
        return [self.task(task, space) for task in tasks]

    def experiment(self, experiment: str, dataset: str | None, space: str | None) -> str:
        """Give an experiment's ID, looked up within the dataset or else the space."""
        if _is_id("experiment", experiment):
            return experiment
        if dataset is None:
            return self._in_space(lookups.EXPERIMENT_IN_SPACE, "experiment", experiment, space)
        dataset_id = self.dataset(dataset, space)
        scope = _within("dataset", dataset)
        return self._find(lookups.EXPERIMENT, experiment, dataset_id, scope).id

    def experiments(self, experiments: Sequence[str], dataset: str | None) -> list[str]:
        """Give the IDs of several experiments of one dataset."""
        return [self.experiment(experiment, dataset, None) for experiment in experiments]

    def _in_space(self, lookup: Lookup[_L, _T], argument: str, name: str, space: str | None) -> str:
        if _is_id(argument, name):
            return name
        space_id = self.optional_space(space)
        return self._find(lookup, name, space_id, _within("space", space)).id

    def _find(
        self, lookup: Lookup[_L, _T], name: str, scope_id: str | None, scope: str | None
    ) -> _T:
        plan: Plan[_T] = find(lookup.kind, name, scope=scope, disambiguate=lookup.cure(scope_id))
        want = next(plan)
        while True:
            listing = self._session.send(lookup.request(want, scope_id))
            page: Page[_T] = Page(lookup.rows(listing), listing.pagination.next_cursor)
            try:
                want = plan.send(page)
            except StopIteration as end:
                found: _T = end.value
                return found


def _is_id(argument: str, text: str) -> bool:
    refuse(name_errors(argument, text))
    return is_resource_id(text)


def _within(noun: str, name: str | None) -> str | None:
    return None if name is None else f"{noun} {name!r}"
