"""Tasks."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Literal

from evalwright._async.task_runs import AsyncTaskRuns
from evalwright._fields import name_errors, refuse
from evalwright._given import choice, given, passed
from evalwright._rules.create import (
    draft_evaluation_task,
    evaluation_task_body,
    experiment_task_body,
)
from evalwright._rules.evaluators import Entry, check_distinct
from evalwright._rules.update import check_anything_given, check_update, update_body
from evalwright._unset import UNSET, Unset
from evalwright_api import api, models
from evalwright_api.types import Request

EvaluatorChoice = str | Mapping[str, object] | models.TaskEvaluatorInput | models.TaskEvaluator
"""An evaluator of a task: its name or ID, or a mapping or model with `evaluator_id` (which may be
a name too), `evaluator_version_id`, `query_filter` and `column_mappings`."""

RunConfigurationChoice = Mapping[str, object] | models.RunConfigurationInput
"""How a run_experiment task produces its outputs: a mapping or a model of the document."""


class AsyncTasksClient(AsyncTaskRuns):
    """Evaluations and experiments that can be run again and again, and their runs.

    Wherever a thing is named, its name or its ID will do; `space` narrows the search for names and
    is a name or an ID itself.
    """

    async def list(
        self,
        *,
        name: str | None = None,
        project: str | None = None,
        dataset: str | None = None,
        space: str | None = None,
        task_type: models.TaskType | str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> models.TaskList:
        """Get one page of tasks, newest first.

        Args:
            name: Only tasks whose name contains this text, whatever its case.
            project: Only tasks over this project.
            dataset: Only tasks over this dataset.
            space: Only tasks of this space.
            task_type: Only tasks of this type.
            limit: The largest number of rows, 1 to 100.
            cursor: The `pagination.next_cursor` of the page before.
        """
        page = await self._pages(name, project, dataset, space, task_type)
        return await self._session.send(page(limit, cursor))

    async def iter(
        self,
        *,
        name: str | None = None,
        project: str | None = None,
        dataset: str | None = None,
        space: str | None = None,
        task_type: models.TaskType | str | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[models.Task]:
        """Go through all tasks, newest first, reading page by page.

        Args:
            name: Only tasks whose name contains this text, whatever its case.
            project: Only tasks over this project.
            dataset: Only tasks over this dataset.
            space: Only tasks of this space.
            task_type: Only tasks of this type.
            page_size: How many to read at a time, 1 to 100.
        """
        page = await self._pages(name, project, dataset, space, task_type)
        rows = self._iterate(lambda cursor: page(page_size, cursor), lambda found: found.tasks)
        async for task in rows:
            yield task

    async def get(self, *, task: str, space: str | None = None) -> models.Task:
        """Get a task by name or ID.

        Raises:
            NameNotFound: No task has this name; the error lists similar ones.
            AmbiguousName: Several spaces have a task of this name; the error lists them.
        """
        return await self._task(task, space)

    async def create_evaluation_task(
        self,
        *,
        name: str,
        task_type: Literal["template_evaluation", "code_evaluation"] | models.TaskType,
        evaluators: Sequence[EvaluatorChoice],
        project: str | None = None,
        dataset: str | None = None,
        space: str | None = None,
        experiments: Sequence[str] | None = None,
        experiment_ids: Sequence[str] | None = None,
        sampling_rate: float | None = None,
        is_continuous: bool | None = None,
        query_filter: str | None = None,
    ) -> models.Task:
        """Create a task that applies evaluators to a project or to experiments over a dataset.

        Args:
            name: Its name, unique inside the space.
            task_type: `template_evaluation` or `code_evaluation`, as the evaluators are.
            evaluators: What to apply, at least one, each once: names, IDs, or mappings with
                `evaluator_id`, `evaluator_version_id` to hold it to a version, `query_filter` and
                `column_mappings`.
            project: The project whose spans are evaluated; or else a dataset.
            dataset: The dataset whose experiments are evaluated; or else a project.
            space: Where names are looked up.
            experiments: With a dataset, the experiments to evaluate, at least one.
            experiment_ids: Another name for `experiments`; takes names too.
            sampling_rate: The share of a project's spans that is evaluated, 0 to 1.
            is_continuous: Whether a project's new spans are evaluated as they come.
            query_filter: Which rows are evaluated; all when None.

        Raises:
            InvalidRequest: Naming every wrong argument; nothing was created.
        """
        draft = draft_evaluation_task(
            name=name,
            task_type=task_type,
            evaluators=evaluators,
            project=project,
            dataset=dataset,
            experiments=experiments,
            experiment_ids=experiment_ids,
            sampling_rate=sampling_rate,
            is_continuous=is_continuous,
            query_filter=query_filter,
        )
        members = draft.members
        if project is not None:
            members["project_id"] = await self._find.project(project, space)
        if dataset is not None:
            members["dataset_id"] = dataset_id = await self._find.dataset(dataset, space)
            members["experiment_ids"] = await self._find.experiments(draft.experiments, dataset_id)
        members["evaluators"] = await self._with_ids(draft.evaluators, space)
        return await self._session.send(api.tasks.create_task(body=evaluation_task_body(members)))

    async def create_run_experiment_task(
        self,
        *,
        name: str,
        dataset: str,
        run_configuration: RunConfigurationChoice,
        space: str | None = None,
    ) -> models.Task:
        """Create a task whose runs produce the outputs of an experiment.

        Args:
            name: Its name, unique inside the space.
            dataset: The dataset to run over.
            run_configuration: How the outputs are produced; `experiment_type` decides what else
                belongs to it.
            space: Where names are looked up.

        Raises:
            InvalidRequest: Naming every wrong argument; nothing was created.
        """
        refuse(name_errors("dataset", dataset))
        members = given(name=name, dataset_id=dataset, run_configuration=run_configuration)
        experiment_task_body(members)
        members["dataset_id"] = await self._find.dataset(dataset, space)
        return await self._session.send(api.tasks.create_task(body=experiment_task_body(members)))

    async def update(
        self,
        *,
        task: str,
        space: str | None = None,
        name: str | Unset = UNSET,
        sampling_rate: float | Unset = UNSET,
        is_continuous: bool | Unset = UNSET,
        query_filter: str | Unset | None = UNSET,
        evaluators: Sequence[EvaluatorChoice] | Unset = UNSET,
        run_configuration: RunConfigurationChoice | Unset = UNSET,
    ) -> models.Task:
        """Change a task; what is not passed stays as it is.

        Evaluation tasks take all fields but `run_configuration`; run_experiment tasks take `name`
        and `run_configuration`. At least one is needed.

        Args:
            task: The task.
            space: Where names are looked up.
            name: A new name.
            sampling_rate: The share of spans that is evaluated, 0 to 1; project tasks only.
            is_continuous: Whether new spans are evaluated as they come; project tasks only.
            query_filter: Which rows are evaluated; None clears it.
            evaluators: All evaluators to apply from now on.
            run_configuration: How outputs are produced from now on, as a whole.

        Raises:
            InvalidRequest: Naming every wrong field and the allowed ones; nothing was written.
        """
        changes = passed(
            name=name,
            sampling_rate=sampling_rate,
            is_continuous=is_continuous,
            query_filter=query_filter,
            evaluators=evaluators,
            run_configuration=run_configuration,
        )
        check_anything_given(changes)
        current = await self._task(task, space)
        entries = check_update(current, changes)
        if entries:
            changes["evaluators"] = await self._with_ids(entries, space or current.space_id)
        body = update_body(current, changes)
        return await self._session.send(api.tasks.update_task(current.id, body=body))

    async def delete(self, *, task: str, space: str | None = None) -> None:
        """Delete a task and its runs; runs that have not ended are cancelled first."""
        task_id = await self._find.task(task, space)
        await self._session.send(api.tasks.delete_task(task_id))

    async def _pages(
        self,
        name: str | None,
        project: str | None,
        dataset: str | None,
        space: str | None,
        task_type: models.TaskType | str | None,
    ) -> Callable[[int, str | None], Request[models.TaskList]]:
        project_id = None if project is None else await self._find.project(project, space)
        dataset_id = None if dataset is None else await self._find.dataset(dataset, space)
        space_id = await self._find.optional_space(space)
        kind = choice(models.TaskType, task_type, "task_type")

        def page(limit: int, cursor: str | None) -> Request[models.TaskList]:
            return api.tasks.list_tasks(
                name=name,
                project_id=project_id,
                dataset_id=dataset_id,
                space_id=space_id,
                type_=kind,
                limit=limit,
                cursor=cursor,
            )

        return page

    async def _with_ids(self, entries: Sequence[Entry], space: str | None) -> Sequence[Entry]:
        ids = [await self._find.evaluator(str(entry["evaluator_id"]), space) for entry in entries]
        check_distinct(ids)
        return [
            {**entry, "evaluator_id": evaluator_id}
            for entry, evaluator_id in zip(entries, ids, strict=True)
        ]
