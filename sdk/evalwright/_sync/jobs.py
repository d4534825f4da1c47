# Generated from sdk/evalwright/_async/jobs.py by scripts/unasync.py: do not edit.
"""Jobs."""

from collections.abc import Iterator

from evalwright._errors.api import NotFound
from evalwright._jobs import CodeChoice
from evalwright._sync.job import Job
from evalwright._sync.job_functions import JobFunctions
from evalwright._sync.job_state import Progress
from evalwright_api import api, models


class JobsClient(JobFunctions):
    """Python programs that run in a sandbox of the server's."""

    def get(self, *, job_id: str, full: bool = True) -> Job:
        """Get a job as it is now.

        Args:
            job_id: The job.
            full: Whether to ask for everything, rather than only where it stands.
        """
        return Job(self, self._see(job_id, full=full))

    def wait_for_job(
        self,
        *,
        job_id: str,
        poll_interval: float = 5.0,
        timeout: float = 600.0,
        on_progress: Progress | None = None,
    ) -> Job:
        """Wait until a job has ended, well or not, and give it.

        A server that holds requests back tells at once; others are asked now and then. Errors that
        may pass, such as a server that restarts, don't end the wait.

        Args:
            job_id: The job.
            poll_interval: Seconds between two looks at servers that don't hold requests back.
            timeout: Seconds to wait at most.
            on_progress: Called with the job's state whenever it has changed, also at the end. What
                it raises is logged and ignored.

        Raises:
            JobWaitTimeout: Time is up; the error carries the job as last seen. The job goes on.
        """
        return Job(self, self._see_end(job_id, poll_interval, timeout, on_progress))

    def rerun(
        self,
        *,
        job_id: str,
        job_type: str | None = None,
        timeout: int | None = None,
    ) -> Job:
        """Run a finished job once more; the new one says what is equal in both.

        Args:
            job_id: The job.
            job_type: Another job type than the job's.
            timeout: Another time limit than the job's, in seconds.

        Raises:
            BadRequest: The job has not ended.
        """
        return Job(self, self._again(job_id, job_type, timeout))

    def fork(
        self,
        *,
        job_id: str,
        code: CodeChoice,
        job_type: str | None = None,
        timeout: int | None = None,
    ) -> Job:
        """Run other code with a job's input.

        Args:
            job_id: The job.
            code: The program, or the path of its file.
            job_type: Another job type than the job's.
            timeout: Another time limit than the job's, in seconds.
        """
        return Job(self, self._branch(job_id, code, job_type, timeout))

    def lineage(self, *, job_id: str) -> Iterator[Job]:
        """Go from a job to the one it was made from, and on to the first; parents may be gone."""
        seen: set[str] = set()
        following: str | None = job_id
        while following is not None and following not in seen:
            seen.add(following)
            try:
                job = self.get(job_id=following)
            except NotFound:
                if len(seen) == 1:
                    raise
                return
            yield job
            following = job.parent_id

    def list(
        self,
        *,
        status: models.JobStatus | str | None = None,
        job_type: str | None = None,
        limit: int = 100,
        offset: int = 0,
        full: bool = False,
    ) -> models.ExecutionPage:
        """Get one page of the records of jobs and executions, newest first.

        Args:
            status: Only records with this status.
            job_type: Only records of this job type.
            limit: The largest number of rows, 1 to 1000.
            offset: How many to pass over.
            full: Whether to ask for everything that is known of each.
        """
        view = "full" if full else None
        return self._session.send(
            api.executions.list_executions(
                status=status, job_type=job_type, limit=limit, offset=offset, view=view
            )
        )

    def iter(
        self,
        *,
        status: models.JobStatus | str | None = None,
        job_type: str | None = None,
        page_size: int = 100,
        full: bool = False,
    ) -> Iterator[models.Execution]:
        """Go through the records of all jobs and executions, newest first, reading page by page.

        Args:
            status: Only records with this status.
            job_type: Only records of this job type.
            page_size: How many to read at a time, 1 to 1000.
            full: Whether to ask for everything that is known of each.
        """
        offset = 0
        before: set[str] = set()
        while True:
            page = self.list(
                status=status, job_type=job_type, limit=page_size, offset=offset, full=full
            )
            for record in page.items:
                # What is submitted meanwhile pushes records that were seen to the next page.
                if record.execution_id not in before:
                    yield record
            before = {record.execution_id for record in page.items}
            offset += len(page.items)
            if not page.has_more or not page.items:
                return
