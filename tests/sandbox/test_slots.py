"""Sandboxes are made ahead, each used once, and what they measure is true."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from textwrap import dedent

import pytest
import pytest_asyncio

from evalwright_server.sandbox import (
    Sandbox,
    SandboxJob,
    SandboxLimits,
    SandboxResult,
    SandboxStatus,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

MIB = 1024 * 1024
REMEMBER = """
import os
places = ["/tmp", "/output", "/dev/shm", "/code", "/input", "/app", "/home/sandbox"]
print({place: os.listdir(place) for place in places}, os.getpid())
for place in ("/tmp", "/output", "/dev/shm"):
    open(f"{place}/left", "w").write("secret")
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def warm() -> AsyncIterator[Sandbox]:
    async with Sandbox(warm=1) as opened:
        await opened.probe()
        yield opened


async def until_ready(sandbox: Sandbox) -> None:
    """Wait until all sandboxes that should stand ready do."""
    refilling = sandbox._pool._refilling
    if refilling is not None:
        await asyncio.wait({refilling}, timeout=20)


async def run(sandbox: Sandbox, script: str, template: str | None = None) -> SandboxResult:
    return await sandbox.run(SandboxJob(dedent(script), template=template))


async def test_the_next_job_of_a_kind_finds_a_sandbox_ready(
    warm: Sandbox, template: str | None
) -> None:
    first = await run(warm, "print(1)", template)
    await until_ready(warm)
    second = await run(warm, "print(2)", template)
    assert not first.was_warm
    assert second.was_warm
    assert second.stdout == "2\n"
    assert second.startup_seconds is not None


async def test_nothing_is_left_for_the_next_job(warm: Sandbox, template: str | None) -> None:
    outputs = set()
    for _ in range(3):
        result = await run(warm, REMEMBER, template)
        outputs.add(result.stdout)
        await until_ready(warm)
    (output,) = outputs
    assert "left" not in output
    assert "main.py" in output


async def test_a_sandbox_that_died_in_the_pool_is_not_used(
    warm: Sandbox, template: str | None
) -> None:
    await run(warm, "", template)
    await until_ready(warm)
    for slots in warm._pool._ready.values():
        for slot in slots:
            os.kill(slot.agent, signal.SIGKILL)
            await asyncio.wait({slot._exited}, timeout=20)
    assert (await run(warm, "print(1)", template)).stdout == "1\n"


async def test_a_pool_of_none_never_makes_any_ahead(sandbox: Sandbox) -> None:
    await run(sandbox, "")
    assert sandbox._pool.count == 0
    assert not (await run(sandbox, "")).was_warm


async def test_modules_are_imported_ahead(warm: Sandbox, template: str | None) -> None:
    script = "import sys; print('tomllib' in sys.modules, 'mailbox' in sys.modules)"
    job = SandboxJob(script, preload=("tomllib", "no.such.module"), template=template)
    await warm.run(job)
    await until_ready(warm)
    result = await warm.run(job)
    assert (result.was_warm, result.stdout) == (True, "True False\n")


async def test_an_import_that_ends_the_process_is_reported(sandbox: Sandbox) -> None:
    result = await sandbox.run(SandboxJob("print(1)", preload=("antigravity.not_there",)))
    assert result.stdout == "1\n"


HINT = "Use {}() or Ctrl-D (i.e. EOF) to exit"
PROGRAM = """
import os, sys
print(__name__, __file__, sys.argv, os.getcwd(), os.environ["HOME"])
print(sys.stdin.read() == "", exit, quit, callable(exit))
print(open("/input/data.json").read(), sys.path[0])
import __main__
print(__main__.marker if hasattr(__main__, "marker") else None)
marker = 1
print(__main__.marker)
"""


async def test_a_program_finds_what_python_would_give_it(
    sandbox: Sandbox, template: str | None
) -> None:
    job = SandboxJob(PROGRAM, files={"data.json": b"{}"}, template=template)
    assert (await sandbox.run(job)).stdout.splitlines() == [
        "__main__ /code/main.py ['/code/main.py'] /app /home/sandbox",
        "True Use exit() or Ctrl-D (i.e. EOF) to exit Use quit() or Ctrl-D (i.e. EOF) to exit True",
        "{} /code",
        "None",
        "1",
    ]


@pytest.mark.parametrize(
    ("script", "code", "stdout", "stderr"),
    [
        ("print(1); exit()", 0, "1\n", ""),
        ("quit(7)", 7, "", ""),
        ("import sys; sys.exit('sorry')", 1, "", "sorry\n"),
        ("raise SystemExit(None)", 0, "", ""),
        ("import sys; sys.exit(-1)", 255, "", ""),
        ("import sys; sys.exit(256 + 3)", 3, "", ""),
        ("raise KeyboardInterrupt", 130, "", "KeyboardInterrupt"),
        ("import os; os._exit(9)", 9, "", ""),
        ("import os; os.write(1, b'raw'); os.abort()", 134, "raw", ""),
        ("import atexit; atexit.register(print, 'bye'); print('hi')", 0, "hi\nbye\n", ""),
        ("import threading as t, time\nt.Timer(0.1, print, ['late']).start()", 0, "late\n", ""),
        ("open('/output/x', 'w').write('y'); f = open('/tmp/x', 'w'); f.write('z')", 0, "", ""),
        ("class C:\n  def __del__(s): print('gone')\nc = C(); c.c = c", 0, "gone\n", ""),
        ("import ctypes; ctypes.CDLL(None).printf(b'from C')", 0, "from C", ""),
        ("import sys; sys.stdout = None", 0, "", ""),
        ("import sys; sys.stdout.close()", 0, "", ""),
        ("import sys; sys.modules.clear()", 0, "", ""),
        ("import builtins; del builtins.print; open = None", 0, "", ""),
    ],
)
async def test_a_program_ends_as_in_python(
    sandbox: Sandbox, script: str, code: int, stdout: str, stderr: str
) -> None:
    """The interpreter is left by a short cut, of which no program may tell."""
    result = await sandbox.run(SandboxJob(script))
    assert (result.exit_code, result.stdout) == (code, stdout), result
    assert stderr in result.stderr
    assert bool(result.stderr) == bool(stderr)


async def test_files_still_open_at_the_end_are_written(
    sandbox: Sandbox, template: str | None
) -> None:
    script = """
import builtins, sys
kept = builtins.kept = open("/output/kept", "w")
kept.write("all of it")
cycle = [open("/output/cycle", "w")]
cycle.append(cycle)
cycle[0].write("too")
"""
    async with sandbox.execute(SandboxJob(script, template=template)) as ended:
        assert b"".join(ended.output.read("kept")) == b"all of it"
        assert b"".join(ended.output.read("cycle")) == b"too"


async def test_a_traceback_shows_the_program_and_nothing_else(
    sandbox: Sandbox, template: str | None
) -> None:
    script = "def f():\n    return 1 / 0  # here\n\nf()\n"
    result = await sandbox.run(SandboxJob(script, template=template))
    assert [line for line in result.stderr.splitlines() if "^" not in line and "~" not in line] == [
        "Traceback (most recent call last):",
        '  File "/code/main.py", line 4, in <module>',
        "    f()",
        '  File "/code/main.py", line 2, in f',
        "    return 1 / 0  # here",
        "ZeroDivisionError: division by zero",
    ]


async def test_a_syntax_error_is_shown_in_its_line(sandbox: Sandbox) -> None:
    result = await sandbox.run(SandboxJob("x = 1\ndef f(:\n"))
    assert result.stderr.startswith('  File "/code/main.py", line 2\n    def f(:\n')
    assert result.exit_code == 1


async def test_variables_are_passed_on(sandbox: Sandbox, template: str | None) -> None:
    variables = {"NAME": "value with spaces \U0001f600", "HOME": "/tmp"}
    script = "import os, subprocess, sys\nprint(os.environ['NAME'], os.environ['HOME'], flush=True)"
    script += "\nsubprocess.run([sys.executable, '-c', 'import os; print(os.environ[\"NAME\"])'])"
    result = await sandbox.run(SandboxJob(script, environment=variables, template=template))
    assert result.stdout.splitlines() == [f"{variables['NAME']} /tmp", variables["NAME"]]


async def test_output_arrives_while_the_job_runs(sandbox: Sandbox, template: str | None) -> None:
    script = """
import os, sys, time
print("first", flush=True)
print("problem", file=sys.stderr)
while not os.path.exists("/input/go"):
    time.sleep(0.01)
print("last")
"""
    chunks: list[tuple[str, bytes]] = []
    arrived = asyncio.Event()
    stop = asyncio.Event()

    def said(stream: str) -> bytes:
        return b"".join(chunk for name, chunk in chunks if name == stream)

    def take(stream: str, chunk: bytes) -> None:
        chunks.append((stream, chunk))
        # Unbuffered, a line and its end are two writes.
        if said("stdout").endswith(b"\n") and said("stderr").endswith(b"\n"):
            arrived.set()
            stop.set()

    job = SandboxJob(script, limits=SandboxLimits(wall_seconds=20), template=template)
    async with sandbox.execute(job, on_output=take, stop=stop) as ended:
        assert arrived.is_set()
    assert ended.result.status is SandboxStatus.KILLED
    assert ended.result.reason == "was stopped on request"
    assert (ended.result.stdout, ended.result.stderr) == ("first\n", "problem\n")
    assert said("stdout") == b"first\n"
    assert ended.result.usage.cpu_seconds > 0


async def test_live_output_ends_where_kept_output_does(sandbox: Sandbox) -> None:
    received: list[bytes] = []
    limits = SandboxLimits(stream_bytes=1000)
    job = SandboxJob("for _ in range(100): print('x' * 99)", limits=limits)
    async with sandbox.execute(job, on_output=lambda _, chunk: received.append(chunk)) as ended:
        assert ended.result.stdout_truncated
        assert not ended.result.stderr_truncated
    assert b"".join(received).decode() == ended.result.stdout
    assert len(ended.result.stdout) == 1000


async def test_a_job_is_asked_to_end_before_it_is_killed(
    sandbox: Sandbox, template: str | None
) -> None:
    script = """
import signal, sys, time
def end(*_):
    print("cleaning up")
    open("/output/saved", "w").write("x")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
time.sleep(1000)
"""
    limits = SandboxLimits(wall_seconds=0.5, grace_seconds=10)
    async with sandbox.execute(SandboxJob(script, limits=limits, template=template)) as ended:
        result = ended.result
        assert b"".join(ended.output.read("saved")) == b"x"
    assert (result.status, result.exit_code) == (SandboxStatus.TIMEOUT, 0)
    assert result.stdout == "cleaning up\n"
    assert result.duration < 5


async def test_a_job_that_does_not_listen_is_killed_after_its_grace(sandbox: Sandbox) -> None:
    script = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(1000)"
    limits = SandboxLimits(wall_seconds=0.3, grace_seconds=0.3)
    result = await sandbox.run(SandboxJob(script, limits=limits))
    assert (result.status, result.signal) == (SandboxStatus.TIMEOUT, signal.SIGKILL)
    assert 0.6 <= result.duration < 10


async def test_usage_is_that_of_the_whole_tree(sandbox: Sandbox, template: str | None) -> None:
    script = """
import os, time
def burn():
    began = time.process_time()
    while time.process_time() - began < 0.2: pass
for _ in range(3):
    if os.fork() == 0:
        memory = bytearray(b"x") * (30 * 2 ** 20)
        burn()
        os._exit(0)
burn()
for _ in range(3): os.wait()
open("/tmp/file", "wb").write(bytes(5_000_000))
open("/tmp/file", "rb").read()
"""
    result = await sandbox.run(SandboxJob(script, template=template))
    usage = result.usage
    assert result.exit_code == 0, result
    assert 0.8 <= usage.cpu_seconds < 1.5
    assert 30 * MIB < usage.peak_memory_bytes < 200 * MIB
    assert 5_000_000 <= usage.io_read_bytes < 7_000_000
    assert 5_000_000 <= usage.io_write_bytes < 6_000_000
    assert usage.wall_seconds == result.duration > 0.2


async def test_what_was_imported_ahead_is_not_the_jobs_doing(warm: Sandbox) -> None:
    job = SandboxJob("pass", preload=("asyncio", "email.mime.text", "xml.dom.minidom"))
    for _ in range(2):
        result = await warm.run(job)
        await until_ready(warm)
    assert result.was_warm
    assert result.usage.cpu_seconds < 0.05
    assert result.usage.io_read_bytes < 20_000


@pytest.mark.parametrize("children", [0, 4])
async def test_processor_time_is_limited_over_all_processes(
    sandbox: Sandbox, children: int
) -> None:
    script = f"""
import os
for _ in range({children}):
    if os.fork() == 0:
        break
while True: pass
"""
    limits = SandboxLimits(wall_seconds=30, cpu_seconds=0.5)
    result = await sandbox.run(SandboxJob(script, limits=limits))
    assert result.status is SandboxStatus.TIMEOUT
    assert result.reason == "used more than 0.5 s of processor time"
    assert result.duration < 15


async def test_children_that_come_and_go_are_counted(sandbox: Sandbox) -> None:
    """Each by itself takes too little to be seen."""
    script = """
import os, time
while True:
    if os.fork() == 0:
        began = time.process_time()
        while time.process_time() - began < 0.05: pass
        os._exit(0)
    os.wait()
"""
    limits = SandboxLimits(wall_seconds=30, cpu_seconds=0.5)
    result = await sandbox.run(SandboxJob(script, limits=limits))
    assert result.status is SandboxStatus.TIMEOUT
    assert "processor time" in result.reason


@pytest.mark.parametrize("number", ["SIGXCPU", "SIGKILL", "SIGTERM", "SIGSEGV"])
async def test_a_job_that_signals_itself_is_not_believed(sandbox: Sandbox, number: str) -> None:
    script = f"import os, signal; os.kill(os.getpid(), signal.{number})"
    limits = SandboxLimits(cpu_seconds=10)
    result = await sandbox.run(SandboxJob(script, limits=limits))
    assert result.status is SandboxStatus.EXITED
    assert result.signal == signal.Signals[number]
    assert result.exit_code == 128 + result.signal


@pytest.mark.parametrize(
    "script",
    [
        "raise MemoryError",
        "import sys; print('MemoryError', file=sys.stderr); sys.exit(137)",
        "import os; os.kill(os.getpid(), 9)",
    ],
)
async def test_a_job_that_claims_to_lack_memory_is_not_believed(
    sandbox: Sandbox, script: str
) -> None:
    assert (await sandbox.run(SandboxJob(script))).status is SandboxStatus.EXITED


async def test_memory_of_files_counts(sandbox: Sandbox, template: str | None) -> None:
    script = """
import time
for place in ("/tmp", "/output", "/dev/shm"):
    open(f"{place}/file", "wb").write(bytes(60_000_000))
time.sleep(1000)
"""
    limits = SandboxLimits(wall_seconds=30, memory_bytes=128 * MIB)
    result = await sandbox.run(SandboxJob(script, limits=limits, template=template))
    assert result.status is SandboxStatus.OOM


async def test_a_child_killed_for_memory_is_a_matter_of_the_job(sandbox: Sandbox) -> None:
    script = """
import subprocess, sys
hog = "x = bytearray(b'x') * (300 * 2 ** 20); import time; time.sleep(1000)"
subprocess.run([sys.executable, "-c", hog])
print("never mind")
"""
    limits = SandboxLimits(wall_seconds=30, memory_bytes=100 * MIB)
    result = await sandbox.run(SandboxJob(script, limits=limits))
    assert result.status is SandboxStatus.OOM


async def test_allocations_can_be_made_to_fail_instead(sandbox: Sandbox) -> None:
    script = "try: bytearray(300 * 2 ** 20)\nexcept MemoryError: print('no memory')"
    limits = SandboxLimits(memory_bytes=100 * MIB, allocation_bytes=100 * MIB)
    result = await sandbox.run(SandboxJob(script, limits=limits))
    assert (result.status, result.stdout) == (SandboxStatus.EXITED, "no memory\n")


@pytest.mark.parametrize("limit", ["open_files", "file_bytes"])
async def test_files_of_a_process_are_limited(sandbox: Sandbox, limit: str) -> None:
    script = """
import errno, os
def attempt(deed):
    try: return deed()
    except OSError as error: return errno.errorcode[error.errno]
print(attempt(lambda: [open("/dev/null") for _ in range(100)] and "open"))
print(attempt(lambda: os.write(os.open("/tmp/x", os.O_CREAT | os.O_WRONLY), bytes(2 ** 21))))
"""
    limits = SandboxLimits(**{limit: 64 if limit == "open_files" else MIB})
    lines = (await sandbox.run(SandboxJob(script, limits=limits))).stdout.split()
    expected = {"open_files": ["EMFILE", str(2 * MIB)], "file_bytes": ["open", str(MIB)]}
    assert lines == expected[limit]


async def test_the_message_channel_is_closed_to_those_that_need_none(sandbox: Sandbox) -> None:
    result = await sandbox.run(SandboxJob("import os; os.write(3, b'hello')"))
    assert "Bad file descriptor" in result.stderr


async def test_a_strict_umask_does_no_harm(sandbox: Sandbox) -> None:
    before = os.umask(0o777)
    try:
        result = await sandbox.run(SandboxJob("print(open('/input/x').read())", {"x": b"y"}))
    finally:
        os.umask(before)
    assert result.stdout == "y\n"


async def test_several_sandboxes_serve_one_process(sandbox: Sandbox, warm: Sandbox) -> None:
    jobs = [SandboxJob(f"print({number})") for number in range(12)]
    results = await asyncio.gather(
        *(each.run(job) for each, job in zip([sandbox, warm] * 6, jobs, strict=True))
    )
    assert [result.stdout for result in results] == [f"{number}\n" for number in range(12)]
