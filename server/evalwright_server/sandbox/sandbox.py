"""The sandbox as the rest of the server sees it."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Final, Self

from evalwright_server.egress.proxy import Proxy
from evalwright_server.egress.route import Router
from evalwright_server.egress.variables import own_ports, proxy_variables
from evalwright_server.sandbox.bubblewrap import Bubblewrap, find_bubblewrap
from evalwright_server.sandbox.command import Shape
from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.isolating import isolate
from evalwright_server.sandbox.isolation import UNSAFE, Isolation, IsolationReport, Level
from evalwright_server.sandbox.job import SandboxJob, SandboxResult, SandboxStatus
from evalwright_server.sandbox.output import OutputDirectory
from evalwright_server.sandbox.pool import Pool
from evalwright_server.sandbox.self_check import self_check
from evalwright_server.sandbox.settings import IsolationSettings
from evalwright_server.sandbox.slot import Slot
from evalwright_server.sandbox.supervision import MessageCallback, OutputCallback, Supervision
from evalwright_server.sandbox.unsafe import WARNING, UnsafeWorkshop
from evalwright_server.sandbox.workshop import Workshop

logger: Final = logging.getLogger("evalwright")


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that is over.

    Attributes:
        result: How it ended.
        output: What it left in /output.
    """

    result: SandboxResult
    output: OutputDirectory


class Sandbox:
    """Runs Python programs that nobody vouches for.

    Every job gets a sandbox of its own, used for nothing else and gone after it. Jobs may run at
    the same time. An object belongs to one event loop. Use it as an asynchronous context manager,
    or call `close`.

    Args:
        copies: The copies of bubblewrap to try; None looks for them.
        warm: How many sandboxes stand ready for each kind of job that was run before.
        packages: The folder that holds every job's `site_packages`, now or later; it must be there.
        settings: Which driver, and what it must reach; None for what the environment says.
    """

    def __init__(
        self,
        copies: Sequence[Bubblewrap] | None = None,
        *,
        warm: int = 0,
        packages: Path | None = None,
        settings: IsolationSettings | None = None,
    ) -> None:
        self._copies = copies
        self._warm = warm
        self._packages = None if packages is None else packages.resolve()
        self._workshop: Workshop | None = None
        self._pool = Pool(self._make, warm)
        self._opening = asyncio.Lock()
        self._settings = settings or IsolationSettings.read()
        self._report = IsolationReport(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def ready(self) -> int:
        """How many sandboxes stand ready."""
        return self._pool.count

    async def close(self) -> None:
        """End every job and all that stands ready."""
        await self._pool.close()
        await self._close_workshop()

    async def _close_workshop(self) -> None:
        workshop, self._workshop = self._workshop, None
        if workshop is not None:
            await workshop.close()

    async def probe(self) -> IsolationReport:
        """Make sure that code can be isolated on this host, and say how well; done once.

        Raises:
            SandboxUnavailable: It can't, and how to change that.
        """
        await self._open()
        return self._report

    async def run(
        self, job: SandboxJob, on_message: MessageCallback | None = None
    ) -> SandboxResult:
        """Run one job to its end; cancelling kills it.

        Args:
            job: What to run.
            on_message: Gets each line the job writes to descriptor 3, without the line feed. What
                it raises ends the job and is raised here.

        Raises:
            SandboxUnavailable: No sandbox could be made; the job did not start.
        """
        async with self.execute(job, on_message) as ended:
            return ended.result

    @asynccontextmanager
    async def execute(
        self,
        job: SandboxJob,
        on_message: MessageCallback | None = None,
        on_output: OutputCallback | None = None,
        stop: asyncio.Event | None = None,
    ) -> AsyncIterator[Ended]:
        """Run one job to its end, and keep what it left while the context lasts.

        Args:
            job: What to run.
            on_message: See `run`.
            on_output: Gets what the job prints as it comes: `stdout` or `stderr`, and some bytes.
            stop: Once set, the job is killed; what it left is there as after any end.

        Raises:
            SandboxUnavailable: No sandbox could be made; the job did not start.
        """
        asked_at = monotonic()
        shape = shape_of(job)
        slot, was_warm = await self._pool.take(shape)
        self._pool.refill(shape)
        try:
            result = await self._supervise(
                slot, job, on_message, on_output, stop, was_warm=was_warm, asked_at=asked_at
            )
            yield Ended(result, slot.output)
        except BaseException:
            await slot.destroy()
            raise
        finally:
            # All of the job is dead. Clearing the rest away takes a while that nobody need wait.
            slot.output.close()
            await self._pool.clear_away(slot)

    async def _supervise(
        self,
        slot: Slot,
        job: SandboxJob,
        on_message: MessageCallback | None,
        on_output: OutputCallback | None,
        stop: asyncio.Event | None,
        *,
        was_warm: bool,
        asked_at: float,
    ) -> SandboxResult:
        proxy = None
        if job.network is not None and self._report.driver != UNSAFE:
            proxy = Proxy(Router(job.network, own_ports()), job.label)
            job = replace(job, environment={**proxy_variables(job.network), **job.environment})
            slot.on_listener = lambda listener: _start(proxy, listener)
        slot.folder.write(job.script, job.files)
        isolation = self._isolate(slot, job)
        supervision = Supervision(slot, job, isolation, was_warm=was_warm, asked_at=asked_at)
        supervision.listen(on_message, on_output)
        stopping = None if stop is None else asyncio.ensure_future(_stop(stop, supervision))
        try:
            return await supervision.run()
        finally:
            if stopping is not None:
                stopping.cancel()
            if proxy is not None:
                await proxy.close()

    def _isolate(self, slot: Slot, job: SandboxJob) -> Isolation:
        """Put on what can be put on only now, and say all that keeps a job apart from the host.

        Raises:
            SandboxUnavailable: It is less than is required.
        """
        isolation = isolate(slot, job, self._report)
        # The self-check, before which nothing is known, is no job.
        if self._report.driver and Level.named(isolation.level) < self._settings.required:
            raise self._report.shortfall(self._settings.required) or SandboxUnavailable(
                "This sandbox got less isolation than is required.", "See the log of the server."
            )
        return isolation

    async def _make(self, shape: Shape, *, is_warm: bool) -> Slot:
        return await (await self._open()).make(shape, is_warm=is_warm)

    async def _open(self) -> Workshop:
        async with self._opening:
            if self._workshop is not None and not self._workshop.alive:
                await self._close_workshop()
            if self._workshop is None:
                self._workshop = await self._open_first()
            return self._workshop

    async def _open_first(self) -> Workshop:
        """Try the copies of bubblewrap in turn."""
        if self._settings.driver == UNSAFE:
            logger.warning(WARNING)
            workshop = await UnsafeWorkshop.start(self._packages)
            self._report = workshop.report
            return workshop
        problems = []
        for copy in self._copies or find_bubblewrap():
            try:
                return await self._open_with(copy)
            except SandboxUnavailable as problem:
                problems.append(problem)
        raise problems[0]

    async def _open_with(self, copy: Bubblewrap) -> Workshop:
        workshop = await Workshop.open(copy, self._packages)

        async def check(job: SandboxJob, receive: MessageCallback) -> SandboxResult:
            slot = await workshop.make(shape_of(job), is_warm=False)
            try:
                return await self._supervise(
                    slot, job, receive, None, None, was_warm=False, asked_at=monotonic()
                )
            finally:
                await slot.destroy()

        try:
            workshop.proven = await self_check(check)
        except BaseException:
            await workshop.close()
            raise
        self._report = workshop.report
        return workshop


def shape_of(job: SandboxJob) -> Shape:
    """Return what has to be known of a job when its sandbox is made."""
    limits = job.limits
    return Shape(
        job.site_packages, job.preload, limits.tmp_bytes, limits.output_bytes, job.template
    )


async def _stop(stop: asyncio.Event, supervision: Supervision) -> None:
    await stop.wait()
    supervision.finish(SandboxStatus.KILLED, "was stopped on request")


_STARTS: Final[set["asyncio.Task[None]"]] = set()


def _start(proxy: Proxy, listener: socket.socket) -> None:
    """Have a proxy serve; connections wait for it meanwhile."""
    task = asyncio.ensure_future(proxy.start(listener))
    _STARTS.add(task)
    task.add_done_callback(_STARTS.discard)
