"""Whether a group of version 2 is the server's to divide, and how it is divided.

No group but the root may have both processes and children with controllers. So the server goes
into a child of its own first, with whatever else is in the group. That must not be done to groups
of others: systemd, where it runs, is the only writer of those it has not delegated.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from evalwright_server.sandbox.cgroups.control_files import MEMBERS, members, read, write
from evalwright_server.sandbox.cgroups.tree import hand_on

SUPERVISOR: Final = "supervisor"
"""Name of the group of the server and its workers."""
SYSTEMD: Final = Path("/run/systemd/system")
"""Is there where systemd runs, as sd_booted(3) says."""
MARKS: Final = ("user.delegate", "trusted.delegate")
"""Attributes by which systemd marks what it has delegated; the second one only root can read."""
USER_MANAGER: Final = "user@"
ROUNDS: Final = 50


class Undelegated(Exception):
    """Groups can't be made here.

    Attributes:
        cause: Why, in one sentence.
        cure: What whoever runs the server can do about it.
    """

    def __init__(self, cause: str, cure: str) -> None:
        super().__init__(f"{cause} {cure}")
        self.cause = cause
        self.cure = cure


def group_of_server(own: Path) -> Path:
    """Return the group the server was started in, given the one a process of it is in."""
    return own.parent if own.name == SUPERVISOR else own


def is_delegated(base: Path) -> bool:
    """Tell whether a group is the server's to divide.

    Without systemd, in a container mostly, what can be written is. With it, a mark says so; older
    ones leave none that an ordinary user could read, but give the group to that user.
    """
    if not os.access(base, os.W_OK) or not os.access(base / "cgroup.subtree_control", os.W_OK):
        return False
    if not SYSTEMD.exists() or is_marked(base):
        return True
    owner = base.stat().st_uid
    return owner == os.geteuid() != 0 and USER_MANAGER not in str(base)


def is_marked(base: Path) -> bool:
    """Look for systemd's mark."""
    for mark in MARKS:
        with suppress(OSError):
            if os.getxattr(base, mark) == b"1":
                return True
    return False


def pass_on(base: Path, controllers: tuple[str, ...]) -> None:
    """Let children of a group have controllers, moving its processes to a child if need be.

    Raises:
        OSError: The kernel refuses.
    """
    if set(controllers) <= set(read(base, "cgroup.subtree_control").split()):
        return None
    for _ in range(ROUNDS):
        move_members(base, base / SUPERVISOR)
        with suppress(OSError):  # a process was forked meanwhile
            return hand_on(base, controllers)
    return hand_on(base, controllers)


def move_members(base: Path, leaf: Path) -> None:
    """Move all processes of a group into a child; the root of all groups may keep them."""
    if not (base / "cgroup.type").exists():
        return
    leaf.mkdir(exist_ok=True)
    for pid in members(base):
        with suppress(ProcessLookupError):
            write(leaf, MEMBERS, pid)
