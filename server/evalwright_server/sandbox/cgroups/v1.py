"""Groups of the first version: one tree of directories for each controller."""

from pathlib import Path
from typing import Final

from evalwright_server.sandbox.cgroups.control_files import (
    kill_members,
    read_field,
    read_number,
    write,
    write_if_there,
)
from evalwright_server.sandbox.cgroups.group import Group
from evalwright_server.sandbox.cgroups.limits import CgroupLimits

PERIOD_MICROSECONDS: Final = 100_000
LEAST_QUOTA: Final = 1000
"""Microseconds; the kernel takes no less."""
ALONE: Final = "memory.limit_in_bytes"
WITH_SWAP: Final = "memory.memsw.limit_in_bytes"


class GroupV1(Group):
    """A directory of the same name in each tree."""

    def __init__(self, name: str, directories: dict[str, Path]) -> None:
        """Take over directories that exist.

        Args:
            name: Of the group.
            directories: By controller; several controllers may share one.
        """
        super().__init__(name, tuple(dict.fromkeys(directories.values())))
        self._memory = directories["memory"]
        self._pids = directories["pids"]
        self._cpu = directories.get("cpu")
        self._accounting = directories.get("cpuacct")

    def restrict(self, limits: CgroupLimits) -> None:
        """Set limits."""
        self._restrict_memory(limits.memory_bytes)
        write(self._pids, "pids.max", limits.processes)
        if self._cpu is not None and limits.cpus is not None:
            write(self._cpu, "cpu.cfs_quota_us", quota(limits.cpus))

    def _restrict_memory(self, size: int) -> None:
        """Limit memory alone, and with swap space: else the job would be swapped out, not ended.

        The second limit may at no time be the smaller one.
        """
        grows = size > read_number(self._memory, ALONE)
        if grows:
            write_if_there(self._memory, WITH_SWAP, size)
        write(self._memory, ALONE, size)
        if not grows:
            write_if_there(self._memory, WITH_SWAP, size)

    def oom_killed(self) -> bool:
        """Tell whether memory ran out; `failcnt` does not always count."""
        return read_field(self._memory, "memory.oom_control", "oom_kill") > 0

    def memory_bytes(self) -> int:
        """Return the memory in use."""
        return read_number(self._memory, "memory.usage_in_bytes")

    def peak_bytes(self) -> int:
        """Return the most memory."""
        return read_number(self._memory, "memory.max_usage_in_bytes")

    def cpu_seconds(self) -> float:
        """Return the processor time."""
        if self._accounting is None:
            return 0.0
        return read_number(self._accounting, "cpuacct.usage") / 1e9

    def kill(self) -> None:
        """Kill all; no process can be forked after the first line."""
        write_if_there(self._pids, "pids.max", 0)
        kill_members(self._pids)


def quota(cpus: float) -> int:
    """Return the microseconds in each period for a share of the processors."""
    return max(LEAST_QUOTA, round(cpus * PERIOD_MICROSECONDS))
