"""Single runs of tasks."""

from evalwright_server.services import task_run_results, task_runs
from evalwright_server.web.call import DEFAULT_ROW_LIMIT, Answer, Call
from evalwright_server.web.waiting import hold, run_tag


async def get_task_run(call: Call) -> Answer:
    """Answer a run of a task, at once or when there is something to tell."""
    task_run = await call.read(task_runs.get_task_run, call.values["run_id"])
    run, headers = await hold(call, task_run.run)
    return Answer(task_run.at(run).view(), run_tag(run), headers)


async def cancel_task_run(call: Call) -> Answer:
    """Cancel a run of a task."""
    run_id, engine = call.values["run_id"], call.context.engine
    task_run = await call.write(task_runs.cancel_task_run, run_id, engine=engine)
    return Answer(task_run.view(), run_tag(task_run.run))


async def list_task_run_results(call: Call) -> Answer:
    """Answer a page of what a run of a task did, row by row."""
    run_id, outcome = call.values["run_id"], call.values.get("outcome")
    page = call.page(DEFAULT_ROW_LIMIT)
    return Answer(await call.read(task_run_results.list_results, run_id, page, outcome))
