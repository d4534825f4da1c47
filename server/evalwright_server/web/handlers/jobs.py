"""Jobs: submitted, followed, cancelled, run again; and what they leave."""

from dataclasses import replace
from functools import partial
from typing import cast

from sqlalchemy import Connection
from starlette.responses import Response

from evalwright_server.runs.job_payload import QUEUE
from evalwright_server.runs.openings import Opening
from evalwright_server.runs.records import RunRow
from evalwright_server.services import job_artifacts, jobs
from evalwright_server.services.executions import view_ended
from evalwright_server.services.job_plans import fingerprint, plan_submission
from evalwright_server.services.job_submission import NewJob, SubmittedJob
from evalwright_server.services.job_views import FULL, view_details, view_records, view_status
from evalwright_server.services.requests import (
    ForkJobRequest,
    JsonObject,
    RerunJobRequest,
    SubmitJobRequest,
)
from evalwright_server.web.artifacts import answer_content, answer_head
from evalwright_server.web.call import Answer, Call
from evalwright_server.web.job_waiting import (
    Ending,
    hold_for_news,
    seconds_to_wait,
    stopping,
    wait_for_end,
)
from evalwright_server.web.presence import ClientGone, while_wanted


async def execute_job(call: Call) -> Answer:
    """Run a program and answer how it ended; if its caller goes away, it is cancelled."""
    call.context.require_sandbox()
    plan = plan_submission(cast("SubmitJobRequest", call.body), call.context.jobs.rules)
    call.context.require_workers()
    # Its caller is told by the answer, and needs no other message.
    job = NewJob(replace(plan, webhook=None), is_held=True, correlation_id=call.correlation_id)
    engine = call.context.engine
    with Ending(engine) as ending:

        def submit(conn: Connection, opening: Opening | None) -> SubmittedJob:
            submitted = call.context.jobs.submit(conn, job, opening)
            ending.expect(conn, submitted.run_id)
            return submitted

        submitted = await engine.submit_directly(QUEUE, submit)
        look = partial(view_ended, execution_id=submitted.uid)
        try:
            view = await while_wanted(call.request, call.context.stopping, ending.wait(look))
        except ClientGone:
            await _give_up(call, submitted)
            raise
    if view is None:
        await _give_up(call, submitted)
        raise stopping(f"the execution {submitted.uid} was cancelled")
    return Answer(view)


async def _give_up(call: Call, submitted: SubmittedJob) -> None:
    """Cancel what nobody waits for any more; it may have ended by now."""
    await call.write(jobs.cancel_if_running, submitted.uid, engine=call.context.engine)


async def submit_job(call: Call) -> Answer:
    """Submit a job, or answer with the one that has the same idempotency key."""
    call.context.require_sandbox()
    body = cast("SubmitJobRequest", call.body)
    plan = plan_submission(body, call.context.jobs.rules)
    given = body.get("idempotency_key")
    key = None if given is None else (given, fingerprint(body, plan.contents))
    job = NewJob(plan, key=key, correlation_id=call.correlation_id)
    submitted = await call.context.engine.submit_directly(
        QUEUE, lambda conn, opening: call.context.jobs.submit(conn, job, opening)
    )
    return Answer({"job_id": submitted.uid, "status": submitted.status})


async def get_job(call: Call) -> Answer:
    """Answer where a job stands, at once or when there is something to tell."""
    return await hold_for_news(call, lambda: call.read(_look, call))


def _look(conn: Connection, call: Call) -> tuple[RunRow, JsonObject]:
    job = jobs.find_job(conn, call.values["job_id"])
    position = call.context.engine.position(conn, job.run)
    if call.values.get("view") == FULL:
        return job.run, view_details(conn, job, position)
    return job.run, view_status(job, position)


async def get_job_result(call: Call) -> Answer:
    """Answer the record of a job, at once or at its end."""
    job_id, seconds = call.values["job_id"], seconds_to_wait(call)
    if seconds:
        job = await call.read(jobs.find_job, job_id)
        await wait_for_end(call, job.run, seconds)
    return Answer(await call.read(_record, job_id, call.values.get("view")))


def _record(conn: Connection, job_id: str, view: str | None) -> JsonObject:
    return view_records(conn, [jobs.find_job(conn, job_id)], view)[0]


async def cancel_job(call: Call) -> Answer:
    """Cancel a job."""
    job_id = call.values["job_id"]
    await call.write(jobs.cancel_job, job_id, engine=call.context.engine)
    return Answer({"status": "cancelled", "job_id": job_id})


async def rerun_job(call: Call) -> Answer:
    """Run a job that has ended once more."""
    return await _derive(call, jobs.RERUN, cast("RerunJobRequest", call.body))


async def fork_job(call: Call) -> Answer:
    """Run other code with what a job was given."""
    body = cast("ForkJobRequest", call.body)
    return await _derive(call, jobs.FORK, cast("RerunJobRequest", body), body["code"])


async def _derive(
    call: Call, relationship: str, changes: RerunJobRequest, code: str | None = None
) -> Answer:
    call.context.require_sandbox()
    parent, submitter = call.values["job_id"], call.context.jobs

    def submit(conn: Connection, opening: Opening | None) -> SubmittedJob:
        rules = submitter.rules
        plan = jobs.derive(conn, parent, relationship, changes, rules=rules, code=code)
        return submitter.submit(conn, NewJob(plan, correlation_id=call.correlation_id), opening)

    submitted = await call.context.engine.submit_directly(QUEUE, submit)
    return Answer(
        {
            "job_id": submitted.uid,
            "status": submitted.status,
            "parent_execution_id": parent,
            "relationship": relationship,
        }
    )


async def list_job_artifacts(call: Call) -> Answer:
    """Answer the files of a job."""
    return Answer(await call.read(job_artifacts.list_artifacts, call.values["job_id"]))


async def get_job_artifact(call: Call) -> Response:
    """Send the content of a file, or a part of it."""
    return answer_content(call, await _find_artifact(call))


async def head_job_artifact(call: Call) -> Response:
    """Answer size, type and ETag of a file."""
    return answer_head(call, await _find_artifact(call))


async def _find_artifact(call: Call) -> job_artifacts.Artifact:
    job_id, name = call.values["job_id"], call.values["name"]
    return await call.read(job_artifacts.find_artifact, job_id, name)
