"""Watching over an installer: what the kernel does not limit by itself."""

import asyncio
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from evalwright_server.environments.command import PROCESSES, Task
from evalwright_server.environments.trees import free_bytes, tree_bytes
from evalwright_server.sandbox.cgroups import CgroupLimits, Cgroups, Group
from evalwright_server.sandbox.memory import memory_bytes, tree

WATCH_SECONDS: Final = 0.25
MIB: Final = 1024 * 1024


def open_group(cgroups: Cgroups, task: Task, pid: int) -> Group | None:
    """Have the kernel limit an installer, if it can.

    Args:
        cgroups: Makes groups.
        task: What is about to run.
        pid: Of bubblewrap; what is in the sandbox so far goes into the group.
    """
    limits = CgroupLimits(memory_bytes=task.memory_bytes, processes=PROCESSES)
    group = cgroups.open_group("installer", limits)
    if group is not None:
        _, *inside = tree(pid)
        for each in inside:
            with suppress(ProcessLookupError):
                group.add(each)
    return group


async def exceeding(task: Task, pid: int, group: Group | None) -> str:
    """Return when a limit is exceeded, and which, in words.

    Args:
        task: What runs.
        pid: Of bubblewrap.
        group: Where the kernel counts memory, if it does.
    """
    try:
        return await _exceeding(task, pid, group)
    except OSError as error:
        return f"made folders that can't be measured ({error.strerror})"


async def _exceeding(task: Task, pid: int, group: Group | None) -> str:
    folders = list(task.writable.values())
    free = {folder: free_bytes(folder) for folder in folders}
    before = await asyncio.to_thread(measure, folders)
    while not is_out_of_memory(task, pid, group):
        # Others fill the disk too: less room is only a reason to measure.
        if any(free[folder] - free_bytes(folder) > task.disk_bytes for folder in folders):
            filled = await asyncio.to_thread(measure, folders) - before
            if filled > task.disk_bytes:
                return f"filled more than {task.disk_bytes // MIB} MiB of the disk"
        await asyncio.sleep(WATCH_SECONDS)
    return too_much_memory(task)


def is_out_of_memory(task: Task, pid: int, group: Group | None) -> bool:
    """Tell whether the limit is exceeded, by the kernel's word or by looking."""
    if group is not None:
        return group.oom_killed()
    return used_memory(pid, task.memory_bytes) > task.memory_bytes


def too_much_memory(task: Task) -> str:
    """Say so."""
    return f"needed more than {task.memory_bytes // MIB} MiB of memory"


def used_memory(pid: int, limit: int) -> int:
    """Say what the processes below bubblewrap take together, with the files in their /tmp.

    Args:
        pid: Of bubblewrap.
        limit: Beyond which the figure has to be exact.
    """
    _, *inside = tree(pid)
    files = 0
    if inside:
        with suppress(OSError):
            status = os.statvfs(f"/proc/{inside[0]}/root/tmp")
            files = (status.f_blocks - status.f_bfree) * status.f_frsize
    return memory_bytes(inside, files, limit)


def measure(folders: Iterable[Path]) -> int:
    """Say what some folders take on the disk together."""
    return sum(tree_bytes(folder) for folder in folders)
