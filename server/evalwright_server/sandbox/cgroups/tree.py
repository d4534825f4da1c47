"""Where the groups of one server process are, and how they come and go."""

import fcntl
import logging
import os
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

from evalwright_server.sandbox.cgroups.control_files import kill_members, write
from evalwright_server.sandbox.cgroups.group import Group
from evalwright_server.sandbox.cgroups.limits import CgroupLimits
from evalwright_server.sandbox.cgroups.v1 import GroupV1
from evalwright_server.sandbox.cgroups.v2 import GroupV2

PREFIX: Final = "evalwright-jobs-"
TRIES: Final = 5
CLOSE_SECONDS: Final = 2.0
"""How long processes may take to die at the end; what is left then goes at the next start."""
PAUSE_SECONDS: Final = 0.005

logger = logging.getLogger("evalwright")


class Cgroups(ABC):
    """Makes groups below a directory that belongs to this process alone.

    The directory is locked as long as the process lives; one that is not locked was left by a
    process that was killed, and goes when the next one starts.

    Attributes:
        version: `v1`, `v2`, or None.
        controllers: What can be limited: of `memory`, `pids`, `cpu`; with `cpuacct` counted.
    """

    version: str | None = None
    controllers: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._homes: dict[Path, Path] = {}
        self._locks: list[int] = []
        self._condemned: list[Path] = []

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of what the kernel limits, as in `Isolation.layers`."""
        return tuple(
            f"cgroup_{self.version}_{name}" for name in self.controllers if name != "cpuacct"
        )

    def open_group(self, name: str, limits: CgroupLimits) -> Group | None:
        """Make a group; a fraction of a millisecond.

        Args:
            name: Unique among the groups that are open, and a plain file name.
            limits: What it may take; `Group.restrict` may change that later.

        Returns:
            None if the kernel refuses, of which the log tells. The job then runs without, and its
            isolation must say so.
        """
        self._remove_condemned()
        made: list[Path] = []
        try:
            for home in self._homes.values():
                (home / name).mkdir()
                made.append(home / name)
            group = self._group(name)
            group.restrict(limits)
        except OSError as error:
            logger.warning("no control group could be made: %s", error)
            self._condemn(tuple(made))
            return None
        group.on_close = self._condemn
        return group

    @abstractmethod
    def _group(self, name: str) -> Group:
        """Look at directories that exist as a group."""

    def settle(self, base: Path) -> Path:
        """Make this process's directory below a place, after removing those of dead ones.

        Raises:
            OSError: The kernel refuses.
        """
        if base not in self._homes:
            sweep(base)
            self._homes[base] = self._claim(base)
        return self._homes[base]

    def _claim(self, base: Path) -> Path:
        for _ in range(TRIES):
            home = base / f"{PREFIX}{os.getpid()}-{token_hex(4)}"
            home.mkdir()
            # Another process that starts may take it for a leftover until it is locked.
            with suppress(BlockingIOError, FileNotFoundError):
                self._locks.append(lock(home))
                if home.exists():
                    return home
        raise FileNotFoundError(f"every directory made in {base} vanished")

    def _condemn(self, directories: tuple[Path, ...]) -> None:
        self._condemned += directories
        self._remove_condemned()

    def _remove_condemned(self) -> None:
        """Remove the groups that are done with, but for those with processes about to die."""
        self._condemned = [directory for directory in self._condemned if not removed(directory)]

    def close(self) -> None:
        """Kill every process in every group, and remove them all; blocks until they are dead."""
        deadline = time.monotonic() + CLOSE_SECONDS
        for home in self._homes.values():
            while not cleared(home) and time.monotonic() < deadline:
                time.sleep(PAUSE_SECONDS)
        for fd in self._locks:
            os.close(fd)
        self._homes, self._locks, self._condemned = {}, [], []


class NoCgroups(Cgroups):
    """Stands for a host that has none to offer.

    Attributes:
        cause: Why, in one sentence.
        cure: What whoever runs the server can do about it.
    """

    def __init__(self, cause: str, cure: str) -> None:
        super().__init__()
        self.cause = cause
        self.cure = cure

    def open_group(self, name: str, limits: CgroupLimits) -> None:  # noqa: ARG002
        """Make nothing."""
        return

    def _group(self, name: str) -> Group:
        raise NotImplementedError(name)


class CgroupsV1(Cgroups):
    """Groups of the first version."""

    version = "v1"

    def __init__(self, bases: dict[str, Path]) -> None:
        """Settle in the trees of some controllers.

        Args:
            bases: The group that this process is in, by controller; `memory` and `pids` among them.

        Raises:
            OSError: The kernel refuses.
        """
        super().__init__()
        self.controllers = tuple(bases)
        self._controller_homes = {name: self.settle(base) for name, base in bases.items()}

    def _group(self, name: str) -> Group:
        return GroupV1(name, {key: home / name for key, home in self._controller_homes.items()})


class CgroupsV2(Cgroups):
    """Groups of the second version."""

    version = "v2"

    def __init__(self, base: Path, controllers: tuple[str, ...]) -> None:
        """Settle below a group whose controllers are handed on to its children.

        Args:
            base: The group.
            controllers: To be handed on further.

        Raises:
            OSError: The kernel refuses.
        """
        super().__init__()
        self.controllers = controllers
        self._home = self.settle(base)
        hand_on(self._home, controllers)

    def _group(self, name: str) -> Group:
        return GroupV2(name, self._home / name)


def hand_on(directory: Path, controllers: tuple[str, ...]) -> None:
    """Let the children of a group of version 2 have controllers."""
    write(directory, "cgroup.subtree_control", " ".join(f"+{name}" for name in controllers))


def lock(directory: Path) -> int:
    """Lock a directory as long as the descriptor is open.

    Raises:
        BlockingIOError: Another process has locked it.
        FileNotFoundError: It is gone.
    """
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise
    return fd


def sweep(base: Path) -> None:
    """Remove what processes left that were killed."""
    for home in base.glob(f"{PREFIX}*"):
        with suppress(OSError):
            fd = lock(home)
            try:
                cleared(home)
            finally:
                os.close(fd)


def cleared(home: Path) -> bool:
    """Kill every process in a directory's groups and remove it; return whether it is gone.

    It is not while a process takes its time to die.
    """
    groups = [child for child in home.iterdir() if child.is_dir()] if home.is_dir() else []
    for group in groups:
        kill_members(group)
        removed(group)
    return removed(home)


def removed(directory: Path) -> bool:
    """Try to remove a group; return whether it is gone."""
    try:
        directory.rmdir()
    except FileNotFoundError:
        return True
    except OSError:  # a process in it has not yet died
        return False
    return True
