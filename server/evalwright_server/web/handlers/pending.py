"""Operations whose handler is not yet written; they answer 501."""

from evalwright_server.web.call import Answer, Call
from evalwright_server.web.problems import Problem


async def execute_job(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def submit_job(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def get_job(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def get_job_result(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def cancel_job(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def rerun_job(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def fork_job(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def list_job_artifacts(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def get_job_artifact(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def head_job_artifact(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def list_executions(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def get_execution(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def list_dead_letters(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def get_dead_letter_stats(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def delete_dead_letter(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def list_job_types(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


async def get_job_type(call: Call) -> Answer:
    """Refuse; not yet written."""
    raise Problem(501, f"{call.operation.id} is not yet written")


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
