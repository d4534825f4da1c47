"""Keeping a running job within its limits, and telling how it ended."""

import asyncio
import math
import signal
from collections.abc import Callable
from typing import Final

from evalwright_server.sandbox.job import MIB, SandboxLimits, SandboxResult, SandboxStatus
from evalwright_server.sandbox.memory import files_in_tmp, memory_bytes
from evalwright_server.sandbox.process import SandboxProcess

WATCH_SECONDS: Final = 0.025
"""Between two looks at the memory."""
LOOKS_PER_COUNT: Final = 8
"""Between two counts of files, which change more slowly."""
CPU_TIME_USED_UP: Final = 128 + signal.SIGXCPU

MessageCallback = Callable[[bytes], None]


def resource_limits(limits: SandboxLimits) -> dict[str, int]:
    """Translate limits into those the kernel keeps for each process."""
    return {
        "DATA": limits.memory_bytes,
        # The address space bounds shared memory too; far above, as reserving is not using.
        "AS": 2 * limits.memory_bytes + 512 * MIB,
        "CPU": math.ceil(limits.wall_seconds) + 1,
        "FSIZE": limits.tmp_bytes,
        "NPROC": limits.processes,
        "NOFILE": 256,
        "CORE": 0,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
    }


class Supervision:
    """One job's run."""

    def __init__(self, limits: SandboxLimits, deliver: MessageCallback | None) -> None:
        """Prepare.

        Args:
            limits: What to enforce.
            deliver: Gets the messages; what it raises ends the job.
        """
        self._limits = limits
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[tuple[SandboxStatus, str]] = self._loop.create_future()
        self._stall_timer: asyncio.TimerHandle | None = None
        self._peak = 0
        self.process = SandboxProcess(
            limits.output_bytes, limits.message_bytes, on_message=self._on_message
        )

    def _on_message(self, line: bytes) -> None:
        self._restart_stall_timer()
        if self._deliver is None:
            return
        try:
            self._deliver(line)
        except Exception as error:
            self._deliver = None
            if not self._end.done():
                self._end.set_exception(error)

    def _finish(self, status: SandboxStatus, reason: str) -> None:
        if not self._end.done():
            self._end.set_result((status, reason))

    def _restart_stall_timer(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
        seconds = self._limits.stall_seconds
        if seconds is not None and not self._end.done():
            self._stall_timer = self._loop.call_later(
                seconds, self._finish, SandboxStatus.STALLED, f"was silent for {seconds:g} s"
            )

    async def run(self) -> SandboxResult:
        """Let the started process go, and wait for its end.

        Raises:
            Exception: What the receiver of messages raised.
        """
        limits, process = self._limits, self.process
        process.exited.add_done_callback(lambda _: self._finish(SandboxStatus.EXITED, ""))
        process.overflowed.add_done_callback(lambda _: self._finish(
            SandboxStatus.KILLED, f"sent a message of more than {limits.message_bytes} bytes"
        ))  # fmt: skip
        wall_timer = self._loop.call_later(
            limits.wall_seconds, self._finish, SandboxStatus.TIMEOUT,
            f"took longer than {limits.wall_seconds:g} s",
        )  # fmt: skip
        watching = asyncio.ensure_future(self._watch())
        began = self._loop.time()
        self._restart_stall_timer()
        process.go()
        try:
            status, reason = await self._end
        finally:
            watching.cancel()
            for timer in (wall_timer, self._stall_timer):
                if timer is not None:
                    timer.cancel()
        duration = self._loop.time() - began
        await process.destroy()
        return self._result(status, reason, duration)

    async def _watch(self) -> None:
        looks = 0
        while not self._end.done():
            child = self.process.child
            used = memory_bytes(child, self._limits.memory_bytes) if child else 0
            self._peak = max(self._peak, used)
            if used > self._limits.memory_bytes:
                self._finish(SandboxStatus.OOM, memory_reason(self._limits))
            if child and looks % LOOKS_PER_COUNT == 0:
                self._check_files(child)
            looks += 1
            await asyncio.sleep(WATCH_SECONDS)

    def _check_files(self, child: int) -> None:
        if files_in_tmp(child) > self._limits.tmp_files:
            reason = f"made more than {self._limits.tmp_files} files"
            self._finish(SandboxStatus.OOM, reason)

    def _result(self, status: SandboxStatus, reason: str, duration: float) -> SandboxResult:
        process = self.process
        if status is SandboxStatus.EXITED:
            status, reason = explain_exit(process.exit_code, process.stderr.text, self._limits)
        return SandboxResult(
            status=status,
            reason=reason,
            exit_code=process.exit_code if status is not SandboxStatus.KILLED else None,
            stdout=process.stdout.text,
            stderr=process.stderr.text,
            duration=duration,
            peak_memory_bytes=self._peak,
        )


def memory_reason(limits: SandboxLimits) -> str:
    """Say which limit on memory was passed."""
    return f"needed more than {limits.memory_bytes // MIB} MiB of memory"


def explain_exit(
    exit_code: int | None, stderr: str, limits: SandboxLimits
) -> tuple[SandboxStatus, str]:
    """Tell an ordinary end from one that a limit brought about inside.

    Args:
        exit_code: None when bubblewrap itself was killed, say by the kernel for lack of memory.
        stderr: Where Python reports what it died of.
        limits: For the wording.
    """
    if exit_code is None:
        return SandboxStatus.KILLED, "was ended from outside"
    if exit_code == CPU_TIME_USED_UP:
        return SandboxStatus.TIMEOUT, f"took longer than {limits.wall_seconds:g} s"
    if exit_code == 1 and stderr.rstrip().endswith("MemoryError"):
        return SandboxStatus.OOM, memory_reason(limits)
    return SandboxStatus.EXITED, ""
