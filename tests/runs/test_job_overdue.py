"""Jobs whose supervisor does not do its part still end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from evalwright_server.environments import Environments
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.handlers import job
from evalwright_server.runs.handlers.job import JobHandler
from evalwright_server.runs.job_payload import QUEUE, JobPayload
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.local_port import LocalPort
from evalwright_server.runs.states import State
from evalwright_server.runs.worker import Worker
from evalwright_server.sandbox import Sandbox
from runs.jobs_data import remains, submit_job


class StuckSandbox(Sandbox):
    """One that never comes back, however it is asked."""

    @asynccontextmanager
    async def execute(self, *_: object, **__: object) -> AsyncIterator[None]:  # type: ignore[override]
        await asyncio.Event().wait()
        yield


async def test_an_overdue_job_is_given_up(
    engine: Engine, space_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "SPARE_SECONDS", 0.1)
    monkeypatch.setattr(job, "STOP_SECONDS", 0.1)
    payload = JobPayload("print(1)", {}, timeout=0, startup_timeout=0)
    submitted = await engine.db.write(
        lambda connection: submit_job(connection, engine, space_id, payload)
    )
    async with LocalPort(engine, "w", SOURCES) as port:
        handler = JobHandler(StuckSandbox(), Environments(tmp_path))
        worker = Worker(port, {"job": handler}, slots={QUEUE: 1}, beat_seconds=5)
        working = asyncio.create_task(worker.run())
        run = await engine.wait(submitted.id, since_version=None, timeout=10)
        worker.drain(0)
        await working
    left = await engine.db.read(lambda connection: remains(connection, submitted.id))
    assert (run.state, left.record["error"]["type"]) == (State.TIMEOUT, "timeout")
    assert (left.record["exit_code"], left.job["ended_as"]) == (-1, "timeout")
