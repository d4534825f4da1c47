"""How jobs are judged by what was measured, and by nothing else."""

import pytest

from evalwright_server.runs.job_verdict import ON_REQUEST, OVERDUE, judge
from evalwright_server.sandbox import Isolation, SandboxResult, SandboxStatus, SandboxUsage

S = SandboxStatus
TRACEBACK = 'Traceback (most recent call last):\n  File "/code/main.py", line 1\nMemoryError'


def ended(
    status: SandboxStatus, exit_code: int | None, signal: int | None = None, stderr: str = ""
) -> SandboxResult:
    return SandboxResult(
        status,
        "a reason",
        exit_code,
        signal,
        "",
        stderr,
        False,
        False,
        SandboxUsage(),
        0.0,
        0.0,
        True,
        Isolation("bubblewrap", "namespaces", ()),
    )


@pytest.mark.parametrize(
    ("result", "state", "exit_code", "word", "phase"),
    [
        (ended(S.EXITED, 0), "succeeded", 0, None, "completed"),
        (ended(S.EXITED, 0, stderr=TRACEBACK), "succeeded", 0, None, "completed"),
        (ended(S.EXITED, 1), "failed", 1, "runtime_error", "failed"),
        (ended(S.EXITED, 1, stderr=TRACEBACK), "failed", 1, "runtime_error", "failed"),
        (ended(S.EXITED, 124), "failed", 124, "runtime_error", "failed"),
        (ended(S.EXITED, 137), "failed", 137, "runtime_error", "failed"),
        (ended(S.EXITED, 137, 9), "failed", 137, "killed", "failed"),
        (ended(S.EXITED, 139, 11), "failed", 139, "segfault", "failed"),
        (ended(S.EXITED, None), "failed", 137, "runtime_error", "failed"),
        (ended(S.TIMEOUT, 0), "timeout", 124, "execution_timeout", "execution"),
        (ended(S.TIMEOUT, None, 9), "timeout", 124, "execution_timeout", "execution"),
        (ended(S.STALLED, None), "timeout", 124, "execution_timeout", "execution"),
        (ended(S.OOM, 0), "oom", 137, "oom", "execution"),
        (ended(S.OOM, None, 9), "oom", 137, "oom", "execution"),
        (ended(S.KILLED, None), "failed", 137, "killed", "execution"),
    ],
)
def test_the_status_follows_what_was_measured(
    result: SandboxResult, state: str, exit_code: int, word: str | None, phase: str
) -> None:
    verdict = judge(result)
    assert (verdict.state, verdict.exit_code, verdict.phase) == (state, exit_code, phase)
    assert (verdict.error.type if verdict.error else None) == word


def test_a_cancelled_program_was_killed() -> None:
    verdict = ON_REQUEST.judge(ended(S.KILLED, None))
    assert (verdict.state, verdict.exit_code) == ("cancelled", 137)
    assert verdict.error is not None
    assert verdict.error.type == "cancelled"


def test_a_program_that_nobody_ended_in_time_ran_out_of_it() -> None:
    verdict = OVERDUE.judge(ended(S.KILLED, None, 9))
    assert (verdict.state, verdict.exit_code) == ("timeout", 124)
    assert verdict.error is not None
    assert verdict.error.type == "timeout"
