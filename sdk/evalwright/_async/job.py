"""A job in hand."""

from collections.abc import AsyncIterator
from os import PathLike
from pathlib import Path
from typing import Self

from evalwright._async.job_artifacts import AsyncJobArtifacts
from evalwright._async.job_state import Progress
from evalwright._jobs import CodeChoice
from evalwright._outcome import Outcome, Seen
from evalwright._output import OutputLine
from evalwright_api import models


class AsyncJob(Outcome):
    """A job, as it was last seen.

    What it is and what became of it can be read at any time; `wait` and `refresh` look again. Two
    of them for one job don't know of each other.
    """

    def __init__(self, calls: AsyncJobArtifacts, seen: Seen) -> None:
        super().__init__(seen)
        self._calls = calls

    async def refresh(self) -> Self:
        """Look at the job again."""
        self._seen = await self._calls._see(self.id, full=True)
        return self

    async def wait(
        self,
        *,
        poll_interval: float = 5.0,
        timeout: float = 600.0,  # noqa: ASYNC109 - the job goes on, so nothing is to be cancelled
        on_progress: Progress | None = None,
    ) -> Self:
        """Wait until the job has ended, well or not; `raise_for_status` tells them apart.

        Args:
            poll_interval: Seconds between two looks at servers that don't hold requests back.
            timeout: Seconds to wait at most.
            on_progress: Called with the job's state whenever it has changed, also at the end.

        Raises:
            JobWaitTimeout: Time is up; the job goes on.
        """
        if not self.has_ended or self.state is None:
            self._seen = await self._calls._see_end(self.id, poll_interval, timeout, on_progress)
        return self

    async def result(self, *, timeout: float = 600.0) -> models.Execution:  # noqa: ASYNC109 - see wait
        """Wait until the job has ended, and give its whole record.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            JobWaitTimeout: Time is up; the job goes on.
        """
        await self.wait(timeout=timeout)
        return await self._calls.result(job_id=self.id)

    async def cancel(self) -> Self:
        """Cancel the job; `wait` for it to see that it has ended.

        Raises:
            NotFound: It has ended.
        """
        await self._calls.cancel(job_id=self.id)
        return self

    async def rerun(self, *, job_type: str | None = None, timeout: int | None = None) -> Self:  # noqa: ASYNC109 - the job's
        """Run the same once more, and give the new job.

        Args:
            job_type: Another job type than this one's.
            timeout: Another time limit than this one's, in seconds.

        Raises:
            BadRequest: This job has not ended.
        """
        made = await self._calls._again(self.id, job_type, timeout)
        return type(self)(self._calls, made)

    async def fork(
        self,
        *,
        code: CodeChoice,
        job_type: str | None = None,
        timeout: int | None = None,  # noqa: ASYNC109 - the job's
    ) -> Self:
        """Run other code with this job's input, and give the new job.

        Args:
            code: The program, or the path of its file.
            job_type: Another job type than this one's.
            timeout: Another time limit than this one's, in seconds.
        """
        made = await self._calls._branch(self.id, code, job_type, timeout)
        return type(self)(self._calls, made)

    async def events(self, *, after: str | None = None) -> AsyncIterator[models.JobEvent]:
        """Go through what happens to the job as it happens, until its end.

        Args:
            after: The `id` of the last event seen, to go on behind it.
        """
        async for event in self._calls.events(job_id=self.id, after=after):
            yield event

    async def lines(self, *, follow: bool = True) -> AsyncIterator[OutputLine]:
        """Go through the lines that the job writes.

        Args:
            follow: Whether to go on until the job has ended, rather than stop at what there is.
        """
        async for line in self._calls.lines(job_id=self.id, follow=follow):
            yield line

    async def read(self, name: str) -> bytes:
        """Get the content of a file that the job left, checked against its SHA-256."""
        return await self._calls.read_artifact(job_id=self.id, name=name)

    async def download(self, name: str, *, to: str | PathLike[str] = ".") -> Path:
        """Write a file that the job left to disk, and give its path.

        Args:
            name: The file's name.
            to: A path, or a folder in which it keeps its name.
        """
        return await self._calls.download_artifact(job_id=self.id, name=name, to=to)

    async def download_all(self, *, to: str | PathLike[str] = ".") -> Path:
        """Write all files that the job left to disk as one zip archive, and give its path.

        Args:
            to: A path, or a folder in which the archive is named after the job.
        """
        return await self._calls.download_artifacts(job_id=self.id, to=to)
