"""Limits that the kernel keeps for each process, and how ends are explained by measurements."""

import math
from typing import Final

from evalwright_server.sandbox.job import MIB, SandboxLimits, SandboxStatus
from evalwright_server.sandbox.slot import AgentReport

BACKSTOP: Final = 1024 * MIB
"""How far beyond its memory a process gets before allocations fail that no cgroup counts: the
watcher, which tells used memory from reserved memory, is to come first."""
SHARED: Final = 32 * MIB
"""What a process may count as its own that it shares with others: libraries, mostly."""


def resource_limits(limits: SandboxLimits, *, kernel_counts_memory: bool) -> dict[str, int]:
    """Translate limits into those of the `resource` module.

    Args:
        limits: What a job may take.
        kernel_counts_memory: Whether a cgroup limits memory.
    """
    found = {
        "FSIZE": limits.file_bytes,
        "NPROC": limits.processes,
        "NOFILE": limits.open_files,
        "CORE": 0,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
    }
    if limits.cpu_seconds is not None:
        # The kernel counts whole seconds, of each process by itself; the watcher is more exact.
        found["CPU"] = math.ceil(limits.cpu_seconds) + 1
    if limits.allocation_bytes is not None:
        found["DATA"] = limits.allocation_bytes
    elif not kernel_counts_memory:
        found["DATA"] = 2 * limits.memory_bytes + BACKSTOP
    return found


def memory_reason(limits: SandboxLimits) -> str:
    """Say which limit on memory was passed."""
    return f"needed more than {limits.memory_bytes // MIB} MiB of memory"


def cpu_reason(limits: SandboxLimits) -> str:
    """Say which limit on processor time was passed."""
    return f"used more than {limits.cpu_seconds:g} s of processor time"


def explain_exit(
    report: AgentReport | None,
    limits: SandboxLimits,
    *,
    cpu_seconds: float,
    oom_killed: bool | None,
) -> tuple[SandboxStatus, str]:
    """Tell an ordinary end from one that a limit brought about.

    Only what was measured counts: a job can print, raise and return anything, and send itself any
    signal.

    Args:
        report: None when the agent itself was killed.
        limits: What the job was allowed.
        cpu_seconds: What it used.
        oom_killed: Whether the kernel killed a process of it for its memory; None where it would
            not, and the memory of the largest process has to tell.
    """
    if oom_killed or (oom_killed is None and report is not None and is_too_large(report, limits)):
        return SandboxStatus.OOM, memory_reason(limits)
    if report is None:
        return SandboxStatus.KILLED, "was ended from outside"
    if limits.cpu_seconds is not None and cpu_seconds > limits.cpu_seconds:
        return SandboxStatus.TIMEOUT, cpu_reason(limits)
    return SandboxStatus.EXITED, ""


def is_too_large(report: AgentReport, limits: SandboxLimits) -> bool:
    """Tell whether a process grew beyond the limit between two looks of the watcher."""
    return report.largest_bytes > limits.memory_bytes + SHARED
