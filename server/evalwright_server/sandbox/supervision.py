"""Keeping a running job within its limits, and telling how it ended."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from evalwright_server.sandbox.cgroups import CgroupLimits
from evalwright_server.sandbox.isolation import Isolation
from evalwright_server.sandbox.job import SandboxJob, SandboxResult, SandboxStatus, SandboxUsage
from evalwright_server.sandbox.limits import explain_exit, memory_reason, resource_limits
from evalwright_server.sandbox.slot import AgentReport, Slot
from evalwright_server.sandbox.watching import Watch

KILL_SECONDS: Final = 2.0
"""How long the agent may take to report after everything was killed."""
NEVER_BEGAN: Final = "ended before its code could run"

MessageCallback = Callable[[bytes], None]
OutputCallback = Callable[[str, bytes], None]


class Supervision:
    """One job's run.

    Args:
        slot: Its sandbox, which is ready.
        job: The job.
        isolation: What keeps it apart from the host.
        was_warm: Whether the sandbox stood ready.
        asked_at: When the job was asked for, by `monotonic`.
    """

    def __init__(
        self, slot: Slot, job: SandboxJob, isolation: Isolation, *, was_warm: bool, asked_at: float
    ) -> None:
        self._slot = slot
        self._job = job
        self._limits = job.limits
        self._isolation = isolation
        self._was_warm = was_warm
        self._asked_at = asked_at
        self._began_at: float | None = None
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[tuple[SandboxStatus, str]] = self._loop.create_future()
        self._wall_timer: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        self._deliver: MessageCallback | None = None
        self._problem: Exception | None = None

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
        if self._problem is not None:
            return
        try:
            callback(*values)
        except Exception as error:
            self._problem = error
            self.finish(SandboxStatus.KILLED, "was not wanted any more")

    def _on_message(self, line: bytes) -> None:
        self._restart_stall_timer()
        if self._deliver is not None:
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

    def _restart_wall_timer(self) -> None:
        if self._wall_timer is not None:
            self._wall_timer.cancel()
        seconds = self._limits.wall_seconds
        self._wall_timer = self._loop.call_later(
            seconds, self.finish, SandboxStatus.TIMEOUT, f"took longer than {seconds:g} s"
        )

    def _on_start(self) -> None:
        self._began_at = monotonic()
        if not self._end.done():
            self._restart_wall_timer()

    async def run(self) -> SandboxResult:
        """Let the job begin, and wait for its end.

        Raises:
            Exception: What a receiver of messages or output raised.
        """
        slot = self._slot
        slot.reported.add_done_callback(lambda _: self.finish(SandboxStatus.EXITED, ""))
        slot.on_start = self._on_start
        self._restart_wall_timer()
        self._restart_stall_timer()
        watch = Watch(slot, self._limits, self.finish)
        try:
            self._begin()
            status, reason = await self._end
        finally:
            watch.stop()
            for timer in (self._wall_timer, self._stall_timer):
                if timer is not None:
                    timer.cancel()
        report = await self._await_report(status)
        slot.drain()
        if self._problem is not None:
            raise self._problem
        return self._result(status, reason, report, watch.peak)

    def _begin(self) -> None:
        limits, group = self._limits, self._slot.group
        if group is not None:
            try:
                # One more, for the agent.
                group.restrict(CgroupLimits(limits.memory_bytes, limits.processes + 1, limits.cpus))
            except OSError:  # it has more already, from what was imported
                self.finish(SandboxStatus.OOM, memory_reason(limits))
                return
        self._slot.begin(self._orders())

    def _orders(self) -> dict[str, Any]:
        counted = self._slot.group is not None
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
            if status is SandboxStatus.TIMEOUT and self._limits.grace_seconds:
                slot.end(at_once=False)
                await asyncio.wait({slot.reported}, timeout=self._limits.grace_seconds)
            slot.end(at_once=True)
            await asyncio.wait({slot.reported}, timeout=KILL_SECONDS)
        report = slot.reported.result() if slot.reported.done() else None
        if report is None:
            # Nobody said that all of it is dead, so that has to be brought about.
            await slot.kill()
        return report

    def _result(
        self, status: SandboxStatus, reason: str, report: AgentReport | None, seen_peak: int
    ) -> SandboxResult:
        group, channels, now = self._slot.group, self._slot.channels, monotonic()
        duration = 0.0 if self._began_at is None else now - self._began_at
        usage = self._usage(report, duration, seen_peak)
        killed = None if group is None else group.oom_killed()
        if status is SandboxStatus.EXITED or killed:
            status, reason = explain_exit(
                report, self._limits, cpu_seconds=usage.cpu_seconds, oom_killed=killed
            )
        if status is SandboxStatus.EXITED and self._began_at is None:
            status, reason = SandboxStatus.KILLED, NEVER_BEGAN
        signal = report.signal if report else None
        code = report.exit_code if report else None
        return SandboxResult(
            status=status,
            reason=reason,
            exit_code=128 + signal if signal is not None else code,
            signal=signal,
            stdout=channels.stdout.text,
            stderr=channels.stderr.text,
            stdout_truncated=channels.stdout.dropped,
            stderr_truncated=channels.stderr.dropped,
            usage=usage,
            startup_seconds=None if self._began_at is None else self._began_at - self._asked_at,
            duration=duration,
            was_warm=self._was_warm,
            isolation=self._isolation,
        )

    def _usage(self, report: AgentReport | None, duration: float, seen_peak: int) -> SandboxUsage:
        peak = self._slot.group.peak_bytes() if self._slot.group is not None else 0
        if report is None:
            return SandboxUsage(peak_memory_bytes=peak or seen_peak, wall_seconds=duration)
        before = self._slot.before
        return SandboxUsage(
            cpu_seconds=max(0.0, report.cpu_seconds - before.seconds),
            # A group does not know of the interpreter's memory, which is older than it.
            peak_memory_bytes=max(peak, seen_peak, report.largest_bytes),
            io_read_bytes=max(0, report.read_bytes - before.read_bytes),
            io_write_bytes=max(0, report.written_bytes - before.written_bytes),
            wall_seconds=duration,
        )
