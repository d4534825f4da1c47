"""Looking at what a job takes, from outside, as often as it may matter."""

import asyncio
from collections.abc import Callable
from typing import Final

from evalwright_server.sandbox.job import SandboxLimits, SandboxStatus
from evalwright_server.sandbox.limits import cpu_reason, memory_reason
from evalwright_server.sandbox.memory import Files, cpu_seconds, files_of, memory_bytes, tree
from evalwright_server.sandbox.slot import Slot

FIRST_LOOK_SECONDS: Final = 0.01
WATCH_SECONDS: Final = 0.025
"""Between two looks at the memory, where the kernel does not limit it."""
RARE_WATCH_SECONDS: Final = 0.2
"""Between two looks at the number of files and processor time otherwise."""

FinishCallback = Callable[[SandboxStatus, str], None]


class Watch:
    """Looks at a job until it is stopped.

    Args:
        slot: Its sandbox.
        limits: What it may take.
        finish: Called when it takes more.

    Attributes:
        peak: The most memory that was seen; 0 where the kernel counts it.
    """

    def __init__(self, slot: Slot, limits: SandboxLimits, finish: FinishCallback) -> None:
        self.peak = 0
        self._slot = slot
        self._limits = limits
        self._finish = finish
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(FIRST_LOOK_SECONDS, self._look)

    def stop(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _look(self) -> None:
        limits, group = self._limits, self._slot.group
        # The agent is not the job: it is the first of its tree.
        pids = list(tree(self._slot.agent))[1:]
        files = files_of(self._slot.runner, self._slot.folder.code.parent)
        if files.most > limits.files:
            self._finish(SandboxStatus.OOM, f"made more than {limits.files} files")
        if limits.cpu_seconds is not None and self._cpu_seconds(pids) > limits.cpu_seconds:
            self._finish(SandboxStatus.TIMEOUT, cpu_reason(limits))
        if group is None:
            self._look_at_memory(pids, files)
        elif group.oom_killed():
            # What is left of the job may not even notice.
            self._finish(SandboxStatus.OOM, memory_reason(limits))
        pause = WATCH_SECONDS if group is None else RARE_WATCH_SECONDS
        self._timer = self._loop.call_later(pause, self._look)

    def _cpu_seconds(self, pids: list[int]) -> float:
        """Measure what the job took, without what its runner took to get ready."""
        before = self._slot.before.seconds
        return cpu_seconds(pids) - before if before else 0.0  # it has not begun

    def _look_at_memory(self, pids: list[int], files: Files) -> None:
        used = memory_bytes(pids, files.used, self._limits.memory_bytes)
        self.peak = max(self.peak, used)
        if used > self._limits.memory_bytes:
            self._finish(SandboxStatus.OOM, memory_reason(self._limits))
