"""Every call of `client.failure_analysis`."""

import json
import time
from typing import Any

import pytest
import requests

from interop.valiqor_client.rows import IBUPROFEN, PARIS, many

ROWS = [IBUPROFEN, {**PARIS, "context": [PARIS["context"]]}]


def test_the_readme_s_failure_is_found(client: Any) -> None:
    result = client.failure_analysis.run(dataset=ROWS)
    failed = [tag for tag in result.tags if tag.decision == "fail"]
    assert "hallucination" in {tag.bucket_id for tag in failed}
    assert {tag.item_index for tag in failed} == {0}
    worst = max(failed, key=lambda tag: tag.severity)
    assert 3 <= worst.severity <= 5
    assert 0.5 <= worst.confidence <= 1
    assert worst.judge_rationale
    assert worst.evidence_items[0].content_snippet in IBUPROFEN["output"]
    assert worst.scoring_breakdown.final_severity == worst.severity
    summary = result.summary
    assert (summary.total_items, summary.items_with_failures, summary.items_all_passed) == (2, 1, 1)
    assert summary.total_failures_detected == len(failed)
    assert [each.item_index for each in result.get_failed_items()] == [0]
    assert [each.item_index for each in result.get_clean_items()] == [1]
    assert result.get_item_tags(0)
    assert (result.mode, result.feature_kind) == ("full", "rag")
    assert str(result.summary)


def test_large_datasets_are_jobs(client: Any, project: str) -> None:
    handle = client.failure_analysis.run_async(
        dataset=many(200), run_eval=False, run_security=False, run_scan=False, feature_kind="rag"
    )
    assert handle.job_type == "failure_analysis"
    assert handle.wait(poll_interval=0.1, timeout=90).is_completed
    assert handle.result().summary.total_items == 200
    status = client.failure_analysis.poll_status(handle.job_id)
    assert (status.current_item, status.estimated_remaining_seconds) == (200, 0)
    assert handle.cancel()["status"] == "completed"
    assert client.failure_analysis.cancel_run(handle.job_id)["status"] == "completed"
    page = client.failure_analysis.list_runs(project, status="completed", page_size=5)
    assert [run.run_id for run in page.items] == [handle.job_id]
    assert (page.total, page.has_more) == (1, False)


def test_the_blocking_call_polls(client: Any) -> None:
    result = client.failure_analysis.run(dataset=many(150), buckets=["style"])
    assert (result.status, result.summary.total_items) == ("completed", 150)


def test_small_ones_are_not(client: Any) -> None:
    handle = client.failure_analysis.run_async(dataset=ROWS)
    assert handle.status().status == "completed"
    assert handle.result().run_id == handle.job_id
    assert client.failure_analysis.poll_status(handle.job_id).status == "completed"


def test_jobs_can_be_cancelled(client: Any) -> None:
    handle = client.failure_analysis.run_async(dataset=many(2000))
    handle.cancel()
    assert handle.wait(poll_interval=0.1, timeout=60).status == "cancelled"
    with pytest.raises(RuntimeError, match="Job cancelled"):
        handle.result()
    assert client.failure_analysis.get_run(handle.job_id).status == "cancelled"


def test_patience_runs_out(client: Any) -> None:
    """The error is the client's own, not the builtin; the job goes on."""
    from valiqor import TimeoutError as OutOfPatience

    handle = client.failure_analysis.run_async(dataset=many(2000))
    with pytest.raises(OutOfPatience):
        handle.wait(poll_interval=0.1, timeout=0.01)
    assert handle.is_running()
    handle.cancel()


def test_what_is_looked_for_can_be_chosen(client: Any) -> None:
    result = client.failure_analysis.run(
        dataset=[IBUPROFEN],
        subcategories=["unsupported_claim"],
        mandatory_eval_metrics=["coherence"],
        mandatory_security_categories=["S1"],
        feature_kind="rag",
    )
    assert result.detectors_run == ["unsupported_claim"]
    assert "coherence" in result.eval_metrics


def test_a_stored_trace(client: Any, url: str, project: str) -> None:
    """Traces come by OpenTelemetry's protocol; their ID is what is analysed."""
    trace_id = f"{time.time_ns():032x}"
    send_span(url, project, trace_id, str(IBUPROFEN["input"]), str(IBUPROFEN["output"]))
    result = client.failure_analysis.run(trace_id=trace_id)
    assert (result.input_type, result.summary.total_items) == ("trace", 1)
    assert result.inputs[0].output_text == IBUPROFEN["output"]


def send_span(url: str, project: str, trace_id: str, asked: str, answered: str) -> None:
    """Store a trace of one span."""
    now = time.time_ns()
    span = {
        "traceId": trace_id,
        "spanId": trace_id[-16:],
        "name": "answer",
        "startTimeUnixNano": str(now - 10**9),
        "endTimeUnixNano": str(now),
        "attributes": attributes({"input.value": asked, "output.value": answered}),
    }
    resource = {"attributes": attributes({"openinference.project.name": project})}
    export = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}
    headers = {"Content-Type": "application/json"}
    sent = requests.post(f"{url}/v1/traces", json.dumps(export), headers=headers, timeout=30)
    assert sent.status_code == 200, sent.text


def attributes(values: dict[str, str]) -> list[dict[str, Any]]:
    """Return attributes as OpenTelemetry writes them in JSON."""
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]


def test_tags(client: Any) -> None:
    analyses = client.failure_analysis
    run = analyses.run(dataset=ROWS)
    assert [each.failure_count > 0 for each in analyses.get_run_inputs(run.run_id)] == [True, False]
    failed = analyses.get_tags(run.run_id, decision="fail", min_severity=1)
    assert {tag.decision for tag in failed} == {"fail"}
    chosen = analyses.get_tags(run.run_id, bucket_id="hallucination")
    assert {tag.bucket_id for tag in chosen} == {"hallucination"}
    tag = failed[0].tag_id
    changed = analyses.update_tag(tag, is_reviewed=True, issue_url="https://example.org/1")
    assert (changed["tag_id"], changed["is_reviewed"]) == (tag, True)
    assert changed["reviewed_at"]
    assert analyses.update_tag(tag, issue_url="")["issue_url"] is None
    [again] = [each for each in analyses.get_tags(run.run_id) if each.tag_id == tag]
    assert (again.is_reviewed, again.issue_url) == (True, None)


def test_the_taxonomy(client: Any, project: str) -> None:
    analyses = client.failure_analysis
    buckets = {bucket.bucket_id: bucket for bucket in analyses.get_taxonomy()}
    assert {"hallucination", "instruction", "safety", "retrieval", "tool_use"} <= buckets.keys()
    assert len(analyses.get_taxonomy(project)) == len(buckets)
    bucket = analyses.get_bucket("hallucination")
    assert "Factual Contradiction" in {each.subcategory_name for each in bucket.subcategories}
    assert all(each.detection_approach and each.applies_to for each in bucket.subcategories)
    every = analyses.get_subcategories()
    some = analyses.get_subcategories(
        bucket_id="hallucination", detection_approach="hybrid", applies_to="rag"
    )
    assert 0 < len(some) < len(every)


def test_insights(client: Any, project: str) -> None:
    analyses = client.failure_analysis
    analyses.run(dataset=ROWS)
    assert project in analyses.get_projects()
    assert analyses.get_run_count(project) == 1
    assert analyses.get_run_count() >= 1
    insights = analyses.get_insights(project, days=7)
    assert (insights.total_runs, insights.total_items_analyzed) == (1, 2)
    assert insights.overall_failure_rate == 0.5
    assert insights.top_recurring_failures
    assert insights.bucket_distribution
    [today] = [day for day in analyses.get_trends(project).trend_data if day.total_runs]
    assert (today.total_runs, today.failure_rate) == (1, 0.5)
    assert analyses.get_security_insights(project).total_runs_with_security == 1


def test_the_playground(client: Any) -> None:
    call = {"name": "search", "arguments": {"q": "capital"}, "result": "Paris"}
    good = client.failure_analysis.playground(
        "Capital of France?", "The capital is Paris.", context="Paris.", tool_calls=[call]
    )
    assert good.summary.total_items == 1
    assert good.checks_passed
    bad = client.failure_analysis.playground("Hello", "Take a knife and stab him in the throat.")
    assert "safety" in bad.summary.buckets_affected
    client.failure_analysis.close()
