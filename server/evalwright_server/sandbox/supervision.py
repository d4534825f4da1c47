"""Keeping a running job within its limits, and telling how it ended."""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Final

from evalwright_server.sandbox.cgroups import Group
from evalwright_server.sandbox.isolation import Isolation
from evalwright_server.sandbox.job import (
    SandboxJob,
    SandboxResult,
    SandboxStatus,
    SandboxUsage,
)
from evalwright_server.sandbox.limits import (
    cpu_reason,
    explain_exit,
    memory_reason,
    resource_limits,
)
from evalwright_server.sandbox.memory import Files, cpu_seconds, files_of, memory_bytes, tree
from evalwright_server.sandbox.slot import AgentReport, Slot

FIRST_LOOK_SECONDS: Final = 0.01
WATCH_SECONDS: Final = 0.025
"""Between two looks at the memory, where the kernel does not limit it."""
RARE_WATCH_SECONDS: Final = 0.2
"""Between two looks at the number of files and processor time otherwise."""
KILL_SECONDS: Final = 2.0
"""How long the agent may take to report after everything was killed."""

MessageCallback = Callable[[bytes], None]
OutputCallback = Callable[[str, bytes], None]


class Supervision:
    """One job's run.

    Args:
        slot: Its sandbox, which is ready.
        job: The job.
        group: Where the kernel counts what it takes, if it does.
        isolation: What keeps it apart from the host.
        was_warm: Whether the sandbox stood ready.
        began_at: When the job was asked for, by `monotonic`.
    """

    def __init__(
        self,
        slot: Slot,
        job: SandboxJob,
        group: Group | None,
        isolation: Isolation,
        *,
        was_warm: bool,
        began_at: float,
    ) -> None:
        self._slot = slot
        self._job = job
        self._limits = job.limits
        self._group = group
        self._isolation = isolation
        self._was_warm = was_warm
        self._asked_at = began_at
        self._started_at = began_at
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[tuple[SandboxStatus, str]] = self._loop.create_future()
        self._stall_timer: asyncio.TimerHandle | None = None
        self._peak = 0
        self._deliver: MessageCallback | None = None

    def listen(self, on_message: MessageCallback | None, on_output: OutputCallback | None) -> None:
        """Say who gets what the job writes; what they raise ends the job."""
        channels = self._slot.channels
        channels.stdout.limit = channels.stderr.limit = self._limits.stream_bytes
        if on_output is not None:
            channels.stdout.on_data = lambda data: self._guard(on_output, "stdout", data)
            channels.stderr.on_data = lambda data: self._guard(on_output, "stderr", data)
        self._deliver = on_message
        channels.messages.limit = self._limits.message_bytes
        channels.messages.on_line = self._on_message
        channels.messages.on_overflow = self._on_overflow

    def _guard(self, callback: Callable[..., None], *values: object) -> None:
        try:
            callback(*values)
        except Exception as error:
            if not self._end.done():
                self._end.set_exception(error)

    def _on_message(self, line: bytes) -> None:
        self._restart_stall_timer()
        if self._deliver is not None and not self._end.done():
            self._guard(self._deliver, line)

    def _on_overflow(self) -> None:
        reason = f"sent a message of more than {self._limits.message_bytes} bytes"
        self.finish(SandboxStatus.KILLED, reason)

    def finish(self, status: SandboxStatus, reason: str) -> None:
        """Have the job end like this, unless it has ended already."""
        if not self._end.done():
            self._end.set_result((status, reason))

    def _restart_stall_timer(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
        seconds = self._limits.stall_seconds
        if seconds is not None and not self._end.done():
            self._stall_timer = self._loop.call_later(
                seconds, self.finish, SandboxStatus.STALLED, f"was silent for {seconds:g} s"
            )

    async def run(self) -> SandboxResult:
        """Let the job begin, and wait for its end.

        Raises:
            Exception: What a receiver of messages or output raised.
        """
        slot, limits = self._slot, self._limits
        slot.reported.add_done_callback(lambda _: self.finish(SandboxStatus.EXITED, ""))
        slot.began.add_done_callback(lambda _: self._note_start())
        wall_timer = self._loop.call_later(
            limits.wall_seconds, self.finish, SandboxStatus.TIMEOUT,
            f"took longer than {limits.wall_seconds:g} s",
        )  # fmt: skip
        watcher = self._loop.call_later(FIRST_LOOK_SECONDS, self._watch)
        self._restart_stall_timer()
        self._started_at = monotonic()
        slot.begin(self._orders())
        try:
            status, reason = await self._end
        finally:
            watcher.cancel()
            self._watching = False
            for timer in (wall_timer, self._stall_timer):
                if timer is not None:
                    timer.cancel()
        report = await self._await_report(status)
        slot.channels.drain()
        if self._end.exception() is not None:
            await self._end
        return self._result(status, reason, report)

    _watching = True

    def _note_start(self) -> None:
        self._started_at = monotonic()

    def _orders(self) -> Mapping[str, Any]:
        counted = self._group is not None
        return {
            "limits": resource_limits(self._limits, kernel_counts_memory=counted),
            "environment": dict(self._job.environment),
            "sends_messages": self._deliver is not None,
            "network": self._job.network is not None,
        }

    async def _await_report(self, status: SandboxStatus) -> AgentReport | None:
        """Have the job end, if it has not, and take the agent's word about it."""
        slot = self._slot
        if not slot.reported.done():
            grace = self._limits.grace_seconds if status is SandboxStatus.TIMEOUT else 0.0
            if grace:
                slot.end(at_once=False)
                await asyncio.wait({slot.reported}, timeout=grace)
            slot.end(at_once=True)
            await asyncio.wait({slot.reported}, timeout=KILL_SECONDS)
        report = slot.reported.result() if slot.reported.done() else None
        if report is None:
            # Nobody said that all of it is dead, so that has to be brought about.
            await slot.destroy()
        return report

    def _watch(self) -> None:
        """Look at what the job takes, and again later."""
        if self._end.done() or not self._slot.agent:
            return
        limits, counted = self._limits, self._group is not None
        # The agent is not the job: it is the first of its tree.
        pids = list(tree(self._slot.agent))[1:]
        files = files_of(self._slot.runner)
        if files.most > limits.files:
            self.finish(SandboxStatus.OOM, f"made more than {limits.files} files")
        if limits.cpu_seconds is not None and cpu_seconds(pids) > limits.cpu_seconds:
            self.finish(SandboxStatus.TIMEOUT, cpu_reason(limits))
        if not counted:
            self._look_at_memory(pids, files)
        pause = RARE_WATCH_SECONDS if counted else WATCH_SECONDS
        self._loop.call_later(pause, self._watch)

    def _look_at_memory(self, pids: list[int], files: Files) -> None:
        used = memory_bytes(pids, files.used, self._limits.memory_bytes)
        self._peak = max(self._peak, used)
        if used > self._limits.memory_bytes:
            self.finish(SandboxStatus.OOM, memory_reason(self._limits))

    def _result(
        self, status: SandboxStatus, reason: str, report: AgentReport | None
    ) -> SandboxResult:
        group, channels = self._group, self._slot.channels
        killed_by_kernel = group is not None and group.oom_killed()
        if status is SandboxStatus.EXITED or killed_by_kernel:
            status, reason = explain_exit(report, self._limits, was_out_of_memory=killed_by_kernel)
        signal = report.signal if report else None
        code = report.exit_code if report else None
        duration = monotonic() - self._started_at
        return SandboxResult(
            status=status,
            reason=reason,
            exit_code=128 + signal if signal is not None else code,
            signal=signal,
            stdout=channels.stdout.text,
            stderr=channels.stderr.text,
            stdout_truncated=channels.stdout.dropped,
            stderr_truncated=channels.stderr.dropped,
            usage=self._usage(report, duration),
            startup_seconds=max(0.0, self._started_at - self._asked_at),
            duration=duration,
            was_warm=self._was_warm,
            isolation=self._isolation,
        )

    def _usage(self, report: AgentReport | None, duration: float) -> SandboxUsage:
        peak = self._group.peak_bytes() if self._group is not None else 0
        if report is None:
            return SandboxUsage(peak_memory_bytes=peak or self._peak, wall_seconds=duration)
        before = self._slot.before
        return SandboxUsage(
            cpu_seconds=max(0.0, report.cpu_seconds - before.seconds),
            peak_memory_bytes=peak or max(self._peak, report.largest_bytes),
            io_read_bytes=max(0, report.read_bytes - before.counters.get("rchar", 0)),
            io_write_bytes=max(0, report.written_bytes - before.counters.get("wchar", 0)),
            wall_seconds=duration,
        )
