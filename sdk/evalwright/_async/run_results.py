"""What runs of tasks did, row by row."""

from collections.abc import AsyncIterator

from evalwright._async.run_waiting import AsyncRunWaiting
from evalwright._fields import name_errors, refuse
from evalwright._given import choice
from evalwright_api import api, models


class AsyncRunResults(AsyncRunWaiting):
    """The part of `AsyncTasksClient` that reads what runs did."""

    async def list_run_results(
        self,
        *,
        run_id: str,
        outcome: models.TaskRunOutcome | str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> models.TaskRunResultList:
        """Get one page of what a run did, in the order of the rows.

        A result that a later run wrote again belongs to that run.

        Args:
            run_id: The run.
            outcome: Only what ended so: `judged`, `error` or `skipped`.
            limit: The largest number of rows, 1 to 500.
            cursor: The `pagination.next_cursor` of the page before.
        """
        refuse(name_errors("run_id", run_id))
        kind = choice(models.TaskRunOutcome, outcome, "outcome")
        return await self._session.send(
            api.task_runs.list_task_run_results(run_id, outcome=kind, limit=limit, cursor=cursor)
        )

    async def iter_run_results(
        self,
        *,
        run_id: str,
        outcome: models.TaskRunOutcome | str | None = None,
        page_size: int = 500,
    ) -> AsyncIterator[models.TaskRunResult]:
        """Go through all that a run did, reading page by page.

        Args:
            run_id: The run.
            outcome: Only what ended so: `judged`, `error` or `skipped`.
            page_size: How many to read at a time, 1 to 500.
        """
        refuse(name_errors("run_id", run_id))
        kind = choice(models.TaskRunOutcome, outcome, "outcome")
        results = self._iterate(
            lambda cursor: api.task_runs.list_task_run_results(
                run_id, outcome=kind, limit=page_size, cursor=cursor
            ),
            lambda page: page.results,
        )
        async for result in results:
            yield result
