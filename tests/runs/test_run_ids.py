"""Runs that have a public ID of their own are found by it, and by nothing else."""

import pytest

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.records import NewRun
from evalwright_server.services import runs
from evalwright_server.services.errors import Conflict, InvalidRequest, ResourceNotFound
from evalwright_server.store.ids import Kind, encode
from runs.jobs_data import submit_job


async def test_a_job_is_a_run_by_its_own_id(engine: Engine, space_id: int) -> None:
    db = engine.db
    job = await db.write(lambda connection: submit_job(connection, engine, space_id))
    held = await db.write(
        lambda connection: submit_job(
            connection, engine, space_id, uid="api-00000000-0000-4000-8000-000000000000"
        )
    )
    other = await db.write(
        lambda connection: engine.submit(connection, NewRun("test", space_id, {}))
    )
    assert job.uid is not None
    assert held.uid is not None
    number = encode(Kind.TASK_RUN, job.id, job.suffix)
    plain = encode(Kind.TASK_RUN, other.id, other.suffix)
    for run_id in (job.uid, held.uid, plain):
        shown = await db.read(lambda conn, wanted=run_id: runs.get_run(conn, wanted, engine=engine))  # type: ignore[misc]
        assert shown.view()["id"] == run_id
    missing = "00000000-0000-4000-8000-00000000000f"
    ids = [plain, job.uid, missing, number, held.uid]
    picked = await db.read(lambda conn: runs.pick_runs(conn, ids, engine=engine))
    assert [run["id"] for run in picked["runs"]] == [plain, job.uid, held.uid]
    for wrong in (missing, number):
        with pytest.raises(ResourceNotFound, match="no run has the ID"):
            await db.read(lambda conn, wanted=wrong: runs.get_run(conn, wanted, engine=engine))  # type: ignore[misc]
    with pytest.raises(InvalidRequest):
        await db.read(lambda conn: runs.get_run(conn, "not-an-id", engine=engine))
    uid = job.uid
    cancelled = await db.write(lambda conn: runs.cancel_run(conn, uid, engine=engine))
    assert (cancelled.view()["id"], cancelled.view()["state"]) == (uid, "cancelled")
    with pytest.raises(Conflict):
        await db.write(lambda conn: runs.cancel_run(conn, uid, engine=engine))
