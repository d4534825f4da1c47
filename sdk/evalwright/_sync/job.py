# Generated from sdk/evalwright/_async/job.py by scripts/unasync.py: do not edit.
"""A job in hand."""

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Self

from evalwright._jobs import CodeChoice
from evalwright._outcome import Outcome, Seen
from evalwright._output import OutputLine
from evalwright._sync.job_artifacts import JobArtifacts
from evalwright._sync.job_state import Progress
from evalwright_api import models


class Job(Outcome):
    """A job, as it was last seen.

    What it is and what became of it can be read at any time; `wait` and `refresh` look again. Two
    of them for one job don't know of each other.
    """

    def __init__(self, calls: JobArtifacts, seen: Seen) -> None:
        super().__init__(seen)
        self._calls = calls

    def refresh(self) -> Self:
        """Look at the job again."""
        self._seen = self._calls._see(self.id, full=True)
        return self

    def wait(
        self,
        *,
        poll_interval: float = 5.0,
        timeout: float = 600.0,
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
            self._seen = self._calls._see_end(self.id, poll_interval, timeout, on_progress)
        return self

    def result(self, *, timeout: float = 600.0) -> models.Execution:
        """Wait until the job has ended, and give its whole record.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            JobWaitTimeout: Time is up; the job goes on.
        """
        self.wait(timeout=timeout)
        return self._calls.result(job_id=self.id)

    def cancel(self) -> Self:
        """Cancel the job; `wait` for it to see that it has ended.

        Raises:
            NotFound: It has ended.
        """
        self._calls.cancel(job_id=self.id)
        return self

    def rerun(self, *, job_type: str | None = None, timeout: int | None = None) -> Self:
        """Run the same once more, and give the new job.

        Args:
            job_type: Another job type than this one's.
            timeout: Another time limit than this one's, in seconds.

        Raises:
            BadRequest: This job has not ended.
        """
        made = self._calls._again(self.id, job_type, timeout)
        return type(self)(self._calls, made)

    def fork(
        self,
        *,
        code: CodeChoice,
        job_type: str | None = None,
        timeout: int | None = None,
    ) -> Self:
        """Run other code with this job's input, and give the new job.

        Args:
            code: The program, or the path of its file.
            job_type: Another job type than this one's.
            timeout: Another time limit than this one's, in seconds.
        """
        made = self._calls._branch(self.id, code, job_type, timeout)
        return type(self)(self._calls, made)

    def events(self, *, after: str | None = None) -> Iterator[models.JobEvent]:
        """Go through what happens to the job as it happens, until its end.

        Args:
            after: The `id` of the last event seen, to go on behind it.
        """
        yield from self._calls.events(job_id=self.id, after=after)

    def lines(self, *, follow: bool = True) -> Iterator[OutputLine]:
        """Go through the lines that the job writes.

        Args:
            follow: Whether to go on until the job has ended, rather than stop at what there is.
        """
        yield from self._calls.lines(job_id=self.id, follow=follow)

    def read(self, name: str) -> bytes:
        """Get the content of a file that the job left, checked against its SHA-256."""
        return self._calls.read_artifact(job_id=self.id, name=name)

    def download(self, name: str, *, to: str | PathLike[str] = ".") -> Path:
        """Write a file that the job left to disk, and give its path.

        Args:
            name: The file's name.
            to: A path, or a folder in which it keeps its name.
        """
        return self._calls.download_artifact(job_id=self.id, name=name, to=to)

    def download_all(self, *, to: str | PathLike[str] = ".") -> Path:
        """Write all files that the job left to disk as one zip archive, and give its path.

        Args:
            to: A path, or a folder in which the archive is named after the job.
        """
        return self._calls.download_artifacts(job_id=self.id, to=to)
