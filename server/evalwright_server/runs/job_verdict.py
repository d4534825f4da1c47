"""From what a supervisor measured to how a job ended. Nothing a program says takes part."""

from dataclasses import dataclass
from typing import Final

from evalwright_server.runs.job_errors import EXECUTION, error_of_exit
from evalwright_server.runs.job_report import JobError
from evalwright_server.runs.states import State
from evalwright_server.sandbox import SandboxResult, SandboxStatus

NEVER_RAN: Final = -1
"""The exit code of a job whose code never ran."""
TIMED_OUT: Final = 124
"""That of one that ran out of time, as the command `timeout` has it."""
KILLED: Final = 137
"""That of one that was killed: 128 + SIGKILL."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a job ended.

    Attributes:
        state: Its final state.
        exit_code: What answers show as such.
        error: What went wrong; None exactly if it succeeded.
        phase: How far it came: `startup`, `execution`, `completed` or `failed`.
    """

    state: State
    exit_code: int
    error: JobError | None
    phase: str


def judge(result: SandboxResult) -> Verdict:
    """Say how a program ended that was started."""
    reason, code = result.reason, result.exit_code
    match result.status:
        case SandboxStatus.EXITED if code == 0:
            return Verdict(State.SUCCEEDED, 0, None, "completed")
        case SandboxStatus.EXITED:
            error = error_of_exit(code, result.signal, result.stderr)
            return Verdict(State.FAILED, KILLED if code is None else code, error, "failed")
        case SandboxStatus.TIMEOUT | SandboxStatus.STALLED:
            error = JobError("execution_timeout", reason or "it ran out of time", EXECUTION)
            return Verdict(State.TIMEOUT, TIMED_OUT, error, EXECUTION)
        case SandboxStatus.OOM:
            error = JobError("oom", reason or "it needed too much memory", EXECUTION)
            return Verdict(State.OOM, KILLED, error, EXECUTION)
        case SandboxStatus.KILLED:
            error = JobError("killed", reason or "it was ended from outside", EXECUTION)
            return Verdict(State.FAILED, code or KILLED, error, EXECUTION)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a job is ended from outside.

    Attributes:
        state: How it ends by that.
        word: The type of its error.
        message: What happened.
    """

    state: State
    word: str
    message: str

    def judge(self, result: SandboxResult) -> Verdict:
        """Say how a program ended that was killed for this."""
        error = JobError(self.word, self.message, EXECUTION)
        code = TIMED_OUT if self.state is State.TIMEOUT else result.exit_code or KILLED
        return Verdict(self.state, code, error, EXECUTION)


ON_REQUEST: Final = Stop(State.CANCELLED, "cancelled", "cancelled on request")
"""Somebody asked for it."""
OVERDUE: Final = Stop(
    State.TIMEOUT, "timeout", "it did not end in the time for starting and running together"
)
"""Not even its supervisor ended it in time."""
