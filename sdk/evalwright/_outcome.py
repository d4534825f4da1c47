"""What is known of a job, and what became of it."""

from typing import Self

from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._errors.jobs import JobFailed
from evalwright._jobs import is_final, job_has_ended, present
from evalwright_api import models

Seen = models.Job | models.SubmittedJob | models.DerivedJob
"""What a server says of a job."""


class Outcome:
    """The part of a job in hand that needs no server: what was last seen of it."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r}, status={str(self.status)!r})"

    @property
    def id(self) -> str:
        """Its ID."""
        return self._seen.job_id

    @property
    def seen(self) -> Seen:
        """What the server last said of it, however much that was."""
        return self._seen

    @property
    def status(self) -> models.JobStatus:
        """Where it stood when last looked at."""
        return self._seen.status

    @property
    def state(self) -> models.Job | None:
        """Everything the server said of it; None until it was looked at once."""
        return self._seen if isinstance(self._seen, models.Job) else None

    @property
    def has_ended(self) -> bool:
        """Whether it had ended when last looked at."""
        if isinstance(self._seen, models.Job):
            return job_has_ended(self._seen)
        return is_final(self._seen.status)

    @property
    def stdout(self) -> str:
        """What the program wrote; empty until the end."""
        return (self.state and present(self.state.stdout)) or ""

    @property
    def stderr(self) -> str:
        """What the program wrote about errors; empty until the end."""
        return (self.state and present(self.state.stderr)) or ""

    @property
    def output(self) -> dict[str, object] | None:
        """What the program wrote to /output/result.json."""
        return None if self.state is None else present(self.state.output)

    @property
    def exit_code(self) -> int | None:
        """The program's exit code; 128+N after signal N."""
        return None if self.state is None else present(self.state.exit_code)

    @property
    def error(self) -> models.ExecutionError | None:
        """What went wrong; None where nothing did."""
        return None if self.state is None else present(self.state.error)

    @property
    def note(self) -> str | None:
        """What is worth knowing besides, such as why there is no output."""
        return None if self.state is None else present(self.state.note)

    @property
    def artifacts(self) -> list[models.JobArtifact]:
        """The files it left in /output."""
        return (self.state and present(self.state.artifacts)) or []

    @property
    def usage(self) -> models.ResourceUsage | None:
        """What it took: processor time, memory, bytes read and written."""
        return None if self.state is None else present(self.state.resource_usage)

    @property
    def parent_id(self) -> str | None:
        """The job it was made from by a rerun or a fork."""
        if isinstance(self._seen, models.SubmittedJob):
            return None
        return present(self._seen.parent_execution_id)

    @property
    def comparison(self) -> models.Comparison | None:
        """What is equal in it and its parent; None where there is no parent."""
        return None if self.state is None else present(self.state.comparison)

    def raise_for_status(self) -> Self:
        """Give the job itself if it has succeeded.

        Raises:
            JobFailed: It ended otherwise; the error has the end of stderr.
            InvalidRequest: It had not ended when last looked at.
        """
        if self.status == models.JobStatus.SUCCEEDED:
            return self
        if not self.has_ended:
            cure = f"job {self.id} is {str(self.status)!r}: wait() for its end first"
            raise InvalidRequest([FieldError("", cure)])
        raise JobFailed(
            job_id=self.id,
            status=str(self.status),
            kind=self.error.type if self.error else None,
            message=self.error.message if self.error else None,
            exit_code=self.exit_code,
            stdout=self.stdout,
            stderr=self.stderr,
        )
