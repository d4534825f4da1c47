"""Keeping a job to some processors, where no cgroup gives it a share of their time."""

import math
import os
from contextlib import suppress
from itertools import count

_TURNS = count()


def confine(pid: int, cpus: float) -> bool:
    """Let a process, and its later children, run on some processors only; each job on others.

    The system call filter keeps jobs from undoing it.

    Args:
        pid: The process.
        cpus: How many processors' worth of time it may have.

    Returns:
        Whether that is in force.
    """
    available = sorted(os.sched_getaffinity(0))
    wanted = math.ceil(cpus)
    if wanted >= len(available):
        return wanted == len(available)
    first = next(_TURNS)
    chosen = {available[(first + place) % len(available)] for place in range(wanted)}
    with suppress(OSError):
        os.sched_setaffinity(pid, chosen)
        return True
    return False
