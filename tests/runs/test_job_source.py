"""What the server keeps of jobs: while they run, and however they end."""

import base64
import hashlib

import pytest
from pydantic import JsonValue

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import LeaseLost
from evalwright_server.runs.job_payload import QUEUE
from evalwright_server.runs.job_report import JobError, JobRecord, JobReport, OutputPiece
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.leases import Leases
from evalwright_server.runs.reaper import reap
from evalwright_server.runs.records import Finish, RunRow
from evalwright_server.runs.sources.source import Claimed
from evalwright_server.runs.states import State
from evalwright_server.store import blobs
from evalwright_server.store.database import Database
from evalwright_server.store.tables.blobs import CHUNK_BYTES
from runs.jobs_data import Remains, file_of, remains, submit_job


class Yard:
    """An engine with jobs, and workers that a test moves by hand."""

    def __init__(self, db: Database, space_id: int, lease_seconds: float = 15.0) -> None:
        self.engine = Engine(db, lease_seconds=lease_seconds)
        self.space_id = space_id

    def worker(self, name: str) -> Leases:
        return Leases(self.engine, name, SOURCES)

    async def submit(self, **options: object) -> int:
        submitted = await self.engine.db.write(
            lambda connection: submit_job(connection, self.engine, self.space_id, **options)  # type: ignore[arg-type]
        )
        return submitted.id

    async def claim(self, worker: Leases) -> Claimed:
        [(claimed, _)] = await worker.claim(QUEUE, 1)
        return claimed

    async def cancel(self, run_id: int) -> RunRow:
        return await self.engine.db.write(lambda connection: self.engine.cancel(connection, run_id))

    async def row(self, run_id: int) -> RunRow:
        row = await self.engine.db.read(lambda connection: self.engine.get(connection, run_id))
        assert row is not None
        return row

    async def remains(self, run_id: int) -> Remains:
        return await self.engine.db.read(lambda connection: remains(connection, run_id))


@pytest.fixture
def yard(db: Database, space_id: int) -> Yard:
    return Yard(db, space_id)


@pytest.fixture
def hasty(db: Database, space_id: int) -> Yard:
    """Leases that have run out when they are given."""
    return Yard(db, space_id, lease_seconds=-1)


def written(seq: int, text: str, stream: str = "stdout") -> dict[str, JsonValue]:
    return {"type": "output", "seq": seq, "stream": stream, "text": text}


def chunks(content: bytes) -> list[dict[str, JsonValue]]:
    digest = hashlib.sha256(content).hexdigest()
    return [
        {
            "type": "chunk",
            "sha256": digest,
            "size": len(content),
            "position": position,
            "data": base64.b64encode(content[start : start + CHUNK_BYTES]).decode(),
        }
        for position, start in enumerate(range(0, len(content), CHUNK_BYTES))
    ]


DONE = JobReport(JobRecord(exit_code=0).to_json(), "out", "err", '{"a": 1}', "e" * 64, "f" * 64)


async def test_a_report_is_kept_with_the_end(yard: Yard) -> None:
    run_id = await yard.submit()
    worker = yard.worker("w")
    claimed = await yard.claim(worker)
    await worker.finish(claimed, Finish(State.SUCCEEDED, result=DONE.to_json()))
    row, left = await yard.row(run_id), await yard.remains(run_id)
    assert (row.state, row.result) == (State.SUCCEEDED, None)
    assert (left.stdout, left.stderr, left.output) == ("out", "err", '{"a": 1}')
    assert left.record["exit_code"] == 0
    assert left.record["resource_usage"] == {}
    assert (left.job["ended_as"], left.job["environment_hash"]) == ("succeeded", "e" * 64)
    assert left.job["output_hash"] == "f" * 64
    assert left.dead == []


async def test_texts_that_databases_dislike_are_kept(yard: Yard) -> None:
    run_id = await yard.submit()
    worker = yard.worker("w")
    claimed = await yard.claim(worker)
    nasty = "a\x00b\ufffd\U0001f600\r\n'"
    await worker.store(claimed, [written(1, nasty)])
    error = JobError("value_error", nasty, "execution")
    report = JobReport(JobRecord(error=error).to_json(), nasty, nasty)
    await worker.finish(claimed, Finish(State.FAILED, "it failed", result=report.to_json()))
    left = await yard.remains(run_id)
    assert (left.stdout, left.stderr, left.record["error"]["message"]) == (nasty, nasty, nasty)
    assert left.live == [(1, 1, "stdout", nasty)]


async def test_output_is_kept_while_a_job_runs(yard: Yard) -> None:
    """And is no change of the run: who follows that has nothing to look at."""
    run_id = await yard.submit()
    worker = yard.worker("w")
    claimed = await yard.claim(worker)
    version = (await yard.row(run_id)).version
    await worker.store(claimed, [written(1, "a"), written(2, "b", "stderr")])
    # Sent again because the answer was lost.
    await worker.store(claimed, [written(2, "b", "stderr"), written(3, "c")])
    assert (await yard.row(run_id)).version == version
    last = [OutputPiece(4, "stdout", "d")]
    report = JobReport(JobRecord(0).to_json(), "acd", "b", last_output=last)
    await worker.finish(claimed, Finish(State.SUCCEEDED, result=report.to_json()))
    left = await yard.remains(run_id)
    assert [piece[1:] for piece in left.live] == [
        (1, "stdout", "a"),
        (2, "stderr", "b"),
        (3, "stdout", "c"),
        (4, "stdout", "d"),
    ]


async def test_a_new_attempt_replaces_what_the_last_one_wrote(hasty: Yard) -> None:
    """And the last one, should it be alive, changes nothing any more."""
    run_id = await hasty.submit()
    zombie, worker = hasty.worker("zombie"), hasty.worker("w")
    dead = await hasty.claim(zombie)
    await zombie.store(dead, [written(1, "of the first")])
    await reap(hasty.engine)
    claimed = await hasty.claim(worker)
    for attempt in (
        zombie.store(dead, [written(2, "late")]),
        zombie.store(dead, chunks(b"late")),
        zombie.finish(dead, Finish(State.SUCCEEDED, result=DONE.to_json())),
    ):
        with pytest.raises(LeaseLost):
            await attempt
    report = JobReport(JobRecord(0).to_json(), "of the second")
    await worker.finish(claimed, Finish(State.SUCCEEDED, result=report.to_json()))
    left = await hasty.remains(run_id)
    assert (left.stdout, left.live) == ("of the second", [])


async def test_files_are_kept_once_however_they_come(yard: Yard) -> None:
    """Small ones in the report, larger ones in chunks before; equal ones are one content."""
    large = bytes(range(256)) * 3000
    digest = hashlib.sha256(large).hexdigest()
    for _ in range(2):
        run_id = await yard.submit()
        worker = yard.worker("w")
        claimed = await yard.claim(worker)
        for chunk in chunks(large):
            await worker.store(claimed, [chunk])
        files = [
            file_of("large", large, is_inline=False),
            file_of("small", b"x"),
            file_of("same", b"x"),
            file_of("empty", b""),
        ]
        report = JobReport(JobRecord(0).to_json(), artifacts=files)
        await worker.finish(claimed, Finish(State.SUCCEEDED, result=report.to_json()))
        left = await yard.remains(run_id)
        assert list(left.artifacts) == ["large", "small", "same", "empty"]
        assert left.record["artifacts_left_out"] == []
    content = await yard.engine.db.read(
        lambda connection: b"".join(blobs.read(connection, digest, len(large)))
    )
    assert content == large


async def test_a_file_that_did_not_arrive_is_left_out(yard: Yard) -> None:
    """The job ends all the same, and says so."""
    run_id = await yard.submit()
    worker = yard.worker("w")
    claimed = await yard.claim(worker)
    await worker.store(claimed, chunks(b"x" * (CHUNK_BYTES + 1))[:1])
    files = [
        file_of("half", b"x" * (CHUNK_BYTES + 1), is_inline=False),
        file_of("none", b"y", is_inline=False),
        file_of("all", b"z"),
    ]
    report = JobReport(JobRecord(0).to_json(), artifacts=files)
    await worker.finish(claimed, Finish(State.SUCCEEDED, result=report.to_json()))
    left = await yard.remains(run_id)
    assert list(left.artifacts) == ["all"]
    assert [each["name"] for each in left.record["artifacts_left_out"]] == ["half", "none"]


async def test_a_waiting_job_that_is_cancelled_has_a_record(yard: Yard) -> None:
    run_id = await yard.submit()
    row = await yard.cancel(run_id)
    left = await yard.remains(run_id)
    assert row.state is State.CANCELLED
    assert left.record["error"] == {
        "type": "cancelled",
        "message": "cancelled before it started",
        "phase": None,
    }
    assert (left.stdout, left.stderr, left.output) == ("", "", None)
    assert (left.record["timing"], left.record["resource_usage"]) == (None, {})
    assert left.job["ended_as"] == "cancelled"
    assert left.dead == []


async def test_a_job_that_is_too_late_has_a_record(yard: Yard) -> None:
    run_id = await yard.submit(deadline_seconds=-1)
    await reap(yard.engine)
    row, left = await yard.row(run_id), await yard.remains(run_id)
    assert (row.state, left.record["error"]["type"]) == (State.TIMEOUT, "timeout")


async def test_a_job_whose_workers_die_is_given_up(hasty: Yard) -> None:
    """Its record says so, with what it had written, and it is a dead letter."""
    run_id = await hasty.submit()
    for attempt in (1, 2):
        worker = hasty.worker(f"w{attempt}")
        claimed = await hasty.claim(worker)
        await worker.store(claimed, [written(1, f"{attempt}a"), written(2, "b", "stderr")])
        await reap(hasty.engine)
    row, left = await hasty.row(run_id), await hasty.remains(run_id)
    assert (row.state, row.attempt) == (State.FAILED, 2)
    assert left.record["error"]["type"] == "interrupted"
    assert left.record["error"]["message"] == row.failure_reason
    assert left.record["timing"]["phase_at_exit"] == "execution"
    assert (left.stdout, left.stderr) == ("2a", "b")
    [dead] = left.dead
    assert (dead["job_id"], dead["error_type"]) == (row.uid, "interrupted")
    assert (dead["retry_count"], dead["correlation_id"]) == (2, "correlation")
    assert set(dead["job_data"]) == {
        "job_type",
        "code_hash",
        "code_bytes",
        "input_hash",
        "input_bytes",
    }


async def test_a_job_handed_back_after_a_cancel_has_a_record(yard: Yard) -> None:
    run_id = await yard.submit()
    worker = yard.worker("w")
    claimed = await yard.claim(worker)
    await yard.cancel(run_id)
    await worker.hand_back(claimed.fence)
    row, left = await yard.row(run_id), await yard.remains(run_id)
    assert (row.state, left.record["error"]["type"]) == (State.CANCELLED, "cancelled")
    assert left.dead == []


async def test_a_worker_that_knows_no_more_than_the_end_is_believed(yard: Yard) -> None:
    run_id = await yard.submit()
    worker = yard.worker("w")
    claimed = await yard.claim(worker)
    await worker.finish(claimed, Finish(State.FAILED, "internal error: a bug"))
    left = await yard.remains(run_id)
    assert left.record["error"]["type"] == "internal_error"
    assert left.dead == []


async def test_contents_that_nothing_refers_to_are_swept(yard: Yard) -> None:
    """Those of runs that are deleted, and of uploads that never came to an end; in time."""
    run_id = await yard.submit()
    worker = yard.worker("w")
    claimed = await yard.claim(worker)
    await worker.store(claimed, chunks(b"lost"))
    report = JobReport(JobRecord(0).to_json(), artifacts=[file_of("kept", b"kept")])
    await worker.finish(claimed, Finish(State.SUCCEEDED, result=report.to_json()))
    db = yard.engine.db
    assert await db.write(blobs.sweep) == 0
    assert await db.write(lambda connection: blobs.sweep(connection, older_than=-1)) == 1
    assert await db.write(lambda connection: blobs.sweep(connection, older_than=-1)) == 0
    kept = (await yard.remains(run_id)).artifacts["kept"]
    content = await db.read(lambda connection: blobs.read_chunk(connection, kept, 0))
    assert content == b"kept"
