"""Evaluators and their versions."""

from evalwright_server.services import evaluator_versions, evaluators
from evalwright_server.web.call import Answer, Call


async def list_evaluators(call: Call) -> Answer:
    """Answer a page of evaluators."""
    return Answer(await call.read(evaluators.list_evaluators, call.page(), call.list_filter()))


async def create_evaluator(call: Call) -> Answer:
    """Create an evaluator with its first version."""
    return Answer(await call.write(evaluators.create_evaluator, call.body, stamp=call.stamp()))


async def get_evaluator(call: Call) -> Answer:
    """Answer an evaluator with one of its versions."""
    version_id = call.values.get("version_id")
    return Answer(await call.read(evaluators.get_evaluator, _evaluator_id(call), version_id))


async def update_evaluator(call: Call) -> Answer:
    """Change an evaluator."""
    view = await call.write(
        evaluators.update_evaluator,
        _evaluator_id(call),
        call.body,
        stamp=call.stamp(),
        if_match=call.values.get("If-Match"),
    )
    return Answer(view)


async def delete_evaluator(call: Call) -> Answer:
    """Delete an evaluator with its versions."""
    await call.write(evaluators.delete_evaluator, _evaluator_id(call))
    return Answer()


async def list_evaluator_versions(call: Call) -> Answer:
    """Answer a page of an evaluator's versions."""
    page = call.page()
    return Answer(await call.read(evaluator_versions.list_versions, _evaluator_id(call), page))


async def create_evaluator_version(call: Call) -> Answer:
    """Add a version to an evaluator."""
    view = await call.write(
        evaluator_versions.create_version, _evaluator_id(call), call.body, stamp=call.stamp()
    )
    return Answer(view)


async def delete_evaluator_versions(call: Call) -> Answer:
    """Delete versions of an evaluator."""
    view = await call.write(
        evaluator_versions.delete_versions, _evaluator_id(call), call.body, stamp=call.stamp()
    )
    return Answer(view)


async def get_evaluator_version(call: Call) -> Answer:
    """Answer a version."""
    return Answer(await call.read(evaluator_versions.get_version, call.values["version_id"]))


def _evaluator_id(call: Call) -> str:
    evaluator_id: str = call.values["evaluator_id"]
    return evaluator_id
