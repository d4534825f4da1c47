"""Evaluations: datasets and traces measured with metrics."""

from collections.abc import Sequence

from starlette.responses import Response

from evalwright_server.services import (
    evaluation_items,
    evaluation_trends,
    evaluations,
    project_metrics,
)
from evalwright_server.services.evaluations import KIND, check_metrics
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.trace_steps import check_trace
from evalwright_server.web.analyses import (
    account_of,
    answer_cancel,
    answer_status,
    decide,
    numbered_page,
    start,
)
from evalwright_server.web.analysis_bodies import idempotency_of, judged_body
from evalwright_server.web.analysis_streams import stream_items
from evalwright_server.web.call import Answer, Call


async def evaluate_dataset(call: Call) -> Answer | Response:
    """Measure a dataset."""
    body = judged_body(call, "EvaluateDatasetRequest", check_metrics)
    return await _evaluate(call, body, evaluations.read_dataset(body["dataset"]))


async def evaluate_trace(call: Call) -> Answer | Response:
    """Measure the steps of a trace."""
    body = judged_body(call, "EvaluateTraceRequest", check_metrics, check_trace)
    return await _evaluate(call, body, evaluations.read_trace(body["trace"]))


async def _evaluate(call: Call, body: JsonObject, items: Sequence[JsonObject]) -> Answer | Response:
    key = idempotency_of(call)
    request = evaluations.plan_evaluation(body, items, account_of(call), key)
    # The clients of this operation take a 202 they have not asked for as the result.
    patience = decide(
        call.values.get("Prefer"), request.metadata, total_items=len(items), is_polled=False
    )
    return await start(call, request, patience, evaluations.view_evaluation)


async def get_evaluation_status(call: Call) -> Answer:
    """Answer how far an evaluation has come."""
    return await answer_status(call, KIND, call.values["job_id"])


async def cancel_evaluation(call: Call) -> Answer:
    """Cancel an evaluation."""
    return await answer_cancel(call, KIND, call.values["job_id"])


async def list_evaluations(call: Call) -> Answer:
    """Answer a page of evaluations."""
    values = call.values
    found = await call.read(
        evaluations.list_evaluations,
        numbered_page(call),
        project_id=values.get("project_id"),
        status=values.get("status"),
    )
    return Answer(found)


async def get_evaluation(call: Call) -> Answer:
    """Answer an evaluation, finished or not."""
    return Answer(await call.read(evaluations.get_evaluation, call.values["run_id"]))


async def list_evaluation_metrics(call: Call) -> Answer:
    """Answer a summary of each metric."""
    return Answer(await call.read(evaluations.list_metrics, call.values["run_id"]))


async def list_evaluation_items(call: Call) -> Answer:
    """Answer a page of items."""
    run_id, page = call.values["run_id"], numbered_page(call)
    return Answer(await call.read(evaluation_items.list_items, run_id, page))


async def stream_evaluation_items(call: Call) -> Response:
    """Send items as they are measured."""
    return await stream_items(call, KIND, call.values["run_id"], evaluation_items.view_item)


async def get_evaluation_item(call: Call) -> Answer:
    """Answer an item."""
    return Answer(await call.read(evaluation_items.get_item, call.values["item_id"]))


async def compare_evaluations(call: Call) -> Answer:
    """Answer evaluations side by side."""
    return Answer(await call.read(evaluation_trends.compare_evaluations, call.values["run_ids"]))


async def list_evaluation_trends(call: Call) -> Answer:
    """Answer a project's metrics over time."""
    values = call.values
    found = await call.read(
        evaluation_trends.list_trends,
        values["project_id"],
        period=values.get("period"),
        metrics=values.get("metrics"),
        now=call.context.clock(),
    )
    return Answer(found)


async def get_evaluation_stats(call: Call) -> Answer:
    """Answer a summary of a project's evaluations."""
    return Answer(await call.read(evaluation_trends.get_stats, call.values["project_id"]))


async def list_evaluation_projects(call: Call) -> Answer:
    """Answer all projects."""
    return Answer(await call.read(project_metrics.list_evaluation_projects))


async def create_evaluation_project(call: Call) -> Answer:
    """Create a project by its name alone."""
    identity = call.context.identity
    made = await call.write(
        project_metrics.create_evaluation_project, call.body, stamp=call.stamp(), identity=identity
    )
    return Answer(made)


async def list_metric_templates(_call: Call) -> Answer:
    """Answer the metrics there are."""
    return Answer(project_metrics.list_templates())


async def list_project_metrics(call: Call) -> Answer:
    """Answer the metrics that a project has chosen."""
    return Answer(await call.read(project_metrics.list_project_metrics, call.values["project_id"]))


async def add_project_metric(call: Call) -> Answer:
    """Choose a metric for a project."""
    project_id, body = call.values["project_id"], call.body
    return Answer(await call.write(project_metrics.add_project_metric, project_id, body))
