"""Where jobs stand, and waiting for their end."""

from collections.abc import Callable

from evalwright._async.following import follow
from evalwright._async.resource import AsyncResource
from evalwright._errors.jobs import JobWaitTimeout
from evalwright._fields import build, name_errors, refuse
from evalwright._given import given
from evalwright._jobs import CodeChoice, job_has_ended, read_code
from evalwright._waiting import OutOfTime, Waiting, check_times
from evalwright_api import api, models

Progress = Callable[[models.Job], object]
"""What is called with a job whenever it has changed."""


class AsyncJobState(AsyncResource):
    """The part of `AsyncJobsClient` that looks at a job and changes its course."""

    async def _see(self, job_id: str, *, full: bool) -> models.Job:
        refuse(name_errors("job_id", job_id))
        view = "full" if full else None
        return await self._session.fresh(api.jobs.get_job(job_id, view=view))

    async def _see_end(
        self,
        job_id: str,
        poll_interval: float,
        timeout: float,  # noqa: ASYNC109 - the job goes on, so nothing is to be cancelled
        on_progress: Progress | None,
    ) -> models.Job:
        refuse(name_errors("job_id", job_id))
        check_times(poll_interval=poll_interval, timeout=timeout)
        waiting = Waiting(
            poll_interval=poll_interval,
            timeout=timeout,
            clock=self._session.clock,
            finished=job_has_ended,
            on_progress=on_progress,
        )
        try:
            return await follow(
                self._session,
                waiting,
                lambda ask: api.jobs.get_job(
                    job_id, view="full", if_none_match=ask.etag, prefer=ask.prefer
                ),
            )
        except OutOfTime as end:
            raise JobWaitTimeout(
                job_id=job_id, job=waiting.last, timeout=timeout
            ) from end.__cause__

    async def result(
        self,
        *,
        job_id: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the job goes on
    ) -> models.Execution:
        """Get a job's whole record.

        Args:
            job_id: The job.
            timeout: Seconds to wait for its end; None for the record as it is now.

        Raises:
            JobWaitTimeout: Time is up; the job goes on.
        """
        refuse(name_errors("job_id", job_id))
        if timeout is not None:
            await self._see_end(job_id, 5.0, timeout, None)
        return await self._session.send(api.jobs.get_job_result(job_id, view="full"))

    async def cancel(self, *, job_id: str) -> models.CancelledJob:
        """Cancel a job; one that runs is killed within moments, with everything it started.

        Raises:
            NotFound: There is no such job, or it has ended.
        """
        refuse(name_errors("job_id", job_id))
        return await self._session.send(api.jobs.cancel_job(job_id))

    async def _again(
        self,
        job_id: str,
        job_type: str | None,
        timeout: int | None,  # noqa: ASYNC109 - the job's
    ) -> models.DerivedJob:
        refuse(name_errors("job_id", job_id))
        changes = given(job_type=job_type, timeout=timeout)
        body = build(models.RerunJobRequest, changes) if changes else None
        return await self._session.send(api.jobs.rerun_job(job_id, body=body))

    async def _branch(
        self,
        job_id: str,
        code: CodeChoice,
        job_type: str | None,
        timeout: int | None,  # noqa: ASYNC109 - the job's
    ) -> models.DerivedJob:
        refuse(name_errors("job_id", job_id))
        changes = given(code=read_code(code), job_type=job_type, timeout=timeout)
        body = build(models.ForkJobRequest, changes)
        return await self._session.send(api.jobs.fork_job(job_id, body=body))
