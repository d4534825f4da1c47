"""What goes wrong with jobs and their files."""

from typing import TYPE_CHECKING

from evalwright._errors.base import EvalwrightError
from evalwright._errors.waiting import WaitTimeout

if TYPE_CHECKING:
    from evalwright_api.models import Job, TaskRun

_TAIL_LINES = 12
_TAIL_CHARACTERS = 2_000


class JobFailed(EvalwrightError, RuntimeError):
    """A job ended without success."""

    job_id: str
    """The job."""

    status: str
    """How it ended: `failed`, `timeout`, `oom` or `cancelled`."""

    kind: str | None
    """The kind of error, such as `value_error`, `timeout` or `syntax_error`."""

    message: str | None
    """What went wrong, as the server says."""

    exit_code: int | None
    """The program's exit code; 128+N after signal N, None if it never ran."""

    stdout: str
    """What it wrote."""

    stderr: str
    """What it wrote about errors; its end is in the text of this error."""

    def __init__(
        self,
        *,
        job_id: str,
        status: str,
        kind: str | None = None,
        message: str | None = None,
        exit_code: int | None = None,
        stdout: str = "",
        stderr: str = "",
    ) -> None:
        super().__init__(_tell(job_id, status, kind, message, exit_code, stderr))
        self.job_id = job_id
        self.status = status
        self.kind = kind
        self.message = message
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr


class UnexpectedResult(EvalwrightError, TypeError):
    """A function that ran as a job gave something else than it says it gives."""

    job_id: str
    """The job."""

    result: object
    """What it gave, as JSON."""

    def __init__(self, *, job_id: str, result: object, reason: str) -> None:
        super().__init__(f"the result of job {job_id} is not what the function promises: {reason}")
        self.job_id = job_id
        self.result = result


class ChecksumMismatch(EvalwrightError):
    """A file did not arrive as it was sent, so it was thrown away."""

    name: str
    """The file's name."""

    expected: str
    """The SHA-256 that the server says."""

    found: str
    """The SHA-256 of what came."""

    def __init__(self, *, name: str, expected: str, found: str) -> None:
        super().__init__(
            f"{name!r} did not arrive as it was sent: its SHA-256 is {found}, not {expected}. "
            "Download it again; if that does not help, something between here and the server "
            "changes files"
        )
        self.name = name
        self.expected = expected
        self.found = found


class JobWaitTimeout(WaitTimeout):
    """The job did not end in time; it goes on, only the waiting ended."""

    job_id: str
    """The job, to wait for it again."""

    run_id: str
    """The same as `job_id`."""

    run: "TaskRun | None"
    """Always None: it is no run of a task."""

    job: "Job | None"
    """The job as last seen; None when the server could not be asked even once."""

    def __init__(self, *, job_id: str, job: "Job | None", timeout: float) -> None:
        seen = "it was never seen" if job is None else f"it is {str(job.status)!r}"
        EvalwrightError.__init__(
            self,
            f"job {job_id} did not end within {timeout:g} s: {seen}. It goes on; wait again with "
            "wait_for_job(job_id=...) or stop it with cancel(job_id=...)",
        )
        self.run_id = self.job_id = job_id
        self.run = None
        self.job = job
        self.timeout = timeout


def _tell(
    job_id: str,
    status: str,
    kind: str | None,
    message: str | None,
    exit_code: int | None,
    stderr: str,
) -> str:
    outcome = {"oom": "ran out of memory", "timeout": "ran out of time", "failed": "failed"}
    text = f"job {job_id} {outcome.get(status, f'is {status}')}"
    text += f" ({kind})" if kind and kind != status else ""
    text += f": {message.rstrip('.')}" if message else ""
    if exit_code is not None and exit_code >= 0 and "exit code" not in text:
        text += f"; exit code {exit_code}"
    tail = "\n".join(stderr.rstrip().splitlines()[-_TAIL_LINES:])[-_TAIL_CHARACTERS:]
    return f"{text}; stderr ends with\n{tail}" if tail else text
