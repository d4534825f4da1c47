"""Kinds of jobs."""

from evalwright_server.services import environments, job_types
from evalwright_server.services.requests import JsonObject
from evalwright_server.web.call import Answer, Call
from evalwright_server.web.job_waiting import stopping
from evalwright_server.web.presence import while_wanted


async def list_job_types(call: Call) -> Answer:
    """Answer every job type."""
    return Answer([_view(call, each.name) for each in call.context.jobs.rules.job_types])


async def get_job_type(call: Call) -> Answer:
    """Answer a job type."""
    return Answer(_view(call, call.values["name"]))


def _view(call: Call, name: str) -> JsonObject:
    job_type = job_types.find_job_type(call.context.jobs.rules, name)
    is_installed = call.context.environments.is_installed(job_type.requirements)
    return job_types.view_job_type(job_type, is_installed=is_installed)


async def build_job_type(call: Call) -> Answer:
    """Install the packages of a job type; if its caller goes away, that goes on."""
    context = call.context
    job_type = job_types.find_job_type(context.jobs.rules, call.values["name"])
    context.require_sandbox()
    building = environments.build_job_type(context.environments, job_type)
    built = await while_wanted(call.request, context.stopping, building)
    if built is None:
        raise stopping("the packages are not installed yet")
    return Answer(built)
