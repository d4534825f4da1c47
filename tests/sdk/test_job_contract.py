"""The clients for jobs against the reference server: both twins, and programs that really run."""

import asyncio
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evalwright import AsyncEvalwright, Evalwright, OutputLine
from evalwright.errors import (
    BadRequest,
    Conflict,
    InvalidRequest,
    JobFailed,
    JobWaitTimeout,
    NotFound,
    Unprocessable,
)
from evalwright.types import JobProblem, JobStatus
from fixtures_server import RunningServer
from sdk import remote_samples
from sdk.driven import Driven
from sdk.remote_samples import Kind, Line, Point

pytestmark = pytest.mark.slow

HELLO = """
import json, pathlib
data = json.load(open("/input/data.json"))
print("hello", data["name"])
pathlib.Path("/output/note.txt").write_text("for " + data["name"])
pathlib.Path("/output/big.bin").write_bytes(bytes(300_000))
pathlib.Path("/output/result.json").write_text(json.dumps({"length": len(data["name"])}))
"""
ENDLESS = "import time\nprint('begun', flush=True)\ntime.sleep(600)\n"


class Whole:
    """An async client whose parts are driven from plain code."""

    def __init__(self, client: AsyncEvalwright, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> Driven:
        return Driven(getattr(self._client, name), self._runner)


@pytest.fixture(params=["sync", "async"])
def whole(request: pytest.FixtureRequest, running_server: RunningServer) -> Iterator[Any]:
    if request.param == "sync":
        with Evalwright(base_url=running_server.url) as plain:
            yield plain
        return
    with asyncio.Runner() as runner:
        other = AsyncEvalwright(base_url=running_server.url)
        yield Whole(other, runner)
        runner.run(other.aclose())


@pytest.fixture
def jobs(whole: Any) -> Any:
    return whole.jobs


def test_a_job_from_submission_to_its_files(jobs: Any, tmp_path: Path) -> None:
    job = jobs.submit(code=HELLO, input_data={"name": "Ada"})
    assert job.status in {JobStatus.PENDING, JobStatus.QUEUED, JobStatus.RUNNING}
    job.wait().raise_for_status()
    assert job.status is JobStatus.SUCCEEDED
    assert (job.stdout, job.exit_code, job.output) == ("hello Ada\n", 0, {"length": 3})
    assert {artifact.name for artifact in job.artifacts} == {"note.txt", "big.bin", "result.json"}
    assert job.usage.cpu_time_seconds > 0
    assert job.read("note.txt") == b"for Ada"
    assert job.download("big.bin", to=tmp_path).read_bytes() == bytes(300_000)
    with zipfile.ZipFile(job.download_all(to=tmp_path)) as archive:
        assert archive.testzip() is None
        assert archive.read("note.txt") == b"for Ada"
    listed = jobs.list_artifacts(job_id=job.id)
    assert {row.name: row.size for row in listed.artifacts}["big.bin"] == 300_000
    with pytest.raises(NotFound):
        job.read("other.txt")
    record = jobs.result(job_id=job.id)
    assert (record.execution_id, record.stdout) == (job.id, job.stdout)


def test_a_download_resumes_in_the_middle(jobs: Any, tmp_path: Path) -> None:
    job = jobs.run(code=HELLO, input_data={"name": "Ada"})
    (tmp_path / "big.bin.part").write_bytes(bytes(1000))
    assert job.download("big.bin", to=tmp_path).read_bytes() == bytes(300_000)
    (tmp_path / "big.bin.part").write_bytes(b"?" * 1000)
    assert job.download("big.bin", to=tmp_path).read_bytes() == bytes(300_000)
    (tmp_path / "big.bin.part").write_bytes(bytes(400_000))
    assert job.download("big.bin", to=tmp_path).read_bytes() == bytes(300_000)


def test_an_execution(jobs: Any) -> None:
    done = jobs.execute(code="print(6 * 7)")
    assert (done.success, done.stdout, done.exit_code) == (True, "42\n", 0)
    failed = jobs.execute(code="raise SystemExit(3)")
    assert (failed.success, failed.exit_code) == (False, 3)
    assert jobs.get(job_id=done.execution_id).stdout == "42\n"


def test_a_failure(jobs: Any) -> None:
    job = jobs.run(code="def f():\n    raise ValueError('not today')\n\nf()\n")
    with pytest.raises(JobFailed, match="ValueError: not today") as caught:
        job.raise_for_status()
    assert (caught.value.kind, caught.value.exit_code) == ("value_error", 1)
    assert "/code/main.py" in caught.value.stderr


def test_output_as_it_comes(jobs: Any) -> None:
    code = "import sys\nprint('one', flush=True)\nprint('two', file=sys.stderr)\nprint('3', end='')"
    job = jobs.submit(code=code)
    lines = list(job.lines())
    assert sorted(lines) == [
        OutputLine("stderr", "two"),
        OutputLine("stdout", "3"),
        OutputLine("stdout", "one"),
    ]
    events = list(job.events())
    assert events[-1].status == "succeeded"
    rest = list(jobs.events(job_id=job.id, after=events[0].id))
    assert [event.id for event in rest] == [event.id for event in events[1:]]
    assert list(jobs.events(job_id=job.id, after=events[-1].id)) == []
    assert sorted(jobs.lines(job_id=job.id, follow=False)) == sorted(lines)


def test_cancelling(jobs: Any) -> None:
    job = jobs.submit(code=ENDLESS)
    with pytest.raises(JobWaitTimeout) as caught:
        job.wait(timeout=1)
    assert caught.value.job_id == job.id
    job.cancel()
    job.wait()
    assert job.status is JobStatus.CANCELLED
    with pytest.raises(JobFailed, match="is cancelled"):
        job.raise_for_status()
    with pytest.raises(NotFound):
        job.cancel()


def test_reruns_and_forks(jobs: Any) -> None:
    parent = jobs.run(code=HELLO, input_data={"name": "Ada"})
    again = parent.rerun().wait()
    assert again.parent_id == parent.id
    assert again.comparison.code is True
    assert again.comparison.input is True
    assert again.comparison.output is True
    fork = again.fork(code="print(open('/input/data.json').read())").wait()
    assert '"Ada"' in fork.stdout
    assert [job.id for job in jobs.lineage(job_id=fork.id)] == [fork.id, again.id, parent.id]
    with pytest.raises(NotFound):
        jobs.rerun(job_id="00000000-0000-4000-8000-000000000000")
    running = jobs.submit(code=ENDLESS)
    with pytest.raises(BadRequest):
        running.rerun()
    running.cancel()


def test_keys(jobs: Any) -> None:
    key = f"key-{id(jobs)}"
    first = jobs.submit(code="print(1)", idempotency_key=key)
    assert jobs.submit(code="print(1)", idempotency_key=key).id == first.id
    with pytest.raises(Conflict) as caught:
        jobs.submit(code="print(2)", idempotency_key=key)
    assert isinstance(caught.value.problem, JobProblem)
    assert caught.value.problem.existing_job_id == first.id


def test_refusals_name_everything(jobs: Any) -> None:
    with pytest.raises(Unprocessable) as caught:
        jobs.submit(code="1", requirements=["https://example.com/x.whl", "numpy>=2", "../x"])
    assert [error.path for error in caught.value.errors] == ["requirements[0]", "requirements[2]"]
    with pytest.raises(InvalidRequest):
        jobs.submit(code="1", timeout=100_000)
    with pytest.raises(Unprocessable, match="timeout"):
        jobs.submit(code="1", timeout=86_400)


def test_limits(jobs: Any) -> None:
    grow = "x = []\nwhile True: x.append(b'x' * (4 << 20))"
    job = jobs.run(code=grow, limits={"memory_mb": 64})
    assert job.status is JobStatus.OOM
    job = jobs.run(code="while True: pass", timeout=1)
    assert job.status is JobStatus.TIMEOUT


def test_records(jobs: Any) -> None:
    ids = {jobs.run(code=f"print({n})").id for n in range(3)}
    found = [row.execution_id for row in jobs.iter(page_size=2)]
    assert ids <= set(found)
    assert len(found) == len(set(found))
    page = jobs.list(limit=1, full=True)
    assert page.count == 1
    assert page.items[0].content_hashes.code_hash
    assert jobs.list(status="no such status").items == []


def test_functions(jobs: Any) -> None:
    points = [Point(3, 4, Kind.SQUARE, date(2026, 1, 2), ("a",))]
    assert jobs.call(remote_samples.fit, points, times=2) == Line(25.0, points)
    assert jobs.call(remote_samples.even, 4) is True
    with pytest.raises(JobFailed, match="not today"):
        jobs.call(remote_samples.fails)
    even = jobs.function(remote_samples.even, timeout=5)
    handles = [even.submit(n) for n in range(3)]
    results = [even.result_of(getattr(job.wait(), "_target", job)) for job in handles]
    assert results == [True, False, True]


def test_job_types(whole: Any) -> None:
    names = {kind.name for kind in whole.job_types.list()}
    assert {"default", "data-processing"} <= names
    assert whole.job_types.get(name="default").timeout == 30
    assert whole.job_types.build(name="default").status == "built"
    with pytest.raises(NotFound):
        whole.job_types.get(name="nothing")


def test_what_else_there_is(whole: Any) -> None:
    assert whole.dead_letters.list().items == list(whole.dead_letters.iter())
    assert whole.dead_letters.stats().total >= 0
    with pytest.raises(NotFound):
        whole.dead_letters.delete(entry_id=99_999)
    assert isinstance(whole.environments.list(), list)
    with pytest.raises(NotFound):
        whole.environments.delete(key="0" * 64)
