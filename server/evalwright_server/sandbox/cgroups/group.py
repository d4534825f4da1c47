"""One group: the limits of one job, and what it took."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from evalwright_server.sandbox.cgroups.control_files import MEMBERS, write
from evalwright_server.sandbox.cgroups.limits import CgroupLimits


class Group(ABC):
    """A group made for one job.

    Attributes:
        name: Of its directory.
    """

    def __init__(self, name: str, directories: tuple[Path, ...]) -> None:
        """Take over directories that exist.

        Args:
            name: Of the last part of each.
            directories: One for each hierarchy it is part of.
        """
        self.name = name
        self._directories = directories
        self.on_close: Callable[[tuple[Path, ...]], None] | None = None

    @abstractmethod
    def restrict(self, limits: CgroupLimits) -> None:
        """Set limits, before or after processes are in it.

        Raises:
            OSError: The kernel does not take them.
        """

    def add(self, host_pid: int) -> None:
        """Put a process in, with its threads; its later children are in it too.

        What memory it has so far stays charged to where it came from. This blocks: the kernel
        waits until no processor looks at the old group, 10 ms as a rule, so do it in a thread while
        the process gets ready. (File systems mounted with `favordynmods` take microseconds.)
        `restrict` is fast.

        Args:
            host_pid: Its ID as this process sees it.

        Raises:
            OSError: It is gone, or may not be moved.
        """
        for directory in self._directories:
            write(directory, MEMBERS, host_pid)

    def holds(self, host_pid: int) -> bool:
        """Tell whether a process is in it, in every hierarchy; False when it is gone."""
        try:
            lines = Path(f"/proc/{host_pid}/cgroup").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        own = [line for line in lines if line.endswith(f"/{self.name}")]
        return len(own) >= len(self._directories)

    @abstractmethod
    def oom_killed(self) -> bool:
        """Tell whether the kernel has ended a process because the group had no memory left."""

    @abstractmethod
    def memory_bytes(self) -> int:
        """Return how much memory it holds now."""

    @abstractmethod
    def peak_bytes(self) -> int:
        """Return the most memory at any time; 0 on a kernel that does not say (before 5.19)."""

    @abstractmethod
    def cpu_seconds(self) -> float:
        """Return the processor time of all its processes, dead ones too; 0 if not counted."""

    @abstractmethod
    def kill(self) -> None:
        """Kill all its processes, those just being forked as well; does not wait for their end."""

    def close(self) -> None:
        """Kill what is left and remove it; safe to call again.

        A group whose processes take their time to die is removed later.
        """
        on_close, self.on_close = self.on_close, None
        if on_close is not None:
            self.kill()
            on_close(self._directories)
