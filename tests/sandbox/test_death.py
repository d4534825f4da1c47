"""Nothing of a job outlives it, whoever dies first."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from evalwright_server.sandbox import (
    Sandbox,
    SandboxJob,
    SandboxLimits,
    SandboxStatus,
    SandboxUnavailable,
)

pytestmark = pytest.mark.slow

MARKS = (f"mark_{os.getpid()}_{number}_" for number in count())
"""Modules nobody has, to find the processes of a job's sandbox by their command line."""

DAEMON = """
import os, signal, time
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
os.write(3, b"begun\\n")
for _ in range(2):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1000)
"""


def pids_marked(mark: str) -> set[int]:
    """Find the processes of a job, bubblewrap's included, from outside."""
    found = set()
    for place in Path("/proc").iterdir():
        with suppress(OSError):
            if place.name.isdigit() and mark.encode() in (place / "cmdline").read_bytes():
                found.add(int(place.name))
    return found


def all_end(mark: str) -> bool:
    """Wait until all processes of a job are gone: bubblewrap's may take some time to go."""
    for pid in pids_marked(mark):
        with suppress(ProcessLookupError):
            pidfd = os.pidfd_open(pid)
            ended, _, _ = select.select([pidfd], [], [], 10)
            os.close(pidfd)
            if not ended:
                return False
    return True


def marked(script: str, template: str | None = None) -> tuple[SandboxJob, str]:
    mark = next(MARKS)
    limits = SandboxLimits(wall_seconds=60)
    return SandboxJob(script, limits=limits, preload=(mark,), template=template), mark


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as opened:
        await opened.probe()
        yield opened


async def start(sandbox: Sandbox, script: str) -> tuple["asyncio.Task[object]", str]:
    """Start a job and wait for its first message."""
    job, mark = marked(script)
    begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    task: asyncio.Task[object] = asyncio.create_task(
        sandbox.run(job, lambda _: begun.set_result(None))
    )
    first: list[asyncio.Future[object]] = [asyncio.ensure_future(begun), task]
    await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    assert begun.done(), await task
    assert len(pids_marked(mark)) >= 2
    return task, mark


async def test_daemons_end_with_the_job(sandbox: Sandbox) -> None:
    job, mark = marked(DAEMON)
    async with sandbox.execute(job, lambda _: None) as ended:
        # Nothing but what holds the sandbox itself is left.
        assert len(pids_marked(mark)) <= 2
    assert ended.result.status is SandboxStatus.EXITED
    assert ended.result.exit_code == 0
    assert all_end(mark)


@pytest.mark.parametrize("victim", ["1", "-1", "os.getppid()"])
async def test_killing_around_hurts_only_the_job(sandbox: Sandbox, victim: str) -> None:
    job, mark = marked(f"import os\ntry: os.kill({victim}, 9)\nexcept OSError: pass\nprint('on')")
    result = await sandbox.run(job)
    assert result.stdout in {"on\n", ""}
    assert all_end(mark)
    assert (await sandbox.run(SandboxJob("print(1)"))).stdout == "1\n"


async def test_cancelling_kills_at_once(sandbox: Sandbox) -> None:
    task, mark = await start(sandbox, DAEMON + "time.sleep(1000)")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pids_marked(mark) == set()


@pytest.mark.parametrize("milliseconds", range(0, 40, 2))
async def test_cancelling_while_it_starts_leaves_nothing(
    sandbox: Sandbox, milliseconds: int
) -> None:
    """bubblewrap's child asks late to die with its parent, so killing the parent is not enough."""
    job, mark = marked("import time; time.sleep(1000)")
    task = asyncio.create_task(sandbox.run(job))
    await asyncio.wait({task}, timeout=milliseconds / 1000)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pids_marked(mark) == set()


async def test_children_of_a_template_leave_nothing_but_the_template() -> None:
    """However they end: by themselves, with daemons left, or at any moment of their start."""
    job, mark = marked(DAEMON, "tenant")
    async with Sandbox() as sandbox:
        assert (await sandbox.run(job, lambda _: None)).exit_code == 0
        await asyncio.gather(*sandbox._pool._dropping)
        template = pids_marked(mark)
        assert template
        endless = replace(job, script=DAEMON + "time.sleep(1000)")
        for milliseconds in (0, 1, 2, 4, 8, 16, 32, 64):
            task = asyncio.create_task(sandbox.run(endless, lambda _: None))
            await asyncio.wait({task}, timeout=milliseconds / 1000)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert pids_marked(mark) <= template
        assert (await sandbox.run(job, lambda _: None)).exit_code == 0
    assert all_end(mark)


async def test_closing_ends_running_jobs() -> None:
    sandbox = Sandbox()
    task, mark = await start(sandbox, DAEMON + "time.sleep(1000)")
    await sandbox.close()
    result = await task
    assert getattr(result, "status", None) is SandboxStatus.KILLED
    assert pids_marked(mark) == set()


async def test_it_can_be_used_again_after_the_spawner_died(sandbox: Sandbox) -> None:
    task, mark = await start(sandbox, DAEMON + "time.sleep(1000)")
    (spawner,) = children_of(os.getpid(), "spawner.py")
    os.kill(spawner, signal.SIGKILL)
    result = await task
    assert getattr(result, "status", None) is SandboxStatus.KILLED
    assert pids_marked(mark) == set()
    assert (await sandbox.run(SandboxJob("print(1)"))).stdout == "1\n"


async def test_an_answer_that_came_too_late_is_not_taken_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or every later job would be watched, and killed, in place of the one before it."""
    monkeypatch.setattr("evalwright_server.sandbox.spawner.ANSWER_SECONDS", 3.0)
    async with Sandbox() as sandbox:
        await sandbox.probe()
        (spawner,) = children_of(os.getpid(), "spawner.py")
        os.kill(spawner, signal.SIGSTOP)
        with pytest.raises(SandboxUnavailable):
            await sandbox.run(SandboxJob("print(1)"))
        with suppress(ProcessLookupError):
            os.kill(spawner, signal.SIGCONT)
        assert (await sandbox.run(SandboxJob("print(2)"))).stdout == "2\n"
        assert children_of(os.getpid(), "spawner.py") != [spawner]


def uids_of(pid: int) -> list[str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1:] for line in lines if line.startswith("Uid:"))


def children_of(pid: int, word: str) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    pids = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return [child for child in pids if word in Path(f"/proc/{child}/cmdline").read_text()]


WORKER = """
import asyncio, sys
from evalwright_server.sandbox import Sandbox, SandboxJob, SandboxLimits
async def main():
    job = SandboxJob({script!r}, limits=SandboxLimits(wall_seconds=60), preload=({mark!r},),
                     template={template!r})
    async with Sandbox(warm=2) as sandbox:
        await sandbox.run(job, lambda line: print("begun", flush=True))
asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_worker_takes_its_sandboxes_along(
    number: signal.Signals, template: str | None
) -> None:
    mark = next(MARKS)
    source = WORKER.format(script=DAEMON + "time.sleep(1000)", mark=mark, template=template)
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"begun\n"
        pidfds = [os.pidfd_open(pid) for pid in pids_marked(mark)]
        assert len(pidfds) >= 2
        worker.send_signal(number)
    for pidfd in pidfds:
        ended, _, _ = select.select([pidfd], [], [], 10)
        os.close(pidfd)
        assert ended


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user has no other account")
async def test_root_never_runs_a_job(sandbox: Sandbox) -> None:
    """Whatever the job sees, the kernel must not take it for root."""
    task, mark = await start(sandbox, DAEMON + "time.sleep(1000)")
    for pid in pids_marked(mark):
        assert "0" not in uids_of(pid)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
