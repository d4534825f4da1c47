"""What services keep and show of jobs, on both databases; a test moves the worker by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pytest
from sqlalchemy import Connection, select, update

from evalwright_server.job_types import JobTypes
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.job_payload import QUEUE
from evalwright_server.runs.job_report import JobError, JobRecord, JobReport
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.leases import Leases
from evalwright_server.runs.reaper import reap
from evalwright_server.runs.records import Finish
from evalwright_server.runs.states import State
from evalwright_server.services import dead_letters, executions, jobs
from evalwright_server.services.errors import (
    InvalidRequest,
    KeyReused,
    ResourceNotFound,
    ServiceError,
    Unavailable,
)
from evalwright_server.services.executions import ExecutionFilter
from evalwright_server.services.job_artifacts import find_artifact
from evalwright_server.services.job_plans import fingerprint, plan_submission
from evalwright_server.services.job_retention import JobRetention
from evalwright_server.services.job_rules import JobRules
from evalwright_server.services.job_submission import JobSubmitter, NewJob, SubmittedJob
from evalwright_server.services.job_views import view_details, view_records
from evalwright_server.services.organizations import ensure_identity
from evalwright_server.services.runs import count_active
from evalwright_server.store.database import Database
from evalwright_server.store.secrets import SecretBox
from evalwright_server.store.tables.blobs import blobs
from evalwright_server.store.tables.runs import runs
from runs.jobs_data import file_of

T = TypeVar("T")
Json = dict[str, Any]


class Desk:
    """Submits jobs and plays their worker."""

    def __init__(self, db: Database, submitter: JobSubmitter) -> None:
        self.db = db
        self.submitter = submitter
        self.worker = Leases(submitter.engine, "worker", SOURCES)

    async def submit(self, key: str | None = None, **body: Any) -> SubmittedJob:
        request: Any = {"code": "print(1)", **body}
        plan = plan_submission(request, self.submitter.rules)
        digest = None if key is None else (key, fingerprint(request, plan.contents))
        new = NewJob(plan, key=digest, correlation_id="ä" * 300)
        return await self.db.write(partial(self.submitter.submit, job=new))

    async def derive(self, job: str, how: str, code: str | None = None, **changes: Any) -> str:
        def unit(conn: Connection) -> SubmittedJob:
            rules = self.submitter.rules
            plan = jobs.derive(conn, job, how, changes, rules=rules, code=code)  # type: ignore[arg-type]
            return self.submitter.submit(conn, NewJob(plan))

        return (await self.db.write(unit)).uid

    async def run(self, state: State = State.SUCCEEDED, **report: Any) -> Json:
        """Let the worker end the next job, and return its payload."""
        [(claimed, assignment)] = await self.worker.claim(QUEUE, 1)
        finished = JobReport(**{"record": JobRecord(exit_code=0).to_json(), **report})
        reason = None if state is State.SUCCEEDED else "why"
        await self.worker.finish(claimed, Finish(state, reason, result=finished.to_json()))
        return dict(assignment.payload)

    async def show(self, job: str) -> Json:
        """Return everything about a job, as a client would read it."""

        def unit(conn: Connection) -> Json:
            return view_details(conn, jobs.find_job(conn, job), None)

        shown: Json = orjson.loads(orjson.dumps(await self.db.read(unit)))
        return shown

    async def page(self, wanted: ExecutionFilter | None = None, **options: Any) -> Json:
        options = {"limit": 10, "offset": 0, "view": None, **options}
        wanted = wanted or ExecutionFilter()
        return await self.db.read(partial(executions.list_executions, wanted=wanted, **options))


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def make_desk(db: Database, tmp_path: Path) -> Callable[..., Desk]:
    identity = await db.write(lambda conn: ensure_identity(conn, _now()))
    secrets = SecretBox.from_directory(tmp_path)

    def make(lease_seconds: float = 15.0, **rules: Any) -> Desk:
        engine = Engine(db, lease_seconds=lease_seconds)
        submitter = JobSubmitter(engine, JobRules(**rules), secrets, identity, _now)
        return Desk(db, submitter)

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()


async def test_a_job_that_has_ended_is_shown_whole(desk: Desk) -> None:
    job = await desk.submit(input_data={"n": 2**70})
    record = JobRecord(
        exit_code=3,
        error=JobError("value_error", "bad", "execution"),
        runtime="bubblewrap",
        resource_usage={"cpu_time_seconds": 0.5},
        artifacts_left_out=({"name": "a", "reason": "too large"},),
    )
    payload = await desk.run(
        State.FAILED,
        record=record.to_json(),
        stdout="out\0",
        stderr="err",
        output='{"n":1180591620717411303424}',
        environment_hash="e" * 64,
        output_hash="f" * 64,
        artifacts=[file_of("b.txt", b"b"), file_of("a.txt", b"aa")],
    )
    assert payload["input_data"] == {"n": 2**70}
    shown = await desk.show(job.uid)
    assert (shown["status"], shown["exit_code"], shown["attempt"]) == ("failed", 3, 1)
    assert (shown["stdout"], shown["stderr"]) == ("out\0", "err")
    assert shown["error"] == {"type": "value_error", "message": "bad", "phase": "execution"}
    assert shown["resource_usage"] == {"cpu_time_seconds": 0.5}
    assert shown["content_hashes"]["environment_hash"] == "e" * 64
    assert [each["name"] for each in shown["artifacts"]] == ["b.txt", "a.txt"]
    assert {each["size"] for each in shown["artifacts"]} == {1, 2}
    assert shown["artifacts_left_out"] == [{"name": "a", "reason": "too large"}]
    assert shown["duration_ms"] >= 0
    raw = await desk.db.read(
        lambda conn: orjson.dumps(view_records(conn, [jobs.find_job(conn, job.uid)], None))
    )
    assert b"1180591620717411303424" in raw


async def test_artifacts_are_found_by_name_once_the_job_has_ended(desk: Desk) -> None:
    job = await desk.submit()
    for name in ("a.txt", "../a.txt", "_code.py", ".a.txt", ""):
        with pytest.raises(ResourceNotFound, match="Artifact not found"):
            await desk.db.read(partial(find_artifact, job_id=job.uid, name=name))
    await desk.run(artifacts=[file_of("a.txt", b"aa")])
    found = await desk.db.read(partial(find_artifact, job_id=job.uid, name="a.txt"))
    assert found.size == 2
    with pytest.raises(ResourceNotFound, match="Job not found"):
        await desk.db.read(partial(find_artifact, job_id="x", name="a.txt"))


async def test_a_rerun_inherits_everything(desk: Desk) -> None:
    asked: Json = {
        "input_data": {"a": [1]},
        "timeout": 7,
        "startup_timeout": 77,
        "requirements": ["Six>=1"],
        "limits": {"memory_mb": 64, "cpu_seconds": 1.5},
        "job_type": "default@7",
    }
    job = await desk.submit(**asked)
    with pytest.raises(InvalidRequest, match="hasn't completed"):
        await desk.derive(job.uid, jobs.RERUN)
    first = await desk.run(environment_hash="e" * 64, output_hash="f" * 64)
    again = await desk.derive(job.uid, jobs.RERUN)
    shown = await desk.show(again)
    assert (shown["parent_execution_id"], shown["relationship"]) == (job.uid, "rerun")
    unknown = {"code": True, "input": True, "environment": None, "output": None}
    assert shown["comparison"] == unknown
    assert await desk.run(environment_hash="e" * 64, output_hash="0" * 64) == first
    known = {"code": True, "input": True, "environment": True, "output": False}
    assert (await desk.show(again))["comparison"] == known
    assert "parent_execution_id" not in await desk.show(job.uid)


async def test_a_fork_changes_what_it_says_and_nothing_else(desk: Desk) -> None:
    job = await desk.submit(input_data={"a": 1}, timeout=7, requirements=["six"])
    fork = await desk.derive(job.uid, jobs.FORK, "print(2)", timeout=8, job_type="data-processing")
    first = await desk.run()
    second = await desk.run()
    assert (second["code"], second["timeout"]) == ("print(2)", 8)
    assert second["input_data"] == first["input_data"]
    assert second["requirements"] == ["numpy", "pandas", "six"]
    assert second["preload"] == ["numpy", "pandas"]
    comparison = (await desk.show(fork))["comparison"]
    assert (comparison["code"], comparison["input"]) == (False, True)


async def test_a_job_cancelled_while_waiting_can_be_run_again(desk: Desk) -> None:
    job = await desk.submit(input_data={"a": 1})
    await desk.db.write(lambda conn: jobs.cancel_job(conn, job.uid, engine=desk.submitter.engine))
    again = await desk.derive(job.uid, jobs.RERUN)
    assert (await desk.run())["input_data"] == {"a": 1}
    assert (await desk.show(again))["comparison"]["output"] is None


async def test_limits_that_an_operator_has_lowered_hold_for_reruns(
    make_desk: Callable[..., Desk],
) -> None:
    wide = make_desk()
    job = await wide.submit(timeout=200, limits={"processes": 50})
    await wide.run()
    narrow_types = [
        replace(each, processes=20, max_timeout=100, network=("a.example:443",))
        for each in JobTypes()
    ]
    narrow = make_desk(job_types=JobTypes(narrow_types))
    with pytest.raises(ServiceError, match="100 seconds"):
        await narrow.derive(job.uid, jobs.RERUN)
    await narrow.derive(job.uid, jobs.RERUN, timeout=100)
    payload = await narrow.run()
    assert payload["limits"]["processes"] == 20
    assert payload["network"] == ["a.example:443"]


async def test_keys_of_jobs_are_refused_with_the_job_they_belong_to(desk: Desk) -> None:
    job = await desk.submit("a-key-of-mine")
    assert await desk.submit("a-key-of-mine") == SubmittedJob(job.run_id, job.uid, "queued")
    with pytest.raises(KeyReused) as caught:
        await desk.submit("a-key-of-mine", code="other")
    assert caught.value.job_id == job.uid
    await desk.run()
    assert (await desk.submit("a-key-of-mine")).status == "succeeded"


async def test_a_full_queue_leaves_nothing(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(queue_limit=1)
    await desk.submit()
    with pytest.raises(Unavailable):
        await desk.submit("a-key-of-mine")
    assert (await desk.page())["count"] == 1
    await desk.run()
    # Executions wait outside of the bound.
    held = NewJob(plan_submission({"code": "x"}, desk.submitter.rules), is_held=True)
    for _ in range(3):
        await desk.db.write(partial(desk.submitter.submit, job=held))
    await desk.submit("a-key-of-mine")
    with pytest.raises(Unavailable):
        await desk.submit()
    for _ in range(3):
        await desk.run()
    counts = await desk.db.read(count_active)
    assert (counts.queued, counts.running, counts.waiting_jobs) == (1, 0, 1)


async def test_pages_are_filtered_and_newest_first(desk: Desk) -> None:
    made = [await desk.submit(job_type=name) for name in ("default", "ml-inference") * 3]
    for state in (State.SUCCEEDED, State.OOM, State.TIMEOUT):
        await desk.run(state)
    newest = [job.uid for job in reversed(made)]
    page = await desk.page(limit=4)
    assert [item["execution_id"] for item in page["items"]] == newest[:4]
    assert (page["count"], page["has_more"]) == (4, True)
    page = await desk.page(limit=4, offset=4, view="full")
    assert [item["job_id"] for item in page["items"]] == newest[4:]
    assert (page["count"], page["has_more"]) == (2, False)
    for wanted, expected in (
        (ExecutionFilter("oom"), newest[4:5]),
        (ExecutionFilter("queued"), newest[:3]),
        (ExecutionFilter("queued", "default"), newest[1:2]),
        (ExecutionFilter("succeeded", "default"), newest[5:]),
        (ExecutionFilter(job_type="ml-inference"), newest[::2]),
        (ExecutionFilter("running"), []),
        (ExecutionFilter("pending"), []),
        (ExecutionFilter("no such"), []),
        (ExecutionFilter(job_type="no such"), []),
        (ExecutionFilter("a\0b"), []),
    ):
        page = await desk.page(wanted)
        assert [item["execution_id"] for item in page["items"]] == expected, wanted


async def test_a_job_whose_workers_die_is_a_dead_letter(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(lease_seconds=-1)
    job = await desk.submit()
    for _ in range(2):
        await desk.worker.claim(QUEUE, 1)
        await reap(desk.submitter.engine)
    shown = await desk.show(job.uid)
    assert (shown["status"], shown["error"]["type"]) == ("failed", "interrupted")
    list_all = partial(dead_letters.list_dead_letters, error_type=None, limit=10, offset=0)
    [entry] = (await desk.db.read(list_all))["items"]
    assert (entry["job_id"], entry["error_type"]) == (job.uid, "interrupted")
    assert set(entry["job_data"]) >= {"code_hash", "input_hash"}
    assert entry["correlation_id"] == "ä" * 255
    counts = await desk.db.read(dead_letters.count_dead_letters)
    assert counts == {"total": 1, "by_error_type": {"interrupted": 1}}
    others = partial(dead_letters.list_dead_letters, error_type="x", limit=10, offset=0)
    assert (await desk.db.read(others))["count"] == 0
    remove = partial(dead_letters.delete_dead_letter, entry_id=entry["id"])
    assert await desk.db.write(remove) == {"status": "removed", "entry_id": entry["id"]}
    for number in (entry["id"], -1, 2**63):
        with pytest.raises(ResourceNotFound):
            await desk.db.write(partial(dead_letters.delete_dead_letter, entry_id=number))


async def test_old_jobs_go_with_all_they_left(desk: Desk) -> None:
    old, kept = await desk.submit("a-key-of-mine"), await desk.submit()
    await desk.run(artifacts=[file_of("a", b"old"), file_of("b", b"both")])
    await desk.run(artifacts=[file_of("b", b"both")])
    waiting = await desk.submit()

    def age(conn: Connection) -> None:
        then = datetime(2020, 1, 1, tzinfo=UTC)
        conn.execute(update(runs).where(runs.c.id == old.run_id).values(finished_at=then))

    await desk.db.write(age)
    assert await JobRetention(desk.db, None, spare_seconds=-1).sweep() == 0
    retention = JobRetention(desk.db, 86_400, spare_seconds=-1)
    assert await retention.sweep() == 1
    assert await retention.sweep() == 0
    left = [item["execution_id"] for item in (await desk.page())["items"]]
    assert left == [waiting.uid, kept.uid]
    contents = await desk.db.read(lambda conn: conn.execute(select(blobs.c.size)).scalars().all())
    assert contents == [len(b"both")]
    assert (await desk.submit("a-key-of-mine")).uid != old.uid
