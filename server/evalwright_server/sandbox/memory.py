"""How much memory and processor time the processes of a sandbox take, seen from outside.

Where the kernel keeps no account of it (cgroups), the tree of processes is looked at. Resident
pages are cheap to read but count shared ones once for each process; only when that sum exceeds the
limit are the shares of each page counted.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
TICKS: Final = os.sysconf("SC_CLK_TCK")
PROC: Final = Path("/proc")
FOLDERS: Final = ("tmp", "output", "dev/shm")
"""Where a job can write."""
MOST_FILES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Files:
    """What the folders of a sandbox hold.

    Attributes:
        used: Bytes, which are memory.
        most: Files, directories and links in the one that has most.
    """

    used: int = 0
    most: int = 0


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


def memory_bytes(pids: list[int], files: int, limit: int) -> int:
    """Measure processes and the files they wrote to memory.

    Args:
        pids: The processes.
        files: Bytes in their folders.
        limit: Beyond which the figure has to be exact.
    """
    resident = sum(resident_bytes(pid) for pid in pids) + files
    if resident <= limit:
        return resident
    shares = [proportional_bytes(pid) for pid in pids]
    mapped = sum(shared for _, shared in shares)
    # A file in memory that is mapped as well must not count twice.
    return sum(total for total, _ in shares) + max(0, files - mapped)


def resident_bytes(pid: int) -> int:
    """Read the resident pages of one process; 0 when it is gone."""
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE_BYTES
    except (OSError, IndexError):
        return 0


def proportional_bytes(pid: int) -> tuple[int, int]:
    """Read the pages of one process, shared ones divided by their users.

    Returns:
        All of them, and how many of those are shared memory or files in memory.
    """
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return resident_bytes(pid), 0
    pairs = (line.split() for line in lines[1:])
    kilobytes = {words[0]: int(words[1]) for words in pairs if words[1:2] and words[1].isdigit()}
    return kilobytes.get("Pss:", 0) * 1024, kilobytes.get("Pss_Shmem:", 0) * 1024


def cpu_seconds(pids: list[int]) -> float:
    """Add up the processor time of processes and of the children they have waited for."""
    return sum(ticks(pid) for pid in pids) / TICKS


def ticks(pid: int) -> int:
    """Read the processor time of one process, with its dead children; 0 when it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    # The second field is a name in parentheses that may hold anything.
    fields = text.rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15])


def files_of(pid: int, folder: Path) -> Files:
    """Look at the folders that a process of a sandbox can write to; nothing when it is gone.

    bubblewrap can't limit the number of files, and each takes kernel memory.

    Args:
        pid: The process.
        folder: Of its files, where it has no file systems of its own.
    """
    used, most = 0, 0
    root = PROC / str(pid) / "root"
    try:
        if root.samefile("/"):
            return files_below(folder)
    except OSError:
        return Files()
    for name in FOLDERS:
        try:
            status = os.statvfs(root / name)
        except OSError:
            continue
        used += (status.f_blocks - status.f_bfree) * status.f_frsize
        most = max(most, status.f_files - status.f_ffree)
    return Files(used, most)


def files_below(folder: Path) -> Files:
    """Look at every file in a folder, up to a number that is too large for any job."""
    used, count, pending = 0, 0, [folder]
    while pending and count < MOST_FILES:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:
            continue
        count += len(entries)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                pending.append(Path(entry.path))
            else:
                used += size_of(entry)
    return Files(used, count)


def size_of(entry: "os.DirEntry[str]") -> int:
    """Return the bytes that a file takes; 0 when it is gone."""
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:
        return 0
