"""Waiting for runs of tasks."""

from collections.abc import Callable

from evalwright._async.following import follow
from evalwright._async.resource import AsyncResource
from evalwright._errors.waiting import WaitTimeout
from evalwright._fields import name_errors, refuse
from evalwright._waiting import OutOfTime, Waiting, check_times, is_finished
from evalwright_api import api, models


class AsyncRunWaiting(AsyncResource):
    """The part of `AsyncTasksClient` that looks at a run until it has ended."""

    async def get_run(self, *, run_id: str) -> models.TaskRun:
        """Get a run as it is now."""
        refuse(name_errors("run_id", run_id))
        return await self._session.fresh(api.task_runs.get_task_run(run_id))

    async def wait_for_run(
        self,
        *,
        run_id: str,
        poll_interval: float = 5.0,
        timeout: float = 600.0,  # noqa: ASYNC109 - the run goes on, so nothing is to be cancelled
        on_progress: Callable[[models.TaskRun], object] | None = None,
    ) -> models.TaskRun:
        """Wait until a run is completed, failed or cancelled, and give it.

        A server that holds requests back tells at once; others are asked now and then. Errors that
        may pass, such as a server that restarts, don't end the wait.

        Args:
            run_id: The run.
            poll_interval: Seconds between two looks at servers that don't hold requests back.
            timeout: Seconds to wait at most.
            on_progress: Called with the run whenever it has changed, also at the end. What it
                raises is logged and ignored.

        Raises:
            InvalidRequest: A time is not above 0.
            WaitTimeout: Time is up; the error carries the run as last seen. The run goes on.
        """
        refuse(name_errors("run_id", run_id))
        check_times(poll_interval=poll_interval, timeout=timeout)
        waiting = Waiting(
            poll_interval=poll_interval,
            timeout=timeout,
            clock=self._session.clock,
            finished=is_finished,
            on_progress=on_progress,
        )
        try:
            return await follow(
                self._session,
                waiting,
                lambda ask: api.task_runs.get_task_run(
                    run_id, if_none_match=ask.etag, prefer=ask.prefer
                ),
            )
        except OutOfTime as end:
            raise WaitTimeout(run_id=run_id, run=waiting.last, timeout=timeout) from end.__cause__
