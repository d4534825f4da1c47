"""How much memory the processes of a sandbox take, seen from outside.

RLIMIT_DATA stops ordinary allocations of one process, not memory shared between processes nor
many processes at once; so the sum is sampled.
"""

import os
from collections.abc import Iterator
from pathlib import Path

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
PROC = Path("/proc")


def tree(pid: int) -> Iterator[int]:
    """Yield a process and all its descendants.

    Orphans in a sandbox become children of its first process, so nothing is missed.
    """
    pending = [pid]
    while pending:
        current = pending.pop()
        yield current
        try:
            for task in (PROC / str(current) / "task").iterdir():
                pending += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue  # it ended meanwhile


def memory_bytes(pid: int, limit: int) -> int:
    """Measure the tree below a process.

    Resident pages are cheap to read but count shared ones once for each process; only when that
    sum exceeds the limit are the shares of each page counted.

    Args:
        pid: First process of the sandbox.
        limit: Beyond which the figure has to be exact.
    """
    pids = list(tree(pid))
    resident = sum(resident_bytes(member) for member in pids)
    if resident <= limit or len(pids) == 1:
        return resident
    return sum(proportional_bytes(member) for member in pids)


def resident_bytes(pid: int) -> int:
    """Read the resident pages of one process; 0 when it is gone."""
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


def proportional_bytes(pid: int) -> int:
    """Read the pages of one process, shared ones divided by their users."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return resident_bytes(pid)
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def files_in_tmp(pid: int) -> int:
    """Count the files, directories and links in a sandbox's /tmp and /dev/shm.

    bubblewrap can't limit their number, and each takes kernel memory. 0 when the sandbox is gone.
    """
    count = 0
    for name in ("tmp", "dev/shm"):
        try:
            status = os.statvfs(PROC / str(pid) / "root" / name)
        except OSError:
            continue
        count += status.f_files - status.f_ffree
    return count
