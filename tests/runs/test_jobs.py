"""Jobs from end to end: submitted, run in a sandbox by a worker, and kept."""

import asyncio
import contextlib
import json
import textwrap
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import JsonValue

from evalwright_server.environments import Environments
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import RunFinished
from evalwright_server.runs.handlers.job import JobHandler
from evalwright_server.runs.job_payload import QUEUE, JobLimits, JobPayload
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.local_port import LocalPort
from evalwright_server.runs.records import RunRow
from evalwright_server.runs.signals import output_topic
from evalwright_server.runs.states import State
from evalwright_server.runs.worker import Worker
from evalwright_server.sandbox import Sandbox
from evalwright_server.store import blobs
from evalwright_server.store.tables.jobs import job_output
from runs.jobs_data import Remains, remains, submit_job

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
TIMEOUT = 30.0


class Shop:
    """An engine with one worker in this process."""

    def __init__(self, engine: Engine, space_id: int) -> None:
        self.engine = engine
        self.space_id = space_id

    async def submit(self, code: str, **options: object) -> int:
        values = {"input_data": {}, **options}
        payload = JobPayload(textwrap.dedent(code), **values)  # type: ignore[arg-type]
        submitted = await self.engine.db.write(
            lambda connection: submit_job(connection, self.engine, self.space_id, payload)
        )
        return submitted.id

    async def wait(self, run_id: int) -> tuple[RunRow, Remains]:
        run = await self.engine.wait(run_id, since_version=None, timeout=TIMEOUT)
        assert run.state.is_final, run
        return run, await self.engine.db.read(lambda connection: remains(connection, run_id))

    async def run(
        self, code: str, data: Mapping[str, JsonValue] | None = None, **options: object
    ) -> tuple[RunRow, Remains]:
        return await self.wait(await self.submit(code, input_data=data or {}, **options))

    async def until_written(self, run_id: int) -> str:
        """Wait for the first live output, and return it."""
        statement = job_output.select().where(job_output.c.run_id == run_id)
        async with asyncio.timeout(TIMEOUT):
            with self.engine.signals.subscribe(output_topic(run_id)) as subscription:
                while True:
                    rows = await self.engine.db.read(
                        lambda connection: connection.execute(statement).all()
                    )
                    if rows:
                        return str(rows[0].text)
                    await subscription.wait(TIMEOUT)

    async def cancel(self, run_id: int) -> None:
        await self.engine.db.write(lambda connection: self.engine.cancel(connection, run_id))

    async def content(self, digest: str, size: int) -> bytes:
        return await self.engine.db.read(
            lambda connection: b"".join(blobs.read(connection, digest, size))
        )


@asynccontextmanager
async def working(engine: Engine, tmp_path: Path) -> AsyncIterator[None]:
    async with Sandbox() as sandbox, LocalPort(engine, "w", SOURCES) as port:
        handlers = {"job": JobHandler(sandbox, Environments(tmp_path / "environments"))}
        worker = Worker(port, handlers, slots={QUEUE: 4}, beat_seconds=5)
        task = asyncio.create_task(worker.run())
        yield
        worker.drain(0)
        await task


@pytest.fixture
async def shop(engine: Engine, space_id: int, tmp_path: Path) -> AsyncIterator[Shop]:
    async with working(engine, tmp_path):
        yield Shop(engine, space_id)


async def test_a_program_runs_and_everything_about_it_is_kept(shop: Shop) -> None:
    run, left = await shop.run(
        """
        import json, sys
        data = json.load(open("/input/data.json"))
        print("hello", data["name"])
        print("oh", file=sys.stderr)
        open("/output/note.txt", "w").write("a note")
        json.dump({"doubled": data["n"] * 2}, open("/output/result.json", "w"))
        """,
        {"name": "Ada \U0001f600", "n": 21},
    )
    assert (run.state, run.failure_reason, run.attempt) == (State.SUCCEEDED, None, 1)
    assert (left.stdout, left.stderr) == ("hello Ada \U0001f600\n", "oh\n")
    assert json.loads(left.output or "") == {"doubled": 42}
    record = left.record
    assert (record["exit_code"], record["error"], record["note"]) == (0, None, None)
    assert record["timing"]["phase_at_exit"] == "completed"
    assert record["timing"]["dep_install_ms"] is None
    assert 0 <= record["timing"]["startup_ms"] <= record["timing"]["total_ms"]
    usage = record["resource_usage"]
    assert usage["cpu_time_seconds"] > 0
    assert 1 < usage["memory_peak_mb"] < 100
    assert usage["io_write_bytes"] > 0
    assert record["isolation"]["driver"] == record["runtime"] == "bubblewrap"
    assert "user_namespace" in record["isolation"]["layers"]
    assert list(left.artifacts) == ["note.txt", "result.json"]
    assert await shop.content(left.artifacts["note.txt"], 6) == b"a note"
    assert left.live == []


async def test_equal_jobs_have_equal_hashes(shop: Shop) -> None:
    code = "print(input_ := open('/input/data.json').read())"
    (_, first), (_, same), (_, other) = [
        await shop.run(code, data) for data in ({"a": 1}, {"a": 1}, {"a": 2})
    ]
    hashes = [(each.job["environment_hash"], each.job["output_hash"]) for each in (first, same)]
    assert hashes[0] == hashes[1]
    assert other.job["environment_hash"] == hashes[0][0]
    assert other.job["output_hash"] != hashes[0][1]


@pytest.mark.parametrize(
    ("code", "word", "exit_code"),
    [
        ("int('a')", "value_error", 1),
        ("import nothing_like_this", "import_error", 1),
        ("def f(:", "syntax_error", 1),
        ("import sys; sys.exit(3)", "runtime_error", 3),
        ("import sys; sys.exit(124)", "runtime_error", 124),
        ("import sys; print('MemoryError', file=sys.stderr); sys.exit(137)", "runtime_error", 137),
        ("import os; os.kill(os.getpid(), 11)", "segfault", 139),
        ("import os; os.abort()", "abort", 134),
        ("import os; os.kill(os.getpid(), 9)", "killed", 137),
    ],
)
async def test_a_program_that_fails(shop: Shop, code: str, word: str, exit_code: int) -> None:
    """Has failed, and not run out of time or memory, whatever it pretends."""
    run, left = await shop.run(code)
    assert run.state is State.FAILED
    assert (left.record["error"]["type"], left.record["exit_code"]) == (word, exit_code)
    assert left.record["error"]["phase"] == "execution"
    assert left.record["timing"]["phase_at_exit"] == "failed"
    assert run.failure_reason == left.record["error"]["message"]


async def test_a_message_that_databases_dislike_is_kept(shop: Shop) -> None:
    run, left = await shop.run(r"raise ValueError('a\0b\ud800\r\n\x1b[31m')")
    assert (run.state, left.record["error"]["type"]) == (State.FAILED, "value_error")
    assert left.record["error"]["message"].startswith("ValueError: a\0b")
    assert run.failure_reason is not None
    assert run.failure_reason.startswith("ValueError: a\ufffdb")


async def test_large_input_and_output_pass(shop: Shop) -> None:
    """As large as a request may be, and as a result is read."""
    run, left = await shop.run(
        """
        import json, sys
        data = json.load(open("/input/data.json"))
        json.dump({"rows": data["rows"] * 8}, open("/output/result.json", "w"))
        """,
        {"rows": list[JsonValue](["x" * 1000] * 1000)},
    )
    assert run.state is State.SUCCEEDED
    assert json.loads(left.output or "") == {"rows": ["x" * 1000] * 8000}


async def test_what_was_done_before_the_time_ran_out_is_kept(shop: Shop) -> None:
    run, left = await shop.run(
        """
        import time
        open("/output/part.csv", "w").write("1,2")
        open("/output/result.json", "w").write('{"part": 1}')
        print("working")
        time.sleep(60)
        """,
        timeout=1,
    )
    assert run.state is State.TIMEOUT
    assert left.record["error"]["type"] == "execution_timeout"
    assert (left.record["exit_code"], left.record["timing"]["phase_at_exit"]) == (124, "execution")
    assert left.record["timing"]["execution_ms"] >= 1000
    assert (left.stdout, left.output) == ("working\n", '{"part":1}')
    assert list(left.artifacts) == ["part.csv", "result.json"]


async def test_too_much_memory_is_oom(shop: Shop) -> None:
    limits = JobLimits(memory_bytes=64 * MIB)
    run, left = await shop.run(
        """
        print("growing", flush=True)
        held = []
        while True:
            held.append(bytearray(1024 * 1024))
        """,
        limits=limits,
    )
    assert run.state is State.OOM
    assert (left.record["error"]["type"], left.record["exit_code"]) == ("oom", 137)
    assert left.stdout == "growing\n"


async def test_a_running_job_is_cancelled_within_a_second(shop: Shop) -> None:
    """It ignores whoever asks kindly, and its children do too. What it had done is kept."""
    run_id = await shop.submit(
        """
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open("/output/part.txt", "w").write("part")
        if os.fork():
            print("working")
        while True:
            time.sleep(1)
        """
    )
    assert "working" in await shop.until_written(run_id)
    clock = asyncio.get_running_loop().time
    began = clock()
    await shop.cancel(run_id)
    run, left = await shop.wait(run_id)
    assert clock() - began < 1
    assert (run.state, left.job["ended_as"]) == (State.CANCELLED, "cancelled")
    assert (left.record["error"]["type"], left.record["exit_code"]) == ("cancelled", 137)
    assert left.stdout == "working\n"
    assert list(left.artifacts) == ["part.txt"]
    assert left.record["resource_usage"]["wall_time_ms"] > 0


async def test_a_cancel_may_come_at_any_time(shop: Shop) -> None:
    """Before a job starts, while its sandbox is made, while it runs or when it ends by itself."""

    async def cancel_after(seconds: float) -> tuple[RunRow, Remains]:
        run_id = await shop.submit("import time\nprint('in')\ntime.sleep(0.1)\nprint('out')")
        await asyncio.sleep(seconds)
        with contextlib.suppress(RunFinished):
            await shop.cancel(run_id)
        return await shop.wait(run_id)

    ends = await asyncio.gather(*(cancel_after(step / 100) for step in range(24)))
    for run, left in ends:
        assert left.job["ended_as"] == run.state
        if run.state is State.CANCELLED:
            assert left.record["error"]["type"] == "cancelled"
            assert left.stdout in {"", "in", "in\n"}
        else:
            assert (run.state, left.stdout) == (State.SUCCEEDED, "in\nout\n")
    assert State.CANCELLED in {run.state for run, _ in ends}


async def test_output_is_seen_while_a_job_runs(shop: Shop) -> None:
    run_id = await shop.submit(
        """
        import sys, time
        print("first")
        time.sleep(0.4)
        print("second", file=sys.stderr)
        """
    )
    assert await shop.until_written(run_id) == "first\n"
    _, left = await shop.wait(run_id)
    assert (left.stdout, left.stderr) == ("first\n", "second\n")
    assert [piece[2:] for piece in left.live] == [("stdout", "first\n"), ("stderr", "second\n")]


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("'[1, 2]'", "found a list"),
        ("""'{"a": NaN}'""", "can't be read as JSON"),
        ("""'{"a": "\\\\ud800"}'""", "can't be read as JSON"),
        ("""'{"a": ' + '9' * 5000 + '}'""", "can't be read as JSON"),
        ("'[' * 100_000", "can't be read as JSON"),
        ("""'{"a": "' + 'x' * 90 * 1024 * 1024 + '"}'""", "bytes"),
    ],
    ids=["list", "nan", "surrogate", "integer", "brackets", "size"],
)
async def test_a_hostile_result_is_no_output(shop: Shop, content: str, note: str) -> None:
    """The job succeeds, and says why there is none."""
    run, left = await shop.run(f"open('/output/result.json', 'w').write({content})")
    assert (run.state, left.output) == (State.SUCCEEDED, None)
    assert note in left.record["note"]


async def test_files_of_every_size_are_kept(shop: Shop) -> None:
    run, left = await shop.run(
        """
        for name, size in {"empty": 0, "one": 1, "chunk": 256 * 1024, "more": 256 * 1024 + 1,
                           "large": 3_000_000, "too large": 11_000_000}.items():
            open(f"/output/{name}", "wb").write(bytes(i % 251 for i in range(size)))
        """
    )
    assert run.state is State.SUCCEEDED
    assert set(left.artifacts) == {"empty", "one", "chunk", "more", "large"}
    large = await shop.content(left.artifacts["large"], 3_000_000)
    assert large == bytes(i % 251 for i in range(3_000_000))
    [left_out] = left.record["artifacts_left_out"]
    assert left_out["name"] == "too large"


async def test_a_flood_of_output_is_cut(shop: Shop) -> None:
    run, left = await shop.run("for i in range(300_000): print('x' * 50)")
    assert run.state is State.SUCCEEDED
    assert left.record["stdout_truncated"] is True
    assert left.record["stderr_truncated"] is False
    assert len(left.stdout.encode()) <= 64 * 1024


async def test_refused_requirements_are_a_failure_before_the_start(shop: Shop) -> None:
    run, left = await shop.run("print(1)", requirements=("./here",))
    assert run.state is State.FAILED
    error = left.record["error"]
    assert (error["type"], error["phase"]) == ("dependency_error", "startup")
    assert (left.record["exit_code"], left.stdout) == (-1, "")
    assert error["message"] in left.stderr
    assert left.record["timing"]["phase_at_exit"] == "startup"
