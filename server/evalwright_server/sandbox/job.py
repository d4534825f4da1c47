"""What goes into a sandbox and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from evalwright_server.egress.policy import NetworkPolicy
from evalwright_server.sandbox.isolation import Isolation

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """How much a job may take.

    Attributes:
        wall_seconds: From the first instruction of the job to its end.
        stall_seconds: Longest pause between two messages; None is as long as `wall_seconds`.
        cpu_seconds: Processor time of all processes; None for as much as the time allows.
        cpus: How many processors the job may keep busy; None for all.
        memory_bytes: Of all processes of the job together, with the files they write.
        allocation_bytes: Memory of each process beyond which an allocation fails, which the program
            can handle, rather than to end the job; None for no such limit.
        processes: Processes and threads at any one time.
        open_files: Of each process.
        file_bytes: The largest file.
        files: Files, directories and links in each of /tmp, /output and /dev/shm.
        tmp_bytes: Size of /tmp and of /dev/shm.
        output_bytes: Size of /output.
        stream_bytes: How much of stdout, and of stderr, is kept; the rest is read and dropped.
        message_bytes: Longest message.
        grace_seconds: From SIGTERM to SIGKILL for a job that ran out of time.
    """

    wall_seconds: float = 60.0
    stall_seconds: float | None = None
    cpu_seconds: float | None = None
    cpus: float | None = None
    memory_bytes: int = 512 * MIB
    allocation_bytes: int | None = None
    processes: int = 32
    open_files: int = 256
    file_bytes: int = 64 * MIB
    files: int = 20_000
    tmp_bytes: int = 64 * MIB
    output_bytes: int = 64 * MIB
    stream_bytes: int = 64 * 1024
    message_bytes: int = 256 * 1024
    grace_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class SandboxJob:
    """A Python program to run in isolation.

    It is /code/main.py for itself, finds its files in /input, may write to /tmp and /output, and
    may send messages, one a line, by writing to file descriptor 3. It has the standard library and
    the packages it is given.

    Attributes:
        script: Python source, run as `__main__`.
        files: Contents by plain file name, read-only below /input.
        environment: Variables besides those every job has.
        limits: How much it may take.
        site_packages: Directory of packages, read-only at /env/site-packages.
        preload: Modules imported before the job is known, where that saves time.
        template: Whose template the job may start from: one per tenant and environment. None for a
            sandbox of its own.
        network: What it may reach; nothing without.
        label: What the log calls it where it tells what it reached.
    """

    script: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: SandboxLimits = field(default_factory=SandboxLimits)
    site_packages: Path | None = None
    preload: tuple[str, ...] = ()
    template: str | None = None
    network: NetworkPolicy | None = None
    label: str = "a job"


class SandboxStatus(StrEnum):
    """How a job ended, as its supervisor saw it; nothing a program says takes part."""

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
class SandboxUsage:
    """What a job took, over its whole tree of processes.

    Attributes:
        cpu_seconds: Processor time, in user and system mode.
        peak_memory_bytes: The most memory at any time, as far as it can be seen.
        io_read_bytes: Read by system calls, from files and pipes alike.
        io_write_bytes: Written by system calls.
        wall_seconds: From the first instruction to the end.
    """

    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    io_read_bytes: int = 0
    io_write_bytes: int = 0
    wall_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """The end of a job.

    Attributes:
        status: How it ended.
        reason: The same for people; empty for an ordinary exit.
        exit_code: Of the program, 128 + N when signal N ended it; None when nobody could see it.
        signal: The signal that ended it, if one did.
        stdout: The first part of what it printed.
        stderr: The first part of what it printed there.
        stdout_truncated: Whether it printed more.
        stderr_truncated: Whether it printed more there.
        usage: What it took.
        startup_seconds: Until the first instruction could run; None if it never could.
        duration: Wall-clock seconds from first instruction to end.
        was_warm: Whether a sandbox stood ready.
        isolation: What kept it apart from the host.
    """

    status: SandboxStatus
    reason: str
    exit_code: int | None
    signal: int | None
    stdout: str
    stderr: str
    stdout_truncated: bool
    stderr_truncated: bool
    usage: SandboxUsage
    startup_seconds: float | None
    duration: float
    was_warm: bool
    isolation: Isolation

    @property
    def peak_memory_bytes(self) -> int:
        """The most memory at any time; see `usage`."""
        return self.usage.peak_memory_bytes
