"""Tasks, and starting their runs."""

from typing import Final
from urllib.parse import quote

from evalwright_server.services import task_runs, tasks, triggers
from evalwright_server.services.task_rules import RUN_EXPERIMENT
from evalwright_server.web.call import Answer, Call
from evalwright_server.web.judge import component
from evalwright_server.web.waiting import run_tag

_EVALUATION: Final = "Evaluation"
_EXPERIMENT: Final = "RunExperiment"


async def list_tasks(call: Call) -> Answer:
    """Answer a page of tasks."""
    view = await call.read(
        tasks.list_tasks,
        call.page(),
        call.list_filter(),
        project_id=call.values.get("project_id"),
        dataset_id=call.values.get("dataset_id"),
        task_type=call.values.get("type"),
    )
    return Answer(view)


async def create_task(call: Call) -> Answer:
    """Create a task."""
    return Answer(await call.write(tasks.create_task, call.body, stamp=call.stamp()))


async def get_task(call: Call) -> Answer:
    """Answer a task."""
    return Answer(await call.read(tasks.get_task, call.values["task_id"]))


async def update_task(call: Call) -> Answer:
    """Change a task; what its type does not have is refused."""
    judged = await _judged_for_type(call, "Update{}TaskRequest")
    view = await call.write(
        tasks.update_task,
        call.values["task_id"],
        judged.body,
        stamp=call.stamp(),
        if_match=call.values.get("If-Match"),
    )
    return Answer(view)


async def delete_task(call: Call) -> Answer:
    """Delete a task with its runs."""
    engine = call.context.engine
    await call.write(tasks.delete_task, call.values["task_id"], engine=engine)
    return Answer()


async def trigger_task_run(call: Call) -> Answer:
    """Start a run of a task; what its type does not take is refused."""
    judged = await _judged_for_type(call, "Trigger{}TaskRunRequest")
    task_run = await call.write(
        triggers.trigger,
        call.values["task_id"],
        judged.body,
        stamp=call.stamp(),
        engine=call.context.engine,
        key=call.values.get("Idempotency-Key"),
    )
    view = task_run.view()
    location = f"/v2/task-runs/{quote(view['id'], safe='')}"
    return Answer(view, run_tag(task_run.run), {"Location": location})


async def list_task_runs(call: Call) -> Answer:
    """Answer a page of a task's runs."""
    task_id, status = call.values["task_id"], call.values.get("status")
    return Answer(await call.read(task_runs.list_task_runs, task_id, call.page(), status))


async def _judged_for_type(call: Call, schema: str) -> Call:
    """Return the call with its body judged by the schema of the stored task's type."""
    task_type = await call.read(tasks.get_task_type, call.values["task_id"])
    own, other = _EVALUATION, _EXPERIMENT
    if task_type == RUN_EXPERIMENT:
        own, other = other, own
    elsewhere = "evaluation" if other == _EVALUATION else RUN_EXPERIMENT
    message = f"only {elsewhere} tasks take it; this is a {task_type} task"
    members = call.judge.members(component(schema.format(other)))
    return call.judged(schema.format(own), dict.fromkeys(members, message))
