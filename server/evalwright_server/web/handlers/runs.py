"""Runs of every kind."""

from starlette.responses import Response

from evalwright_server.services import runs
from evalwright_server.services.errors import FieldError
from evalwright_server.web.call import Answer, Call
from evalwright_server.web.events import event_stream, run_events
from evalwright_server.web.problems import Problem
from evalwright_server.web.waiting import hold, run_tag


async def list_runs(call: Call) -> Answer:
    """Answer a page of runs, or exactly those asked for."""
    values = call.values
    if "ids" in values:
        return Answer(await call.read(runs.pick_runs, values["ids"], engine=call.context.engine))
    state, space_id = values.get("state"), values.get("space_id")
    return Answer(await call.read(runs.list_runs, call.page(), state=state, space_id=space_id))


async def get_run(call: Call) -> Answer:
    """Answer a run, at once or when there is something to tell."""
    shown = await call.read(runs.get_run, call.values["run_id"], engine=call.context.engine)
    run, headers = await hold(call, shown.run)
    return Answer(shown.at(run).view(), run_tag(run), headers)


async def cancel_run(call: Call) -> Answer:
    """Cancel a run."""
    run_id, engine = call.values["run_id"], call.context.engine
    shown = await call.write(runs.cancel_run, run_id, engine=engine)
    return Answer(shown.view(), run_tag(shown.run))


async def stream_run_events(call: Call) -> Response:
    """Send a run each time it changes, until it has ended."""
    context = call.context
    since = _version(call.values.get("Last-Event-ID"))
    shown = await call.read(runs.get_run, call.values["run_id"], engine=context.engine)
    changes = context.engine.events(shown.run.id, since)
    return event_stream(call.request, context.stopping, run_events(shown, changes))


def _version(last_event_id: str | None) -> int | None:
    if last_event_id is None:
        return None
    if last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) < 19:
        return int(last_event_id)
    message = "expected the id of an event of this stream: a whole number"
    raise Problem.invalid([FieldError("header:Last-Event-ID", message)])
