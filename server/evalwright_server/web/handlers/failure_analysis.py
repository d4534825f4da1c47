"""Failure analyses: where and why answers fail."""

from starlette.responses import Response

from evalwright_server.services import (
    failure_analyses,
    failure_insights,
    failure_items,
    failure_requests,
    failure_tags,
    failure_taxonomy,
    failure_trials,
    security_insights,
)
from evalwright_server.services.failure_periods import DEFAULT_DAYS, Period
from evalwright_server.services.failure_requests import KIND
from evalwright_server.services.failure_rules import check_request
from evalwright_server.services.failure_tags import TagFilter
from evalwright_server.services.failure_traces import read_stored_trace
from evalwright_server.services.failure_views import view_analysis
from evalwright_server.web.analyses import (
    account_of,
    answer_cancel,
    answer_status,
    decide,
    numbered_page,
    start,
)
from evalwright_server.web.analysis_bodies import idempotency_of, judged_body
from evalwright_server.web.call import Answer, Call
from evalwright_server.web.failure_answers import answer_analysis, answer_inputs, answer_tags


async def analyze_failures(call: Call) -> Answer | Response:
    """Look for failures in a dataset, or in a stored trace."""
    body = judged_body(call, "AnalyzeFailuresRequest", check_request)
    project_name, trace_id = body.get("project_name"), body.get("trace_id")
    if body.get("dataset"):
        call.context.analyses.check_size(len(body["dataset"]))
        items = failure_items.read_dataset(body["dataset"], trace_id)
    else:
        trace = await call.read(read_stored_trace, trace_id or "", project_name)
        project_name, items = trace.project_name, trace.items
    request = failure_requests.plan_analysis(
        body, items, project_name, account_of(call), idempotency_of(call)
    )
    patience = decide(call.values.get("Prefer"), total_items=len(items))
    return await start(call, request, patience, view_analysis)


async def list_failure_analyses(call: Call) -> Answer:
    """Answer a page of failure analyses."""
    values = call.values
    found = await call.read(
        failure_analyses.list_failure_analyses,
        numbered_page(call),
        project_name=values.get("project_name"),
        status=values.get("status"),
    )
    return Answer(found)


async def count_failure_analyses(call: Call) -> Answer:
    """Answer how many failure analyses there are."""
    name = call.values.get("project_name")
    return Answer(await call.read(failure_analyses.count_failure_analyses, name))


async def get_failure_analysis(call: Call) -> Answer | Response:
    """Answer a failure analysis, finished or not."""
    return await answer_analysis(call, call.values["run_id"])


async def get_failure_analysis_status(call: Call) -> Answer:
    """Answer how far a failure analysis has come."""
    return await answer_status(call, KIND, call.values["run_id"])


async def cancel_failure_analysis(call: Call) -> Answer:
    """Cancel a failure analysis."""
    return await answer_cancel(call, KIND, call.values["run_id"])


async def list_failure_analysis_inputs(call: Call) -> Answer | Response:
    """Answer what was analysed."""
    return await answer_inputs(call, call.values["run_id"])


async def list_failure_tags(call: Call) -> Answer | Response:
    """Answer what was found."""
    return await answer_tags(call, call.values["run_id"], TagFilter.read(call.values))


async def update_failure_tag(call: Call) -> Answer:
    """Change what people say about a tag."""
    tag_id, now = call.values["tag_id"], call.context.clock()
    return Answer(await call.write(failure_tags.update_tag, tag_id, call.body, now))


async def get_failure_taxonomy(_call: Call) -> Answer:
    """Answer every kind of failure."""
    return Answer(failure_taxonomy.get_taxonomy())


async def list_failure_subcategories(call: Call) -> Answer:
    """Answer some kinds of failures."""
    return Answer(failure_taxonomy.list_kinds(call.values))


async def get_failure_bucket(call: Call) -> Answer:
    """Answer a group of kinds of failures."""
    return Answer(failure_taxonomy.get_bucket(call.values["bucket_id"]))


async def list_failure_analysis_projects(call: Call) -> Answer:
    """Answer the names of projects with failure analyses."""
    return Answer(await call.read(failure_analyses.list_projects))


async def get_failure_insights(call: Call) -> Answer:
    """Answer which failures recur."""
    return Answer(await call.read(failure_insights.get_insights, _period(call)))


async def get_failure_trends(call: Call) -> Answer:
    """Answer the failures of each day."""
    return Answer(await call.read(failure_insights.get_trends, _period(call)))


async def get_security_insights(call: Call) -> Answer:
    """Answer what audits have found."""
    return Answer(await call.read(security_insights.get_security_insights, _period(call)))


def _period(call: Call) -> Period:
    days = call.values.get("days", DEFAULT_DAYS)
    return Period(days, call.context.clock(), call.values.get("project_name"))


async def try_failure_analysis(call: Call) -> Answer:
    """Analyse a single answer, without keeping it."""
    playground, now = call.context.playground, call.context.clock()
    failure_trials.check_trial(call.body)
    limits = playground.limits
    today = await call.write(failure_trials.count_trial, account_of(call).key, now, limits)
    trial = await playground.analyse(call.body)
    return Answer(failure_trials.view_trial(trial, today, limits))
