"""Control groups: limits that the kernel keeps for all processes of a job together.

    cgroups = find_cgroups()
    group = cgroups.open_group("slot-1", CgroupLimits(memory_bytes=2**28, processes=32, cpus=1.0))
    if group is not None:
        group.add(runner_pid)
        ...
        if group.oom_killed(): ...
        group.close()

Both versions are spoken. Where neither can be used `find_cgroups` gives an object that says why and
never opens a group: `setrlimit` and the watcher then do what they can.
"""

from evalwright_server.sandbox.cgroups.detection import CGROUPS_VARIABLE, find_cgroups
from evalwright_server.sandbox.cgroups.group import Group
from evalwright_server.sandbox.cgroups.limits import CgroupLimits
from evalwright_server.sandbox.cgroups.tree import Cgroups, NoCgroups

__all__ = [
    "CGROUPS_VARIABLE",
    "CgroupLimits",
    "Cgroups",
    "Group",
    "NoCgroups",
    "find_cgroups",
]
