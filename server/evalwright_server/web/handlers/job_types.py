"""Kinds of jobs."""

from evalwright_server.services import job_types
from evalwright_server.web.call import Answer, Call


async def list_job_types(call: Call) -> Answer:
    """Answer every job type."""
    rules = call.context.jobs.rules
    return Answer([job_types.view_job_type(each) for each in rules.job_types])


async def get_job_type(call: Call) -> Answer:
    """Answer a job type."""
    rules = call.context.jobs.rules
    return Answer(job_types.view_job_type(job_types.find_job_type(rules, call.values["name"])))
