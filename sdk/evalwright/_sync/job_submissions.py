# Generated from sdk/evalwright/_async/job_submissions.py by scripts/unasync.py: do not edit.
"""Handing programs over."""

from collections.abc import Mapping, Sequence

from evalwright._jobs import (
    CodeChoice,
    LimitsChoice,
    WebhookChoice,
    patience,
    submission,
)
from evalwright._keys import new_key
from evalwright._sync.job import Job
from evalwright._sync.job_artifacts import JobArtifacts
from evalwright._sync.job_state import Progress
from evalwright_api import api, models


class JobSubmissions(JobArtifacts):
    """The part of `JobsClient` that starts programs."""

    def submit(
        self,
        *,
        code: CodeChoice,
        input_data: Mapping[str, object] | None = None,
        timeout: int | None = None,
        startup_timeout: int | None = None,
        job_type: str | None = None,
        requirements: Sequence[str] | None = None,
        limits: LimitsChoice | None = None,
        webhook: WebhookChoice | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Hand a program over to be run as soon as a worker is free.

        Args:
            code: The program, or the path of its file, as in `Path("fit.py")`.
            input_data: What it finds in /input/data.json.
            timeout: Seconds it may run; the job type's when None.
            startup_timeout: Seconds that sandbox and packages may take before it starts.
            job_type: The kind of job; `default` when None.
            requirements: Packages to install first, such as `numpy>=2`.
            limits: How much less it may take than its job type allows.
            webhook: Whom to tell when it has ended.
            idempotency_key: A second submission with it gets the first one's job; a fresh one when
                None, so that retries don't run a program twice.

        Raises:
            InvalidRequest: Naming every argument that can't work.
            Conflict: The key belongs to another submission.
        """
        body = submission(
            code=code,
            input_data=input_data,
            timeout=timeout,
            startup_timeout=startup_timeout,
            job_type=job_type,
            requirements=requirements,
            limits=limits,
            webhook=webhook,
            idempotency_key=new_key() if idempotency_key is None else idempotency_key,
        )
        request = api.jobs.submit_job(body=body)
        response = self._session.send_full(request, is_repeatable=True)
        return Job(self, response.value)

    def run(
        self,
        *,
        code: CodeChoice,
        input_data: Mapping[str, object] | None = None,
        timeout: int | None = None,
        startup_timeout: int | None = None,
        job_type: str | None = None,
        requirements: Sequence[str] | None = None,
        limits: LimitsChoice | None = None,
        webhook: WebhookChoice | None = None,
        idempotency_key: str | None = None,
        wait_timeout: float = 600.0,
        on_progress: Progress | None = None,
    ) -> Job:
        """Submit a program, wait for its end, and give the job, whatever became of it.

        Arguments are those of `submit`, and these:

        Args:
            code: The program, or the path of its file.
            input_data: What it finds in /input/data.json.
            timeout: Seconds it may run; the job type's when None.
            startup_timeout: Seconds that sandbox and packages may take before it starts.
            job_type: The kind of job; `default` when None.
            requirements: Packages to install first, such as `numpy>=2`.
            limits: How much less it may take than its job type allows.
            webhook: Whom to tell when it has ended.
            idempotency_key: A second submission with it gets the first one's job.
            wait_timeout: Seconds to wait at most, for a place in the queue too.
            on_progress: Called with the job's state whenever it has changed.

        Raises:
            InvalidRequest: Naming every argument that can't work.
            JobWaitTimeout: Time is up; the job goes on.
        """
        job = self.submit(
            code=code,
            input_data=input_data,
            timeout=timeout,
            startup_timeout=startup_timeout,
            job_type=job_type,
            requirements=requirements,
            limits=limits,
            webhook=webhook,
            idempotency_key=idempotency_key,
        )
        return job.wait(timeout=wait_timeout, on_progress=on_progress)

    def execute(
        self,
        *,
        code: CodeChoice,
        input_data: Mapping[str, object] | None = None,
        timeout: int | None = None,
        startup_timeout: int | None = None,
        job_type: str | None = None,
        requirements: Sequence[str] | None = None,
        limits: LimitsChoice | None = None,
    ) -> models.ExecuteResponse:
        """Run a program in one request, which the server answers at its end.

        The quickest way for short programs. It is never sent twice: if the connection breaks, only
        `list` tells whether it ran. For anything that matters, take `run`.

        Args:
            code: The program, or the path of its file.
            input_data: What it finds in /input/data.json.
            timeout: Seconds it may run; the job type's when None.
            startup_timeout: Seconds that sandbox and packages may take before it starts.
            job_type: The kind of job; `default` when None.
            requirements: Packages to install first, such as `numpy>=2`.
            limits: How much less it may take than its job type allows.

        Raises:
            InvalidRequest: Naming every argument that can't work.
        """
        body = submission(
            code=code,
            input_data=input_data,
            timeout=timeout,
            startup_timeout=startup_timeout,
            job_type=job_type,
            requirements=requirements,
            limits=limits,
        )
        seconds = max(patience(timeout, startup_timeout), self._session.config.timeout)
        response = self._session.send_full(api.jobs.execute_job(body=body), timeout=seconds)
        return response.value
