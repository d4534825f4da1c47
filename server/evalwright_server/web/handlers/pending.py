"""Operations whose handler is not yet written; they answer 501."""

from evalwright_server.web.call import Answer, Call
from evalwright_server.web.problems import Problem


async def build_job_type(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def list_environments(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def delete_environment(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def get_pool_stats(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")
