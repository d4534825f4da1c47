"""Every call of `client.eval`."""

from typing import Any

import pytest

from interop.valiqor_client.rows import PARIS, PERU, TRACE, many

ROWS = [PARIS, PERU]
METRICS = ["equals", "levenshtein", "hallucination"]


def test_an_evaluation_is_answered_at_once(client: Any) -> None:
    result = client.eval.evaluate(ROWS, METRICS, run_name="first", metadata={"model": "m"})
    assert (result.status, result.total_items, result.items_evaluated) == ("completed", 2, 2)
    assert result.aggregate_scores["equals"] == 0.5
    assert result.aggregate_scores.keys() == set(METRICS)
    assert 0 < result.overall_score < 1
    assert result.metadata == {"model": "m"}
    assert client.eval.get_run(result.run_id).overall_score == result.overall_score
    assert client.eval.get_run_result(result.run_id).aggregate_scores == result.aggregate_scores
    assert str(result)


def test_metrics_and_items(client: Any) -> None:
    run = client.eval.evaluate(ROWS, METRICS).run_id
    scores = {each.key: each.score for each in client.eval.get_run_metrics(run)}
    assert scores["equals"] == 0.5
    assert scores.keys() == set(METRICS)
    page = client.eval.get_run_items(run, page=2, page_size=1)
    assert (page.total, page.page, page.page_size, len(page)) == (2, 2, 1, 1)
    [item] = page
    assert (item.input, item.output) == (PERU["input"], "Cusco.")
    assert item.metric_scores["equals"] == 0
    detail = client.eval.get_item_detail(run, item.id)
    assert (detail.run_id, detail.expected) == (run, "Lima.")
    assert detail.context == PERU["context"]
    assert detail.explanations.keys() == set(METRICS)


def test_all_of_its_metrics(client: Any) -> None:
    """Each of the 13 has a score between 0 and 1 without any model."""
    names = {each.key: each for each in client.eval.list_metric_templates()}
    heuristic = {"contains", "equals", "levenshtein", "regex_match"}
    judged = {"hallucination", "answer_relevance", "context_precision", "context_recall"}
    judged |= {"coherence", "fluency", "factual_accuracy", "task_adherence"}
    judged |= {"response_completeness"}
    assert {name for name in heuristic if names[name].category == "heuristic"} == heuristic
    assert {name for name in judged if names[name].category == "llm"} == judged
    scores = client.eval.evaluate([PARIS], sorted(heuristic | judged)).aggregate_scores
    assert scores.keys() == heuristic | judged
    assert all(0 <= score <= 1 for score in scores.values())


def test_a_trace(client: Any) -> None:
    result = client.eval.evaluate_trace(TRACE, ["coherence"], run_name="trace")
    assert (result.status, result.total_items) == ("completed", 1)
    assert list(result.aggregate_scores) == ["coherence"]


def test_evaluate_async_is_finished_when_it_answers(client: Any) -> None:
    """Its requests are those of `evaluate`, which does not poll; so both are answered with 200."""
    handle = client.eval.evaluate_async(ROWS, ["equals"])
    assert handle.job_type == "evaluation"
    assert handle.is_completed()
    assert handle.wait().status == "completed"
    assert handle.result().aggregate_scores == {"equals": 0.5}
    assert handle.cancel()["status"] == "completed"


def test_metadata_makes_it_a_job(client: Any) -> None:
    handle = client.eval.evaluate_async(many(60), ["equals"], metadata={"async": True})
    seen: list[Any] = []
    last = handle.wait(poll_interval=0.05, timeout=60, on_progress=seen.append)
    assert (last.status, last.progress_percent, last.total_items) == ("completed", 100, 60)
    assert {each.status for each in seen} <= {"queued", "running", "completed"}
    assert str(seen[0])
    result = handle.result()
    assert (result.run_id, result.items_evaluated) == (handle.job_id, 60)
    status = client.eval.get_job_status(handle.job_id)
    assert (status.job_id, status.job_type, status.current_item) == (
        handle.job_id,
        "evaluation",
        60,
    )
    assert status.finished_at
    assert not handle.is_running()


def test_jobs_can_be_cancelled(client: Any) -> None:
    handle = client.eval.evaluate_async(many(2000), ["hallucination"], metadata={"async": True})
    answer = client.eval.cancel_job(handle.job_id)
    assert answer.job_id == handle.job_id
    assert handle.cancel().job_id == handle.job_id, "twice does no harm"
    assert handle.wait(poll_interval=0.1, timeout=60).status == "cancelled"
    with pytest.raises(RuntimeError, match="Job failed"):
        handle.result()
    assert client.eval.get_run(handle.job_id).status == "cancelled"


def test_comparisons_and_trends(client: Any, project: str) -> None:
    runs = [client.eval.evaluate(rows, ["equals"]).run_id for rows in (ROWS, [PARIS])]
    comparison = client.eval.compare_runs(runs)
    assert [run["run_id"] for run in comparison.runs] == runs
    assert comparison.overall_scores == [0.5, 1.0]
    assert len(comparison.metrics) == 1
    [found] = [each for each in client.eval.list_projects() if each.name == project]
    for arguments in ((found.id,), (found.id, "last_30_days", ["equals", "fluency"])):
        [point] = client.eval.get_trends(*arguments)
        assert (point.metric, point.run_count) == ("equals", 2)
        assert 0.5 < point.score < 1
    stats = client.eval.get_project_stats()
    assert [run["run_id"] for run in stats["recent_runs"]] == runs[::-1]
    assert (stats["total_runs"], stats["total_items"]) == (2, 3)


def test_projects_and_their_metrics(client: Any, project: str) -> None:
    made = client.eval.create_project(project)
    assert made.name == project
    assert client.eval.list_project_metrics() == []
    added = client.eval.add_project_metric("equals", "Same words")
    assert (added.key, added.display_name) == ("equals", "Same words")
    assert [each.key for each in client.eval.list_project_metrics(project)] == ["equals"]


def test_who_asks(client: Any) -> None:
    with client.eval as evaluations:
        assert evaluations.validate_auth().valid is True
    client.eval.close()
