"""The driver without isolation: only when asked for, and then limits and ends still hold."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from evalwright_server.sandbox import (
    ArtifactLimits,
    Sandbox,
    SandboxJob,
    SandboxLimits,
    SandboxResult,
    SandboxUnavailable,
)
from evalwright_server.sandbox.settings import IsolationSettings
from sandbox.accounts_of_tests import run_as_root, run_as_user

pytestmark = pytest.mark.slow

MIB = 1 << 20


@pytest_asyncio.fixture(params=["1", "0"], ids=["cgroups", "no cgroups"])
async def sandbox(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Sandbox]:
    monkeypatch.setenv("EVALWRIGHT_SANDBOX", "unsafe")
    monkeypatch.setenv("EVALWRIGHT_CGROUPS", request.param)
    async with Sandbox() as opened:
        yield opened


async def run(sandbox: Sandbox, script: str, **limits: Any) -> SandboxResult:
    values = {"wall_seconds": 20, "memory_bytes": 100 * MIB, **limits}
    return await sandbox.run(SandboxJob(script, limits=SandboxLimits(**values)))


async def test_it_is_loud(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "evalwright"):
        report = await sandbox.probe()
        result = await run(sandbox, "print(1)")
    assert "WITHOUT ISOLATION" in caplog.text
    assert report.driver == "unsafe"
    assert not report.isolates
    assert {"user_namespace", "seccomp"} <= {layer.layer for layer in report.missing}
    assert result.isolation.driver == result.isolation.level == "unsafe"
    assert "user_namespace" not in result.isolation.layers


async def test_a_required_level_excludes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALWRIGHT_SANDBOX", "unsafe")
    monkeypatch.setenv("EVALWRIGHT_REQUIRE_ISOLATION", "namespaces")
    async with Sandbox() as sandbox:
        with pytest.raises(SandboxUnavailable, match="`namespaces` is required") as caught:
            await sandbox.run(SandboxJob("print(1)"))
    assert "Unset" in caught.value.cure


@pytest.mark.parametrize("word", ["docker", "Unsafe", "none"])
def test_no_other_word_chooses_it(word: str) -> None:
    with pytest.raises(ValueError, match="expected bubblewrap"):
        IsolationSettings.read({"EVALWRIGHT_SANDBOX": word})


CONTRACT = """
import json, os, pathlib, shutil, sys
data = json.load(open("/input/data.json"))
pathlib.Path("/output/result.json").write_text(json.dumps(data))
with open(b"/output/second", "wb") as file:
    file.write(b"2")
os.rename("/output/second", "/output/third")
os.makedirs("/output/folder/below")
shutil.rmtree("/output/folder")
print(sys.argv, __file__, sorted(os.listdir("/output")), os.path.exists("/input/data.json"))
print(os.environ["HOME"] != os.path.expanduser("~root"), sys.stdin.read() == "")
raise ValueError("with its line")
"""


async def test_programs_find_their_folders(sandbox: Sandbox) -> None:
    job = SandboxJob(CONTRACT, files={"data.json": b'{"a": 1}'}, environment={"X": "y"})
    async with sandbox.execute(job) as ended:
        result = ended.result
        found = ended.output.collect(ArtifactLimits(10, MIB, MIB))
        assert [file.name for file in found.files] == ["result.json", "third"]
        assert b"".join(ended.output.read("result.json")) == b'{"a": 1}'
    lines = result.stdout.splitlines()
    assert lines[0] == "['/code/main.py'] /code/main.py ['result.json', 'third'] True"
    assert lines[1] == "True True"
    assert 'raise ValueError("with its line")' in result.stderr
    assert result.exit_code == 1


async def test_a_template_is_not_needed(sandbox: Sandbox) -> None:
    """Nothing is shared between tenants where nothing is kept apart anyway."""
    result = await sandbox.run(SandboxJob("import json; print(json.dumps(1))", template="mine"))
    assert (result.stdout, result.isolation.driver) == ("1\n", "unsafe")


MEMORY = {
    "private": "kept = bytearray(b'x' * (300 << 20))",
    "shared": "import mmap\nm = mmap.mmap(-1, 300 << 20)\n"
    "for place in range(0, len(m), 4096): m[place] = 1",
    "of many": "import os, time\nfor _ in range(6):\n    if os.fork() == 0: break\n"
    "kept = bytearray(b'x' * (30 << 20))\ntime.sleep(20)",
}


@pytest.mark.parametrize("kind", MEMORY)
async def test_memory_is_limited(sandbox: Sandbox, kind: str) -> None:
    assert (await run(sandbox, MEMORY[kind])).status == "oom"


async def test_time_output_and_processor_are_limited(sandbox: Sandbox) -> None:
    results = await asyncio.gather(
        run(sandbox, "import time; time.sleep(60)", wall_seconds=0.4),
        run(sandbox, "while True: pass", cpu_seconds=0.4),
        run(sandbox, "print('x' * 5_000_000)", stream_bytes=1000),
    )
    assert [str(result.status) for result in results] == ["timeout", "timeout", "exited"]
    assert results[2].stdout == "x" * 1000
    assert results[2].stdout_truncated


async def test_files_are_limited(sandbox: Sandbox) -> None:
    script = """
import time
for number in range(100000):
    open(f"/output/{number}", "w").close()
time.sleep(20)
"""
    assert (await run(sandbox, script, files=500)).reason == "made more than 500 files"


@pytest.mark.skipif(os.geteuid() != 0, reason="the limit is per account, and this one is in use")
async def test_processes_are_limited(sandbox: Sandbox) -> None:
    script = """
import os, time
try:
    for count in range(100):
        if os.fork() == 0:
            time.sleep(60)
except OSError:
    print(count < 15)
"""
    assert (await run(sandbox, script, processes=12)).stdout == "True\n"


DAEMONS = """
import os, signal, time
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            time.sleep(1000)
        os._exit(0)
time.sleep(0.1)
os.write(3, b"begun\\n")
"""


def marked(word: str) -> set[int]:
    """Find processes by their environment, which children inherit."""
    found = set()
    for place in Path("/proc").iterdir():
        with suppress(OSError):
            if place.name.isdigit() and word.encode() in (place / "environ").read_bytes():
                found.add(int(place.name))
    return found


MARK = f"EVALWRIGHT_TEST_{os.getpid()}"
RENAME = """
import os, sys
if "MARKED" not in os.environ:
    os.environ["MARKED"] = "1"
    os.execv(sys.executable, [sys.executable, "-c", SCRIPT])
"""


def with_mark(script: str) -> SandboxJob:
    """Have a job begin again with its mark in its environment, as /proc shows that."""
    return SandboxJob(
        f"SCRIPT = {script!r}\n{RENAME}",
        environment={"MARK": MARK},
        limits=SandboxLimits(wall_seconds=30, processes=64),
    )


async def start(sandbox: Sandbox, script: str) -> "asyncio.Task[SandboxResult]":
    """Start a job and wait for its daemons."""
    begun: asyncio.Queue[bytes] = asyncio.Queue()
    task = asyncio.create_task(sandbox.run(with_mark(script), begun.put_nowait))
    await begun.get()
    return task


async def gone() -> None:
    """Wait for the end of what was killed; what is not would be found for ever."""
    while marked(MARK):  # noqa: ASYNC110 - of processes nobody knows, nothing else tells
        await asyncio.sleep(0.01)


async def test_daemons_end_with_the_job(sandbox: Sandbox) -> None:
    task = await start(sandbox, DAEMONS + "time.sleep(0.2)")
    assert len(marked(MARK)) >= 4
    assert (await task).exit_code == 0
    assert marked(MARK) == set()


async def test_cancelling_kills_all(sandbox: Sandbox) -> None:
    task = await start(sandbox, DAEMONS + "time.sleep(1000)")
    assert len(marked(MARK)) >= 4
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone()


async def test_all_end_that_killed_their_supervisor(sandbox: Sandbox) -> None:
    """Nobody reports then how it ended."""
    script = DAEMONS + "os.read(0, 1); os.kill(os.getppid(), 9); time.sleep(1000)"
    result = await (await start(sandbox, script))
    assert result.status == "killed"
    await gone()
    assert (await run(sandbox, "print(1)")).stdout == "1\n"


USER = """
import asyncio, json
from evalwright_server.sandbox import Sandbox, SandboxJob, SandboxLimits
async def main():
    ends = []
    async with Sandbox() as sandbox:
        for script, limits in SCRIPTS:
            limits = SandboxLimits(**{"wall_seconds": 20, "memory_bytes": 100 << 20, **limits})
            result = await sandbox.run(SandboxJob(script, limits=limits))
            ends.append([str(result.status), result.stdout, result.isolation.driver])
    print(json.dumps(ends))
asyncio.run(main())
"""


@pytest.mark.parametrize("run_as", [run_as_root, run_as_user])
def test_whoever_runs_it(run_as: Any) -> None:
    scripts = [
        ("import os; print(open('/input/x'), 1) if os.path.exists('/input/x') else print(2)", {}),
        (MEMORY["private"], {}),
        ("import time; time.sleep(60)", {"wall_seconds": 0.3}),
        ("import os; print(os.system('true'))", {}),
    ]
    found = json.loads(run_as(f"SCRIPTS = {scripts!r}\n{USER}", EVALWRIGHT_SANDBOX="unsafe"))
    assert found == [
        ["exited", "2\n", "unsafe"],
        ["oom", "", "unsafe"],
        ["timeout", "", "unsafe"],
        ["exited", "0\n", "unsafe"],
    ]
