"""Which groups can be used on this host: found out by making one."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from evalwright_server.sandbox.cgroups import cures
from evalwright_server.sandbox.cgroups.control_files import read
from evalwright_server.sandbox.cgroups.delegation import (
    Undelegated,
    group_of_server,
    is_delegated,
    pass_on,
)
from evalwright_server.sandbox.cgroups.limits import CgroupLimits
from evalwright_server.sandbox.cgroups.location import own_directories
from evalwright_server.sandbox.cgroups.tree import Cgroups, CgroupsV1, CgroupsV2, NoCgroups

CGROUPS_VARIABLE: Final = "EVALWRIGHT_CGROUPS"
NEEDED: Final = ("memory", "pids")
WELCOME: Final = ("cpu", "cpuacct")
"""Of version 1; in version 2 processor time is counted without a controller."""
TRIAL: Final = CgroupLimits(memory_bytes=64 * 1024 * 1024, processes=8, cpus=1.0)

logger = logging.getLogger("evalwright")


def find_cgroups(environment: Mapping[str, str] = os.environ) -> Cgroups:
    """Find the groups this process may use, and sweep away what killed servers left there.

    In version 2 this may move the server and its workers into a group of their own beside those of
    the jobs, as no group may have both processes and limited children.

    Args:
        environment: `EVALWRIGHT_CGROUPS=0` switches groups off.

    Returns:
        Never a failure: `NoCgroups` tells the cause and the cure. To be closed.
    """
    if environment.get(CGROUPS_VARIABLE, "1") == "0":
        return NoCgroups(
            "Control groups are switched off.", f"Unset {CGROUPS_VARIABLE} and start again."
        )
    second, first = own_directories(*(
        Path(f"/proc/self/{name}").read_text(encoding="utf-8", errors="surrogateescape")
        for name in ("mountinfo", "cgroup")
    ))  # fmt: skip
    try:
        return tried(choose(second, first))
    except Undelegated as error:
        return NoCgroups(error.cause, error.cure)
    except OSError as error:
        return NoCgroups(f"Control groups can't be made ({error}).", cures.writable())


def choose(second: Path | None, first: dict[str, Path]) -> Cgroups:
    """Use version 2 where it has the controllers, else version 1.

    Args:
        second: Group of this process in version 2.
        first: Its groups in version 1 by controller.

    Raises:
        Undelegated: Neither may be used.
        OSError: The kernel refuses.
    """
    if all(name in first for name in NEEDED):
        return CgroupsV1({name: first[name] for name in (*NEEDED, *WELCOME) if name in first})
    if second is None:
        raise Undelegated("No file system of control groups is mounted.", cures.mounted())
    return open_v2(group_of_server(second))


def open_v2(base: Path) -> Cgroups:
    """Settle in the group that the server was started in.

    Raises:
        Undelegated: It does not belong to the server.
        OSError: The kernel refuses.
    """
    offered = read(base, "cgroup.controllers").split()
    missing = [name for name in NEEDED if name not in offered]
    if missing:
        cause = f"The server's group {base} lacks the controllers {' and '.join(missing)}."
        raise Undelegated(cause, cures.delegated())
    if not is_delegated(base):
        raise Undelegated(f"The group {base} is not the server's to divide.", cures.delegated())
    controllers = tuple(name for name in (*NEEDED, "cpu") if name in offered)
    pass_on(base, controllers)
    return CgroupsV2(base, controllers)


def tried(cgroups: Cgroups) -> Cgroups:
    """Make a group and remove it.

    Raises:
        Undelegated: It could not be made.
    """
    group = cgroups.open_group("trial", TRIAL)
    if group is None:
        cgroups.close()
        raise Undelegated("A control group could not be made; see the log.", cures.writable())
    group.close()
    return cgroups
