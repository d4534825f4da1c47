"""Limits that the kernel keeps for each process, and how an end is explained by them."""

import math
import signal
from typing import Final

from evalwright_server.sandbox.job import MIB, SandboxLimits, SandboxStatus
from evalwright_server.sandbox.slot import AgentReport

_BACKSTOP: Final = 1024 * MIB


def resource_limits(limits: SandboxLimits, *, kernel_counts_memory: bool) -> dict[str, int]:
    """Translate limits into those of the `resource` module.

    Args:
        limits: What a job may take.
        kernel_counts_memory: Whether a cgroup limits memory; else a process is stopped here when
            it grows so fast that the watcher would come too late.
    """
    found = {
        "CPU": math.ceil(limits.wall_seconds if limits.cpu_seconds is None else limits.cpu_seconds)
        + 1,
        "FSIZE": limits.file_bytes,
        "NPROC": limits.processes,
        "NOFILE": limits.open_files,
        "CORE": 0,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
    }
    if not kernel_counts_memory:
        found["DATA"] = 2 * limits.memory_bytes + _BACKSTOP
    if limits.cpu_seconds is None and (limits.cpus is None or limits.cpus > 1):
        # Threads on several processors use time faster than the clock runs; that one decides.
        del found["CPU"]
    return found


def memory_reason(limits: SandboxLimits) -> str:
    """Say which limit on memory was passed."""
    return f"needed more than {limits.memory_bytes // MIB} MiB of memory"


def cpu_reason(limits: SandboxLimits) -> str:
    """Say which limit on processor time was passed."""
    allowed = limits.wall_seconds if limits.cpu_seconds is None else limits.cpu_seconds
    return f"used more than {allowed:g} s of processor time"


def explain_exit(
    report: AgentReport | None, limits: SandboxLimits, *, was_out_of_memory: bool
) -> tuple[SandboxStatus, str]:
    """Tell an ordinary end from one that a limit brought about inside.

    Args:
        report: None when the agent itself was killed, say by the kernel for lack of memory.
        limits: For the wording.
        was_out_of_memory: Whether the kernel killed a process of the job for its memory.
    """
    if was_out_of_memory:
        return SandboxStatus.OOM, memory_reason(limits)
    if report is None:
        return SandboxStatus.KILLED, "was ended from outside"
    if report.signal == signal.SIGXCPU:
        return SandboxStatus.TIMEOUT, cpu_reason(limits)
    return SandboxStatus.EXITED, ""
