"""The sandbox as the rest of the server sees it."""

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from evalwright_server.sandbox.account import job_account
from evalwright_server.sandbox.bubblewrap import Bubblewrap, find_bubblewrap
from evalwright_server.sandbox.command import bubblewrap_arguments
from evalwright_server.sandbox.errors import SandboxUnavailable
from evalwright_server.sandbox.exposure import Exposure, expose
from evalwright_server.sandbox.interpreter import find_interpreter
from evalwright_server.sandbox.job import SandboxJob, SandboxResult
from evalwright_server.sandbox.self_check import self_check
from evalwright_server.sandbox.spawner import Spawner
from evalwright_server.sandbox.supervision import MessageCallback, Supervision, resource_limits


class Sandbox:
    """Runs Python programs that nobody vouches for.

    Every job gets a sandbox of its own, made for it and gone after it. Jobs may run at the same
    time. An object belongs to one event loop. Use it as an asynchronous context manager, or call
    `close`.
    """

    def __init__(self, copies: Sequence[Bubblewrap] | None = None) -> None:
        """Do nothing yet; the first use starts the spawner.

        Args:
            copies: The copies of bubblewrap to try; None looks for them.
        """
        self._copies = copies
        self._interpreter = find_interpreter()
        self._spawner: Spawner | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End every job and the spawner."""
        spawner, self._spawner = self._spawner, None
        if spawner is not None:
            await asyncio.to_thread(spawner.close)

    async def probe(self) -> None:
        """Make sure that code can be isolated on this host; done once.

        Raises:
            SandboxUnavailable: It can't, and how to change that.
        """
        await self._open()

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
        return await self._run(await self._open(), job, on_message)

    async def _run(
        self, spawner: Spawner, job: SandboxJob, on_message: MessageCallback | None
    ) -> SandboxResult:
        supervision = Supervision(job.limits, on_message)
        files = {"main.py": job.script.encode(), **job.files}
        values = resource_limits(job.limits)
        limits = ",".join(f"{name}={value}" for name, value in values.items())
        arguments = bubblewrap_arguments(
            self._interpreter, list(files), job.limits.tmp_bytes, limits
        )
        try:
            await supervision.process.start(spawner, arguments, files)
            return await supervision.run()
        finally:
            await supervision.process.destroy()

    async def _open(self) -> Spawner:
        async with self._opening:
            if self._spawner is not None and not self._spawner.alive:
                await self.close()
            if self._spawner is None:
                self._spawner = await self._open_first()
            return self._spawner

    async def _open_first(self) -> Spawner:
        """Try the copies of bubblewrap in turn."""
        problems = []
        for copy in self._copies or find_bubblewrap():
            try:
                return await self._open_with(copy)
            except SandboxUnavailable as problem:
                problems.append(problem)
        raise problems[0]

    async def _open_with(self, copy: Bubblewrap) -> Spawner:
        account = job_account()
        exposure = Exposure()
        if account is not None:
            exposure = expose(self._interpreter.sources, [copy.program, *copy.libraries])
        spawner = await asyncio.to_thread(Spawner, copy, account, exposure)
        try:
            await self_check(lambda job, receive: self._run(spawner, job, receive))
        except BaseException:
            await asyncio.to_thread(spawner.close)
            raise
        return spawner
