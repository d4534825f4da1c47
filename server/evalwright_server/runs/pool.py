"""The worker processes of a server: started, watched, replaced, stopped."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Final

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.hooks import Hooks, NoHooks
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.process import WorkerProcess, WorkerSettings
from evalwright_server.runs.reaper import reap_forever, recover
from evalwright_server.runs.sources.source import Source
from evalwright_server.runs.worker import SLOTS

logger: Final = logging.getLogger(__name__)

HANDLERS: Final = "evalwright_server.runs.handlers.registry:make_handlers"
"""Where worker processes find what they can do."""
STOP_SECONDS: Final = 5.0
"""How long runs may go on after the server was asked to stop, before they are handed back."""

_SECONDS_TO_HAND_BACK: Final = 5.0
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 10.0
_STABLE_SECONDS: Final = 30.0


class WorkerPool:
    """Runs the runs of an engine in worker processes.

    Args:
        engine: Whose runs.
        workers: How many processes.
        slots: How many runs each takes at a time, by queue.
        handlers: `module:function` that returns the handlers, called in the worker process.
        sources: Their counterparts in this process.
        hooks: What this process adds to claims and ends.
        environment: Variables for the worker processes, beside those of this process.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        workers: int = 1,
        slots: Mapping[str, int] = SLOTS,
        handlers: str = HANDLERS,
        sources: Mapping[str, Source] = SOURCES,
        hooks: Hooks | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._engine = engine
        self._workers = workers
        self._settings = WorkerSettings(
            slots, handlers, sources, hooks or NoHooks(), environment or {}
        )
        self._running: set[WorkerProcess] = set()
        self._stopping = asyncio.Event()
        self._stop_seconds = STOP_SECONDS
        self._supervisors: list[asyncio.Task[None]] = []
        self._reaper: asyncio.Task[None] | None = None

    @property
    def pids(self) -> list[int]:
        """The process IDs of the present workers."""
        return [worker.pid for worker in self._running]

    async def start(self) -> None:
        """Queue again what the last server left behind, and start the workers."""
        recovered = await recover(self._engine)
        if recovered:
            logger.warning("%d runs of the last server are queued again", recovered)
        self._reaper = asyncio.create_task(reap_forever(self._engine))
        self._supervisors = [
            asyncio.create_task(self._keep_one_running()) for _ in range(self._workers)
        ]

    async def stop(self, grace_seconds: float = STOP_SECONDS) -> None:
        """Let runs end for so many seconds, hand back the others, and end the workers.

        Handed back runs keep what they have done, and go on when there is a worker again.
        """
        self._stop_seconds = grace_seconds
        self._stopping.set()
        for worker in self._running:
            worker.drain(grace_seconds)
        if self._supervisors:
            await asyncio.wait(self._supervisors, timeout=grace_seconds + _SECONDS_TO_HAND_BACK)
        tasks = [*self._supervisors, *([self._reaper] if self._reaper else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_one_running(self) -> None:
        clock = asyncio.get_running_loop().time
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            started = clock()
            await self._run_one()
            is_stable = clock() - started > _STABLE_SECONDS
            pause = _FIRST_PAUSE if is_stable else min(pause * 2, _LONGEST_PAUSE)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stopping.wait()

    async def _run_one(self) -> None:
        """See one worker process through its life."""
        try:
            worker = await WorkerProcess.start(self._engine, self._settings)
        except OSError as error:
            logger.error("a worker process can't be started: %s", error)  # noqa: TRY400
            return
        self._running.add(worker)
        if self._stopping.is_set():
            worker.drain(self._stop_seconds)
        code = -1
        try:
            code = await worker.serve()
        except Exception:
            # Or this worker's place would stay empty, and nobody know why.
            logger.exception("serving worker %d failed", worker.pid)
        finally:
            self._running.discard(worker)
        if not self._stopping.is_set():
            logger.warning("worker %d ended with code %d: starting another", worker.pid, code)
