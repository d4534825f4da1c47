"""The work of a `job`: run a program that nobody vouches for, and report what became of it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from evalwright_server.environments import (
    BuiltEnvironment,
    EnvironmentBuildFailed,
    RequirementsRefused,
)
from evalwright_server.runs.context import Context
from evalwright_server.runs.handlers.account import shorten
from evalwright_server.runs.handlers.job_account import (
    report_of_run,
    report_of_start,
)
from evalwright_server.runs.handlers.job_files import Files, send_files
from evalwright_server.runs.handlers.job_sandbox import sandbox_job
from evalwright_server.runs.handlers.live_output import LiveOutput
from evalwright_server.runs.job_errors import STARTUP
from evalwright_server.runs.job_payload import JobPayload
from evalwright_server.runs.job_report import JobError, Timing
from evalwright_server.runs.job_verdict import ON_REQUEST, OVERDUE, Verdict, judge
from evalwright_server.runs.records import Finish
from evalwright_server.runs.states import State
from evalwright_server.sandbox import Sandbox, SandboxResult, SandboxStatus, SandboxUnavailable

STOP_SECONDS: Final = 5.0
"""How long it may take to kill a job and to send what it left."""
SPARE_SECONDS: Final = 10.0
"""How long a job may go on after all of its limits, before its supervisor isn't believed."""


class Installer(Protocol):
    """Provides sets of packages."""

    async def ensure(self, requirements: Sequence[str]) -> BuiltEnvironment:
        """Return an environment with these packages, built if need be."""
        ...


class JobHandler:
    """Handles jobs.

    Args:
        sandbox: Where they run.
        installer: Installs what they require.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        installer: Installer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sandbox = sandbox
        self._installer = installer
        self._clock = clock

    async def __call__(self, context: Context) -> Finish:
        """Do one attempt; see `context.Handler`."""
        attempt = _Attempt(context, self._sandbox, self._installer, self._clock)
        working = asyncio.ensure_future(attempt.work())
        loop = asyncio.get_running_loop()
        watchdog = loop.call_later(attempt.longest_seconds, attempt.expire, working)
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            finish = await attempt.stop(working)
            if finish.state is not State.CANCELLED:
                # It had ended by itself before it could be stopped.
                return finish
            context.remains = finish.result
            raise
        finally:
            watchdog.cancel()


class _Attempt:
    """One attempt at one job."""

    def __init__(
        self,
        context: Context,
        sandbox: Sandbox,
        installer: Installer,
        clock: Callable[[], float],
    ) -> None:
        self._context = context
        self._payload = JobPayload.read(context.payload)
        self._sandbox = sandbox
        self._installer = installer
        self._clock = clock
        self._began = clock()
        self._install_seconds: float | None = None
        self._environment: BuiltEnvironment | None = None
        self._live = LiveOutput(context, self._stop_soon)
        self._is_in_sandbox = False
        self._result: SandboxResult | None = None
        self._stopping = asyncio.Event()
        self._why_stopped = ON_REQUEST

    @property
    def longest_seconds(self) -> float:
        """The time in which it is over, if everybody does as they should."""
        return self._payload.startup_timeout + self._payload.timeout + SPARE_SECONDS

    def expire(self, working: "asyncio.Task[Finish]") -> None:
        """End the job, or give up on its supervisor, unless only its files are still on the way."""
        if self._result is None:
            self._why_stopped = OVERDUE
            self._stopping.set()
            asyncio.get_running_loop().call_later(STOP_SECONDS, self._give_up, working)

    def _give_up(self, working: "asyncio.Task[Finish]") -> None:
        if self._result is None:
            working.cancel()

    async def stop(self, working: "asyncio.Task[Finish]") -> Finish:
        """End the job now, and return how it ended."""
        self._stopping.set()
        if self._is_in_sandbox:
            await asyncio.wait({working}, timeout=STOP_SECONDS)
        working.cancel()
        try:
            return await working
        except asyncio.CancelledError:
            why = self._why_stopped
            if self._result is not None:
                # What it left takes too long to be sent.
                return self._finish(self._result, Files(), why.judge(self._result))
            return self._never_ran(why.state, why.word, why.message)

    def _stop_soon(self) -> None:
        self._stopping.set()

    async def work(self) -> Finish:
        """Run the job to its end."""
        payload = self._payload
        if not payload.requirements:
            return await self._run_if_possible()
        try:
            async with asyncio.timeout(payload.startup_timeout):
                environment = await self._installer.ensure(payload.requirements)
        except TimeoutError:
            message = f"its packages were not installed within {payload.startup_timeout} s"
            return self._never_ran(State.TIMEOUT, "startup_timeout", message)
        except RequirementsRefused as error:
            return self._never_ran(State.FAILED, "dependency_error", str(error), str(error))
        except EnvironmentBuildFailed as error:
            message = f"{error.cause} {error.advice}"
            return self._never_ran(State.FAILED, "dependency_error", message, str(error))
        except SandboxUnavailable as error:
            return self._never_ran(State.FAILED, "service_unavailable", str(error))
        with environment:
            self._environment = environment
            self._install_seconds = self._clock() - self._began
            return await self._run_if_possible()

    async def _run_if_possible(self) -> Finish:
        try:
            return await self._run()
        except SandboxUnavailable as error:
            return self._never_ran(State.FAILED, "service_unavailable", str(error))

    async def _run(self) -> Finish:
        label = f"run {self._context.assignment.fence.run_id}"
        job = replace(sandbox_job(self._payload, self._environment), label=label)
        self._is_in_sandbox = True
        async with self._live as live:
            execution = self._sandbox.execute(job, on_output=live.take, stop=self._stopping)
            async with execution as ended:
                self._result = ended.result
                await live.stop()
                if live.loss is not None:
                    raise live.loss
                files = await send_files(self._context, ended.output, self._payload.limits)
        result = ended.result
        was_stopped = self._stopping.is_set() and result.status is SandboxStatus.KILLED
        verdict = self._why_stopped.judge(result) if was_stopped else judge(result)
        return self._finish(result, files, verdict)

    def _finish(self, result: SandboxResult, files: Files, verdict: Verdict) -> Finish:
        report = report_of_run(
            result,
            verdict,
            files,
            self._live.rest(),
            self._timing(verdict.phase, result),
            self._environment.lock_hash if self._environment else "",
        )
        reason = None if verdict.error is None else shorten(verdict.error.message)
        return Finish(verdict.state, reason, result=report.to_json())

    def _never_ran(self, state: State, word: str, message: str, stderr: str = "") -> Finish:
        error = JobError(word, message, STARTUP)
        report = report_of_start(error, self._timing(STARTUP, None), stderr)
        return Finish(state, shorten(message), result=report.to_json())

    def _timing(self, phase: str, result: SandboxResult | None) -> Timing:
        installing = 0.0 if self._install_seconds is None else self._install_seconds
        starting = None if result is None else result.startup_seconds
        return Timing(
            startup_ms=_milliseconds(None if starting is None else installing + starting),
            dep_install_ms=_milliseconds(self._install_seconds),
            execution_ms=_milliseconds(None if result is None else result.duration),
            total_ms=_milliseconds(self._clock() - self._began),
            phase_at_exit=phase,
        )


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
