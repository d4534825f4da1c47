"""Operations whose handlers are being written on this branch; must be gone before it is merged."""

from evalwright_server.web.call import Answer, Call


async def _pending(call: Call) -> Answer:
    raise NotImplementedError


async def search_dataset_examples(call: Call) -> Answer:
    return await _pending(call)


async def search_experiment_runs(call: Call) -> Answer:
    return await _pending(call)


async def list_spans(call: Call) -> Answer:
    return await _pending(call)


async def delete_spans(call: Call) -> Answer:
    return await _pending(call)


async def annotate_spans(call: Call) -> Answer:
    return await _pending(call)


async def list_task_run_results(call: Call) -> Answer:
    return await _pending(call)
