"""kill -9 of the whole server, in the middle of runs, and a new one on the same database."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.pool import WorkerPool
from evalwright_server.runs.states import State
from evalwright_server.store.database import Database
from evalwright_server.store.dialects import sqlite_url
from runs.sample_handlers import SOURCES

TESTS = Path(__file__).parents[1]


class Server:
    """A server process; see `runs.server_process`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.input = process.stdin
        self.output = process.stdout

    @classmethod
    async def start(cls, url: str, module: str = "runs.server_process") -> "Server":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, url),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
        )
        server = cls(process)
        assert await server.output.readline() == b"ready\n"
        return server

    async def submit(self, **payload: int | str) -> int:
        self.input.write(json.dumps({"submit": payload}).encode() + b"\n")
        return int(await self.output.readline())

    async def kill(self) -> list[int]:
        """Kill it, and return the process IDs of the workers it had."""
        self.input.write(b'{"pids": null}\n')
        workers: list[int] = json.loads(await self.output.readline())
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        return workers


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return "State:\tZ" not in status


async def until_gone(pids: list[int]) -> None:
    async with asyncio.timeout(10):
        for pid in pids:
            while is_alive(pid):  # noqa: ASYNC110 - nobody tells us: they aren't our children
                await asyncio.sleep(0.01)


async def until_lines(log: Path, count: int) -> None:
    async with asyncio.timeout(30):
        while not log.exists() or len(log.read_text().splitlines()) < count:  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_runs_survive_kill_9_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accepted runs are there, go on after their last stored row, and end once.

    The dead server's workers end by themselves, even though nobody tells them to.
    """
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    url = sqlite_url(tmp_path / "evalwright.db")
    log = tmp_path / "log"
    server = await Server.start(url)
    stuck = await server.submit(rows=6, stop_at=4, log=str(log))
    others = [await server.submit(rows=20) for _ in range(20)]
    await until_lines(log, 4)
    workers = await server.kill()
    assert len(workers) == 2
    await until_gone(workers)

    async with await Database.open(url) as db:
        engine = Engine(db)
        pool = WorkerPool(engine, sources=SOURCES, handlers="runs.sample_handlers:make_handlers")
        await pool.start()
        runs = [
            await engine.wait(run_id, since_version=None, timeout=30) for run_id in [stuck, *others]
        ]
        await pool.stop(0)
    assert {run.state for run in runs} == {State.SUCCEEDED}
    assert [run.progress.succeeded for run in runs] == [6] + [20] * 20
    assert runs[0].attempt == 2
    assert log.read_text().splitlines() == ["1 0", "1 1", "1 2", "1 3", "2 4", "2 5"]
