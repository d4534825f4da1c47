"""What a job may not use up."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from evalwright_server.sandbox import (
    Sandbox,
    SandboxJob,
    SandboxLimits,
    SandboxResult,
    SandboxStatus,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

Run = Callable[..., Awaitable[SandboxResult]]
Attempt = Callable[..., Awaitable[Any]]
MIB = 1024 * 1024


@pytest.mark.parametrize("script", ["while True: pass", "import time; time.sleep(1000)"])
async def test_wall_clock_time_ends_a_job(run: Run, script: str) -> None:
    result = await run(script, wall_seconds=0.3)
    assert result.status is SandboxStatus.TIMEOUT
    assert result.reason == "took longer than 0.3 s"
    assert (result.exit_code, result.signal) == (128 + 9, 9)
    assert result.duration >= 0.3


async def test_ignoring_signals_does_not_help(run: Run) -> None:
    result = await run(
        """
        import signal
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        while True: pass
        """,
        wall_seconds=0.3,
    )
    assert result.status is SandboxStatus.TIMEOUT


async def test_silence_ends_a_job_but_messages_keep_it_alive(sandbox: Sandbox) -> None:
    """The limit counts between messages, not from the start."""
    lines: list[bytes] = []
    script = """
import os, time
for number in range(4):
    time.sleep(0.6)
    os.write(3, b"%d\\n" % number)
time.sleep(1000)
"""
    limits = SandboxLimits(wall_seconds=20, stall_seconds=2.0)
    result = await sandbox.run(SandboxJob(script, limits=limits), lines.append)
    assert result.status is SandboxStatus.STALLED
    assert result.reason == "was silent for 2 s"
    assert lines == [b"0", b"1", b"2", b"3"]


async def test_a_fork_bomb_is_bounded_and_leaves_nothing(run: Run) -> None:
    result = await run(
        """
        import os, time
        count = 0
        while True:
            try:
                if os.fork() == 0:
                    time.sleep(1000)
                count += 1
            except BlockingIOError:
                break
        print(count)
        """,
        processes=20,
    )
    assert result.status is SandboxStatus.EXITED
    assert 0 < int(result.stdout) <= 20


async def test_every_process_forking_is_bounded_too(run: Run) -> None:
    result = await run(
        """
        import os
        while True:
            try:
                os.fork()
            except OSError:
                pass
        """,
        processes=20,
        wall_seconds=0.5,
    )
    assert result.status is SandboxStatus.TIMEOUT


async def test_ordinary_memory_runs_out_with_an_error(run: Run) -> None:
    result = await run("x = bytearray(200 * 1024 * 1024)", memory_bytes=100 * MIB)
    assert result.status is SandboxStatus.OOM
    assert result.reason == "needed more than 100 MiB of memory"


async def test_shared_memory_is_seen_from_outside(run: Run) -> None:
    """No limit of the kernel counts it for a process."""
    result = await run(
        """
        import mmap, time
        size = 200 * 1024 * 1024
        memory = mmap.mmap(-1, size, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
        for place in range(0, size, 4096):
            memory[place] = 1
        time.sleep(1000)
        """,
        memory_bytes=100 * MIB,
    )
    assert result.status is SandboxStatus.OOM


async def test_many_small_processes_count_together(run: Run) -> None:
    result = await run(
        """
        import os, time
        for _ in range(5):
            if os.fork() == 0:
                memory = bytearray(os.urandom(1024)) * (40 * 1024)
                time.sleep(1000)
        time.sleep(1000)
        """,
        memory_bytes=100 * MIB,
    )
    assert result.status is SandboxStatus.OOM
    # The kernel stops them at the limit, the watcher just behind it.
    assert result.peak_memory_bytes > 99 * MIB


async def test_memory_that_processes_share_counts_once(run: Run) -> None:
    """Ten children that read what the parent wrote are no hog."""
    result = await run(
        """
        import os
        memory = bytearray(40 * 1024 * 1024)
        memory[:] = b"x" * len(memory)
        children = []
        for _ in range(10):
            pid = os.fork()
            if pid == 0:
                sum(memory[::4096])
                os._exit(0)
            children.append(pid)
        for pid in children:
            os.waitpid(pid, 0)
        """,
        memory_bytes=200 * MIB,
    )
    assert result.status is SandboxStatus.EXITED, result


async def test_tmp_is_small(attempt: Attempt) -> None:
    found = await attempt(
        """
        written = 0
        try:
            for number in range(100):
                with open(f"/tmp/{number}", "wb") as file:
                    written += file.write(bytes(1024 * 1024))
        except OSError as error:
            return written, os.strerror(error.errno)
        """,
        tmp_bytes=8 * MIB,
    )
    assert found[0] <= 8 * MIB
    assert found[1] == "No space left on device"


async def test_countless_files_end_a_job(run: Run) -> None:
    """Empty files take kernel memory that no size limit sees."""
    result = await run(
        """
        import os
        number = 0
        while True:
            os.mknod(f"/tmp/{number}")
            number += 1
        """,
        files=1000,
    )
    assert result.status is SandboxStatus.OOM
    assert result.reason == "made more than 1000 files"


async def test_output_is_kept_up_to_a_limit_and_never_blocks(run: Run) -> None:
    result = await run(
        """
        import os
        block = b"x" * 65536
        for _ in range(800):
            os.write(1, block)
            os.write(2, block)
        """,
        stream_bytes=1000,
    )
    assert result.status is SandboxStatus.EXITED
    assert result.stdout == result.stderr == "x" * 1000


async def test_endless_output_ends_with_the_time(run: Run) -> None:
    result = await run("while True: print('x' * 1000)", wall_seconds=0.5, stream_bytes=1000)
    assert result.status is SandboxStatus.TIMEOUT
    assert len(result.stdout) == 1000


@pytest.mark.parametrize("end", ["b'x' * 3000", "b'x' * 3000 + b'\\n'"])
async def test_an_endless_message_ends_a_job(sandbox: Sandbox, end: str) -> None:
    script = f"import os, time\nos.write(3, {end})\ntime.sleep(1000)"
    job = SandboxJob(script, limits=SandboxLimits(message_bytes=2000))
    result = await sandbox.run(job, lambda _: None)
    assert result.status is SandboxStatus.KILLED
    assert result.reason == "sent a message of more than 2000 bytes"


async def test_a_receiver_that_raises_ends_the_job(sandbox: Sandbox) -> None:
    def refuse(line: bytes) -> None:
        raise LookupError(line)

    job = SandboxJob("import os, time\nos.write(3, b'hello\\n')\ntime.sleep(1000)")
    with pytest.raises(LookupError, match="hello"):
        await sandbox.run(job, refuse)


async def test_files_are_there_and_read_only(sandbox: Sandbox) -> None:
    script = """
import os
for name in sorted(os.listdir("/input")):
    os.write(3, open(f"/input/{name}", "rb").read())
places = ["/code", "/code/main.py", "/input", *(f"/input/{n}" for n in os.listdir("/input"))]
for place in [*places, "/app", "/home/sandbox", "/"]:
    deeds = [lambda: os.chmod(place, 0o777), lambda: os.utime(place), lambda: os.unlink(place)]
    deeds += [lambda: open(place, "ab"), lambda: open(f"{place}/new", "wb")]
    for number, deed in enumerate(deeds):
        try:
            deed()
            os.write(3, f"{place} {number}\\n".encode())
        except OSError:
            pass
"""
    lines: list[bytes] = []
    job = SandboxJob(script, files={"data1": b"one\n", "data2": b"\xff" * 100_000 + b"\n"})
    result = await sandbox.run(job, lines.append)
    assert result.exit_code == 0, result
    assert lines == [b"one", b"\xff" * 100_000]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "../../x", "a\0b"])
async def test_no_file_gets_out_of_its_folder(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(ValueError, match=r"file name|null"):
        await sandbox.run(SandboxJob("", files={name: b""}))


async def test_jobs_run_side_by_side(sandbox: Sandbox) -> None:
    jobs = [SandboxJob(f"print({number})") for number in range(8)]
    results = await asyncio.gather(*map(sandbox.run, jobs))
    assert [result.stdout for result in results] == [f"{number}\n" for number in range(8)]


@pytest.mark.parametrize(("script", "code"), [("raise SystemExit(3)", 3), ("1/0", 1), ("", 0)])
async def test_the_exit_code_is_told(run: Run, script: str, code: int) -> None:
    result = await run(script)
    assert (result.status, result.exit_code) == (SandboxStatus.EXITED, code)


async def test_death_by_signal_is_an_exit(run: Run) -> None:
    result = await run("import os; os.kill(os.getpid(), 9)")
    assert (result.status, result.exit_code) == (SandboxStatus.EXITED, 128 + 9)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_descriptors_do_not_pile_up(run: Run, sandbox: Sandbox) -> None:
    async def count() -> int:
        # Sandboxes are cleared away in the background.
        await asyncio.gather(*sandbox._pool._dropping)
        return open_descriptors()

    await run("pass")
    before = await count()
    for script in ("pass", "raise SystemExit(1)", "import os; os.kill(os.getpid(), 9)"):
        await run(script)
    assert await count() == before
