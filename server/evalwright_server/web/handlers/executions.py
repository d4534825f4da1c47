"""Records of jobs and executions."""

from typing import Final

from evalwright_server.services import executions
from evalwright_server.web.call import Answer, Call

DEFAULT_LIMIT: Final = 100
"""Records of a page, unless the request says otherwise."""


async def list_executions(call: Call) -> Answer:
    """Answer a page of records."""
    values = call.values
    wanted = executions.ExecutionFilter(values.get("status"), values.get("job_type"))
    page = await call.read(
        executions.list_executions,
        wanted,
        limit=values.get("limit", DEFAULT_LIMIT),
        offset=values.get("offset", 0),
        view=values.get("view"),
    )
    return Answer(page)


async def get_execution(call: Call) -> Answer:
    """Answer a record."""
    execution_id, view = call.values["execution_id"], call.values.get("view")
    return Answer(await call.read(executions.get_execution, execution_id, view))
