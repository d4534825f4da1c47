"""What jobs do and write, as it happens."""

from collections.abc import AsyncIterator

from evalwright._async.job_state import AsyncJobState
from evalwright._errors.base import EvalwrightError
from evalwright._errors.network import ConnectionFailed
from evalwright._fields import name_errors, refuse
from evalwright._jobs import is_final, job_has_ended
from evalwright._output import Lines, OutputLine
from evalwright._reconnecting import Reconnecting
from evalwright_api import api, models


class AsyncJobOutput(AsyncJobState):
    """The part of `AsyncJobsClient` that follows a job."""

    async def events(
        self, *, job_id: str, after: str | None = None
    ) -> AsyncIterator[models.JobEvent]:
        """Go through what happens to a job as it happens, until its end.

        What happened before comes first. A connection that breaks is made again, and goes on where
        it broke: nothing is lost and nothing comes twice.

        Args:
            job_id: The job.
            after: The `id` of the last event seen, to go on behind it; from the start when None.
        """
        refuse(name_errors("job_id", job_id))
        attempts = Reconnecting(self._session.clock)
        while True:
            request = api.jobs.stream_job_events(job_id, last_event_id=after)
            try:
                async with self._session.stream(request) as stream:
                    async for item in stream:
                        after = item.data.id
                        attempts.progressed()
                        yield item.data
                        if item.data.status is not None and is_final(item.data.status):
                            return
                failure = await self._why_over(job_id)
            except EvalwrightError as error:
                failure = error
            if failure is None:
                return
            await self._session.sleep(attempts.after(failure))

    async def lines(self, *, job_id: str, follow: bool = True) -> AsyncIterator[OutputLine]:
        """Go through the lines that a job writes.

        If a worker died and the job was started again, its lines start anew, too.

        Args:
            job_id: The job.
            follow: Whether to go on until the job has ended, rather than stop at what there is.
        """
        lines = Lines()
        events = self.events(job_id=job_id) if follow else self._written(job_id)
        async for event in events:
            for line in lines.feed(event):
                yield line
        for line in lines.close():
            yield line

    async def _written(self, job_id: str) -> AsyncIterator[models.JobEvent]:
        refuse(name_errors("job_id", job_id))
        request = api.jobs.stream_job_output(job_id, follow=False)
        async with self._session.stream(request) as stream:
            async for event in stream:
                yield event

    async def _why_over(self, job_id: str) -> EvalwrightError | None:
        """Tell why a stream ended that did not tell of the job's end; None if the job has ended."""
        if job_has_ended(await self._see(job_id, full=True)):
            return None
        reason = "the stream of events ended before the job"
        return ConnectionFailed(base_url=self._session.config.base_url, reason=reason)
