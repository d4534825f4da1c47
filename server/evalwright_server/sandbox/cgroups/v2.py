"""Groups of the second version: one tree for all controllers."""

from pathlib import Path

from evalwright_server.sandbox.cgroups.control_files import (
    kill_members,
    read_field,
    read_number,
    write,
    write_if_there,
)
from evalwright_server.sandbox.cgroups.group import Group
from evalwright_server.sandbox.cgroups.limits import CgroupLimits
from evalwright_server.sandbox.cgroups.v1 import PERIOD_MICROSECONDS, quota


class GroupV2(Group):
    """A directory."""

    def __init__(self, name: str, directory: Path) -> None:
        """Take over a directory that exists."""
        super().__init__(name, (directory,))
        self._directory = directory

    def restrict(self, limits: CgroupLimits) -> None:
        """Set limits.

        Not `memory.oom.group`: the agent is in the group too, and is to tell of the end.
        """
        write(self._directory, "memory.max", limits.memory_bytes)
        write_if_there(self._directory, "memory.swap.max", 0)
        write(self._directory, "pids.max", limits.processes)
        if limits.cpus is not None:
            share = f"{quota(limits.cpus)} {PERIOD_MICROSECONDS}"
            write_if_there(self._directory, "cpu.max", share)

    def oom_killed(self) -> bool:
        """Tell whether memory ran out."""
        return read_field(self._directory, "memory.events", "oom_kill") > 0

    def memory_bytes(self) -> int:
        """Return the memory in use."""
        return read_number(self._directory, "memory.current")

    def peak_bytes(self) -> int:
        """Return the most memory."""
        return read_number(self._directory, "memory.peak")

    def cpu_seconds(self) -> float:
        """Return the processor time."""
        return read_field(self._directory, "cpu.stat", "usage_usec") / 1e6

    def kill(self) -> None:
        """Kill all at once; one by one before Linux 5.14."""
        try:
            write(self._directory, "cgroup.kill", 1)
        except FileNotFoundError:
            write_if_there(self._directory, "pids.max", 0)
            kill_members(self._directory)
