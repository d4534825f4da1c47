"""Operations whose handlers are being written on this branch; must be gone before it is merged."""

from evalwright_server.web.call import Answer, Call


async def _pending(call: Call) -> Answer:
    raise NotImplementedError


async def list_task_run_results(call: Call) -> Answer:
    return await _pending(call)
