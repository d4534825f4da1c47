# Generated from sdk/evalwright/_async/task_runs.py by scripts/unasync.py: do not edit.
"""Runs of tasks: starting, listing and cancelling."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from evalwright._fields import name_errors, refuse
from evalwright._given import choice
from evalwright._rules.trigger import check_key, check_trigger, names, read_trigger, trigger_body
from evalwright._sync.run_results import RunResults
from evalwright._sync.session import new_idempotency_key
from evalwright_api import api, models


class TaskRuns(RunResults):
    """The part of `TasksClient` that starts and lists runs."""

    def trigger_run(
        self,
        *,
        task: str,
        space: str | None = None,
        data_start_time: datetime | None = None,
        data_end_time: datetime | None = None,
        max_spans: int | None = None,
        override_evaluations: bool | None = None,
        experiment_ids: Sequence[str] | None = None,
        experiment_name: str | None = None,
        dataset_version_id: str | None = None,
        max_examples: int | None = None,
        example_ids: Sequence[str] | None = None,
        query_filter: str | None = None,
        tracing_metadata: Mapping[str, str] | None = None,
        evaluation_task_ids: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> models.TaskRun:
        """Start a run of a task.

        Evaluation tasks take the arguments from `data_start_time` to `experiment_ids`,
        run_experiment tasks those from `experiment_name` to `evaluation_task_ids`.

        Args:
            task: The task.
            space: Where names are looked up.
            data_start_time: The start of the window of spans; without a zone, UTC.
            data_end_time: The end of the window of spans.
            max_spans: The largest number of spans.
            override_evaluations: Whether rows judged before are judged again.
            experiment_ids: Which of the task's experiments to evaluate, by name or ID.
            experiment_name: The name of the experiment to create.
            dataset_version_id: The version of the dataset; the latest when None.
            max_examples: How many examples to run.
            example_ids: Which examples to run; not together with `max_examples`.
            query_filter: Which examples to run; all when None.
            tracing_metadata: What to put on the traces.
            evaluation_task_ids: Evaluation tasks to start afterwards, by name or ID.
            idempotency_key: A second call with it gets the first one's run; a fresh one when None.

        Raises:
            InvalidRequest: Naming every wrong field and the allowed ones; nothing was started.
        """
        members = read_trigger(
            data_start_time=data_start_time,
            data_end_time=data_end_time,
            max_spans=max_spans,
            override_evaluations=override_evaluations,
            experiment_ids=experiment_ids,
            experiment_name=experiment_name,
            dataset_version_id=dataset_version_id,
            max_examples=max_examples,
            example_ids=example_ids,
            query_filter=query_filter,
            tracing_metadata=tracing_metadata,
            evaluation_task_ids=evaluation_task_ids,
        )
        key = check_key(new_idempotency_key() if idempotency_key is None else idempotency_key)
        return self._trigger(self._task(task, space), members, key)

    def list_runs(
        self,
        *,
        task: str,
        space: str | None = None,
        status: models.TaskRunStatus | str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> models.TaskRunList:
        """Get one page of a task's runs, newest first.

        Args:
            task: The task.
            space: Where names are looked up.
            status: Only runs in this state.
            limit: The largest number of rows, 1 to 100.
            cursor: The `pagination.next_cursor` of the page before.
        """
        state = choice(models.TaskRunStatus, status, "status")
        task_id = self._find.task(task, space)
        return self._session.send(
            api.tasks.list_task_runs(task_id, status=state, limit=limit, cursor=cursor)
        )

    def iter_runs(
        self,
        *,
        task: str,
        space: str | None = None,
        status: models.TaskRunStatus | str | None = None,
        page_size: int = 100,
    ) -> Iterator[models.TaskRun]:
        """Go through all runs of a task, newest first, reading page by page.

        Args:
            task: The task.
            space: Where names are looked up.
            status: Only runs in this state.
            page_size: How many to read at a time, 1 to 100.
        """
        state = choice(models.TaskRunStatus, status, "status")
        task_id = self._find.task(task, space)
        runs = self._iterate(
            lambda cursor: api.tasks.list_task_runs(
                task_id, status=state, limit=page_size, cursor=cursor
            ),
            lambda page: page.task_runs,
        )
        yield from runs

    def cancel_run(self, *, run_id: str) -> models.TaskRun:
        """Stop a run that has not ended; rows that are judged already stay judged.

        Raises:
            BadRequest: The run has ended.
        """
        refuse(name_errors("run_id", run_id))
        return self._session.send(api.task_runs.cancel_task_run(run_id))

    def _trigger(self, task: models.Task, members: dict[str, object], key: str) -> models.TaskRun:
        check_trigger(task, members)
        experiments, after = names(members, "experiment_ids"), names(members, "evaluation_task_ids")
        if experiments:
            members["experiment_ids"] = self._find.experiments(experiments, task.dataset_id)
        if after:
            members["evaluation_task_ids"] = self._find.tasks(after, task.space_id)
        body = trigger_body(task, members)
        return self._session.send(
            api.tasks.trigger_task_run(task.id, body=body, idempotency_key=key)
        )

    def _task(self, task: str, space: str | None) -> models.Task:
        found = self._find.named_task(task, space)
        if found is not None:
            return found
        return self._session.fresh(api.tasks.get_task(task))
