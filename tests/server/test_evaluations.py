"""Evaluations over HTTP: what is asked for, what is measured, and every way of looking at it."""

from collections.abc import Callable

import orjson
import pytest

from scripted_models import ScriptedModels, fixed
from server.client import Api
from server.evaluations import (
    FLUENT,
    ITEMS,
    KEY,
    begin,
    ended,
    evaluate,
    fluent,
    judged_by,
    problem,
    request,
    status,
)

NOT_FINITE = (b"NaN", b"Infinity")


@pytest.fixture
def project(unique: Callable[[str], str]) -> str:
    """The name of a project that nobody has made."""
    return unique("project")


def test_an_evaluation_is_answered_with_what_it_came_to(api: Api, project: str) -> None:
    """The project is made by it; the one ID stands under every name that clients look for."""
    result = evaluate(
        api, project, metrics=["equals", "levenshtein"], thresholds={"equals": 1.0}, run_name="one"
    )
    assert result["id"] == result["run_id"] == result["job_id"]
    assert (result["status"], result["run_name"]) == ("completed", "one")
    assert (result["total_items"], result["evaluated_items"], result["failed_items"]) == (3, 3, 1)
    assert result["aggregate_scores"]["equals"] == 0.5
    assert result["overall_score"] == pytest.approx(sum(result["aggregate_scores"].values()) / 2)
    equals = result["metrics"][0]
    assert (equals["metric_key"], equals["mean_value"], equals["score"]) == ("equals", 0.5, 0.5)
    assert (equals["scored"], equals["unscored"], equals["passed"]) == (2, 1, 1)
    assert equals["engine"] == "rules"
    named = {each["name"]: each["id"] for each in api.get("/v2/admin/projects").body}
    assert named[project] == result["project_id"]
    assert result["project_name"] == project


def test_it_is_the_same_with_and_without_the_slash_and_no_redirection(
    api: Api, project: str
) -> None:
    for path in ("/v2/evaluate", "/v2/evaluate/"):
        assert api.post(path, request(project)).status == 200


def test_a_synchronous_evaluation_has_a_status_under_its_id_too(api: Api, project: str) -> None:
    result = evaluate(api, project)
    shown = status(api, result["id"])
    assert (shown["status"], shown["progress_percent"]) == ("completed", 100.0)
    assert (shown["job_type"], shown["current_item"], shown["total_items"]) == ("evaluation", 3, 3)
    assert (shown["error"], shown["estimated_remaining_seconds"]) == (None, 0.0)
    assert api.get(f"/v2/evaluate/runs/{result['id']}").body == result
    run = api.get(f"/v2/runs/{result['id']}").body
    assert (run["kind"], run["state"]) == ("evaluation", "succeeded")


def test_items_come_in_pages_and_one_by_one_with_scores_or_reasons(api: Api, project: str) -> None:
    uid = evaluate(api, project, metrics=["equals"])["id"]
    page = api.get(f"/v2/evaluate/runs/{uid}/items?page=2&page_size=2").body
    assert (page["total"], page["page"], page["page_size"], page["has_more"]) == (3, 2, 2, False)
    (item,) = page["items"]
    assert (item["index"], item["id"]) == (2, f"{uid}:2")
    assert item["scores"] == item["metric_scores"] == {}
    assert "expected" in item["errors"]["equals"]
    first = api.get(f"/v2/evaluate/items/{uid}:0").body
    assert (first["scores"], first["engines"]) == ({"equals": 1.0}, {"equals": "rules"})
    assert first["explanations"]["equals"]
    assert (first["input"], first["context"], first["overall_score"]) == (
        "Capital of France?",
        [],
        1.0,
    )


def test_what_stands_beside_an_item_comes_back_with_it(api: Api, project: str) -> None:
    """A context may be one text; members of no schema count as metadata, where metrics look."""
    item = {
        "input": "number?",
        "output": "42",
        "context": "forty-two",
        "pattern": "[0-9]+",
        "metadata": {"case": 7},
    }
    result = evaluate(api, project, dataset=[item], metrics=["regex_match"], metadata={"v": [1]})
    assert result["metadata"] == {"v": [1]}
    assert result["aggregate_scores"] == {"regex_match": 1.0}
    kept = api.get(f"/v2/evaluate/items/{result['id']}:0").body
    assert kept["metadata"] == {"case": 7, "pattern": "[0-9]+"}
    assert kept["context"] == ["forty-two"]


def test_items_are_streamed_in_their_order_and_from_where_one_left_off(
    api: Api, project: str
) -> None:
    uid = begin(api, project, dataset=ITEMS * 100)
    reply = api.get(f"/v2/evaluate/runs/{uid}/items/stream")
    assert reply.headers["Content-Type"].startswith("application/x-ndjson")
    lines = [orjson.loads(line) for line in reply.content.splitlines()]
    assert [line["index"] for line in lines] == list(range(300))
    rest = api.get(f"/v2/evaluate/runs/{uid}/items/stream?after=297").content.splitlines()
    assert [orjson.loads(line)["index"] for line in rest] == [298, 299]


def test_evaluations_of_a_project_are_listed_newest_first(api: Api, project: str) -> None:
    uids = [evaluate(api, project)["id"] for _ in range(3)]
    owner = api.get(f"/v2/evaluate/runs/{uids[0]}").body["project_id"]
    page = api.get(f"/v2/evaluate/runs?project_id={owner}&page_size=2").body
    assert [each["id"] for each in page["items"]] == uids[:0:-1]
    assert (page["total"], page["has_more"]) == (3, True)
    path = f"/v2/evaluate/runs?project_id={owner}&status="
    assert api.get(f"{path}completed").body["total"] == 3
    assert api.get(f"{path}running").body["total"] == 0
    wrong = problem(api.get(f"{path}complete"))
    assert wrong["errors"][0]["nearest"] == "completed"


def test_evaluations_stand_side_by_side(api: Api, project: str) -> None:
    """Parameters are repeated by one client and joined by another."""
    one = evaluate(api, project)["id"]
    better = [{**ITEMS[0]}]
    two = evaluate(api, project, dataset=better, metrics=["equals", "levenshtein"])["id"]
    for query in (f"run_ids={one}&run_ids={two}", f"run_ids={one},{two}"):
        found = api.get(f"/v2/evaluate/compare?{query}").body
        assert [run["id"] for run in found["runs"]] == [one, two]
        by_key = {metric["metric_key"]: metric for metric in found["metrics"]}
        assert by_key["equals"]["scores"] == [0.5, 1.0]
        assert by_key["equals"]["differences"] == [0.0, 0.5]
        assert by_key["levenshtein"]["scores"] == [None, 1.0]
        assert by_key["levenshtein"]["differences"] == [None, None]
        assert found["overall_scores"] == [0.5, 1.0]
    twice = problem(api.get(f"/v2/evaluate/compare?run_ids={one}&run_ids={one}"))
    assert "twice" in twice["detail"]
    assert problem(api.get(f"/v2/evaluate/compare?run_ids={one}"))["errors"]
    unknown = problem(api.get(f"/v2/evaluate/compare?run_ids={one}&run_ids=no&run_ids=nor"), 404)
    assert len(unknown["errors"]) == 2


def test_a_project_has_trends_and_totals(api: Api, project: str) -> None:
    for size in (1, 2):
        owner = evaluate(api, project, dataset=ITEMS[:size])["project_id"]
    for period in ("last_7_days", "last_24_hours", "30d", "all", "today"):
        path = f"/v2/evaluate/trends?project_id={owner}&period={period}"
        (point,) = api.get(f"{path}&metrics=equals,fluency").body
        assert (point["metric"], point["score"], point["run_count"]) == ("equals", 0.75, 2)
    assert api.get(f"/v2/evaluate/trends?project_id={owner}&metrics=fluency").body == []
    wrong = problem(
        api.get(f"/v2/evaluate/trends?project_id={owner}&period=last_week&metrics=equal")
    )
    assert [each["pointer"] for each in wrong["errors"]] == ["query:period", "query:metrics"]
    assert wrong["errors"][1]["nearest"] == "equals"
    stats = api.get(f"/v2/evaluate/projects/{owner}/stats").body
    assert (stats["total_runs"], stats["total_items"], stats["average_score"]) == (2, 3, 0.75)
    assert stats["metrics"] == {"equals": 0.75}
    assert [run["total_items"] for run in stats["recent_runs"]] == [2, 1]


def test_metrics_are_listed_and_chosen(api: Api, project: str) -> None:
    templates = {each["key"]: each for each in api.get("/v2/admin/metric-templates").body}
    assert {"equals", "contains", "levenshtein", "regex_match", "hallucination", "answer_relevance",
            "context_precision", "context_recall", "coherence", "fluency", "factual_accuracy",
            "task_adherence", "response_completeness"} <= set(templates)  # fmt: skip
    assert templates["equals"]["category"] == "heuristic"
    assert templates["fluency"]["category"] == "llm"
    owner = api.post("/v2/admin/projects", {"name": project}).body["id"]
    path = f"/v2/admin/projects/{owner}/metrics"
    assert api.get(path).body == []
    chosen = {
        "key": "fluency",
        "display_name": "Flow",
        "template_id": "fluency",
        "value_type": "score",
        "default_enabled": True,
        "default_visible": True,
        "default_weight": 1.0,
    }
    assert api.post(path, chosen).body["display_name"] == "Flow"
    assert [each["display_name"] for each in api.get(path).body] == ["Flow"]
    assert problem(api.post(path, chosen), 409)
    assert problem(api.post(path, {"key": "fluenzy"}))["errors"][0]["nearest"] == "fluency"


def test_a_judge_measures_with_the_key_of_the_request(
    api: Api, project: str, models: ScriptedModels
) -> None:
    result = evaluate(api, project, **judged_by(fluent(models)))
    assert result["aggregate_scores"] == {"fluency": 1.0}
    assert (result["metrics"][0]["engine"], result["tokens_used"]) == ("judge", 30)
    assert {each.headers["authorization"] for each in models.asked} == {f"Bearer {KEY}"}
    assert KEY.encode() not in api.get(f"/v2/evaluate/runs/{result['id']}").content


def test_a_judge_that_talks_nonsense_leaves_reasons_and_a_finished_evaluation(
    api: Api, project: str, models: ScriptedModels
) -> None:
    models.script = lambda question: "who knows" if "Spain" in str(question.body) else FLUENT
    result = evaluate(api, project, **judged_by(models))
    assert (result["status"], result["failed_items"]) == ("completed", 1)
    item = api.get(f"/v2/evaluate/items/{result['id']}:1").body
    assert item["scores"] == {}
    assert item["errors"]["fluency"]


def test_a_judge_that_nobody_answers_for_leaves_reasons_and_a_finished_evaluation(
    api: Api, project: str
) -> None:
    judge = {"base_url": "http://127.0.0.1:9/v1", "model": "judge-1"}
    reply = api.post("/v2/evaluate/", request(project, metrics=["fluency", "equals"], judge=judge))
    assert not any(word in reply.content for word in NOT_FINITE)
    result = reply.body
    assert (result["status"], result["failed_items"]) == ("completed", 3)
    assert (result["aggregate_scores"], result["overall_score"]) == ({"equals": 0.5}, 0.5)
    fluency = result["metrics"][0]
    assert (fluency["scored"], fluency["unscored"], fluency["mean_value"]) == (0, 3, 0.0)


def test_a_stored_integration_judges_without_a_key_in_the_request(
    api: Api, project: str, unique: Callable[[str], str], models: ScriptedModels
) -> None:
    models.script = fixed(FLUENT)
    integration = api.make(
        "/v2/ai-integrations",
        {
            "name": unique("judge"),
            "provider": "custom",
            "base_url": models.url,
            "api_key": "sk-stored",
            "model_names": ["judge-2"],
        },
    )["id"]
    result = evaluate(api, project, metrics=["fluency"], judge={"ai_integration_id": integration})
    assert result["aggregate_scores"] == {"fluency": 1.0}
    assert {each.body["model"] for each in models.asked} == {"judge-2"}
    assert {each.headers["authorization"] for each in models.asked} == {"Bearer sk-stored"}
    refused = api.post(
        "/v2/evaluate/",
        request(project, judge={"ai_integration_id": integration}, openai_api_key=KEY),
    )
    assert problem(refused)["errors"][0]["pointer"] == "/judge/ai_integration_id"


def test_the_same_request_with_a_key_is_one_evaluation(
    api: Api, project: str, unique: Callable[[str], str]
) -> None:
    headers = {"Idempotency-Key": unique("key"), "Prefer": "respond-async"}
    first = api.post("/v2/evaluate/", request(project), **headers)
    again = api.post("/v2/evaluate/", request(project, openai_api_key="sk-new"), **headers)
    assert (first.status, again.status) == (202, 202)
    assert first.body["job_id"] == again.body["job_id"]
    other = api.post("/v2/evaluate/", request(project, metrics=["contains"]), **headers)
    assert "Idempotency-Key" in problem(other, 409)["detail"]
    assert ended(api, first.body["job_id"])["status"] == "completed"
