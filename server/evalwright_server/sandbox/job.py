"""What goes into a sandbox and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """How much a job may take.

    Attributes:
        wall_seconds: From the first instruction of the job to its end.
        stall_seconds: Longest pause between two messages; None is as long as `wall_seconds`.
        memory_bytes: Of all processes of the job together.
        processes: Processes and threads at any one time.
        tmp_bytes: Size of /tmp, the only place a job can write to, and of any one file.
        tmp_files: How many files, directories and links /tmp may hold.
        output_bytes: How much of stdout, and of stderr, is kept; the rest is read and dropped.
        message_bytes: Longest message.
    """

    wall_seconds: float = 60.0
    stall_seconds: float | None = None
    memory_bytes: int = 512 * MIB
    processes: int = 32
    tmp_bytes: int = 64 * MIB
    tmp_files: int = 20_000
    output_bytes: int = 64 * 1024
    message_bytes: int = 256 * 1024


@dataclass(frozen=True, slots=True)
class SandboxJob:
    """A Python program to run in isolation.

    The program finds its files in /job, may write to /tmp, and sends messages, one a line, by
    writing to file descriptor 3. It has the standard library and nothing else.

    Attributes:
        script: Python source, run as `__main__`.
        files: Contents by plain file name.
        limits: How much it may take.
    """

    script: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    limits: SandboxLimits = field(default_factory=SandboxLimits)


class SandboxStatus(StrEnum):
    """How a job ended."""

    EXITED = "exited"
    """By itself; the exit code says the rest."""
    TIMEOUT = "timeout"
    """It used up its wall-clock or processor time."""
    STALLED = "stalled"
    """It sent no message for too long."""
    OOM = "oom"
    """It used too much memory or too many files."""
    KILLED = "killed"
    """Something outside ended it, or it broke the rules of the message channel."""


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """The end of a job.

    Attributes:
        status: How it ended.
        reason: The same for people; empty for an ordinary exit.
        exit_code: Of the program, 128 + N when signal N ended it; None when it was killed from
            outside.
        stdout: The first part of what it printed.
        stderr: The first part of what it printed there.
        duration: Wall-clock seconds from first instruction to end.
        peak_memory_bytes: The most that was seen, sampled.
    """

    status: SandboxStatus
    reason: str
    exit_code: int | None
    stdout: str
    stderr: str
    duration: float
    peak_memory_bytes: int
