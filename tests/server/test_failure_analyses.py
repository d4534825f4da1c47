"""Failure analyses over HTTP: what is asked for, what is found, and every way of looking at it."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest

from evalwright_server.failures import KINDS
from scripted_models import Question, ScriptedModels, fixed
from server.client import Api
from server.failure_analyses import (
    CONTEXT,
    FAMILY,
    ITEMS,
    PLAIN,
    analyse,
    begin,
    decisions,
    ended,
    fetch,
    problem,
)

KEY = "sk-of-this-request-0123456789"


@pytest.fixture
def project(unique: Callable[[str], str]) -> str:
    """The name of a project that nobody has made."""
    return unique("project")


def test_an_analysis_is_answered_with_what_it_found(api: Api, project: str) -> None:
    result = analyse(api, project)
    assert result["id"] == result["run_id"]
    assert (result["status"], result["project_name"]) == ("completed", project)
    assert (result["mode"], result["input_type"]) == ("full", "json")
    assert result["feature_kind"] == "generic_llm"
    found = decisions(result["failure_tags"])
    assert found[0, "wrong_number"] == "fail"
    assert found[1, "empty_output"] == "fail"
    assert not any(item == 2 for item, _ in found)
    summary = result["summary"]
    assert (summary["total_items"], summary["items_with_failures"]) == (3, 2)
    assert summary["total_failures_detected"] == 2
    assert summary["primary_failure"] in {"wrong_number", "empty_output"}
    assert summary["should_gate_ci"]
    assert [each["failure_count"] for each in result["inputs"]] == [1, 1, 0]
    assert result["inputs"][0]["context"] == CONTEXT
    assert result["inputs"][0]["input_preview"] == ITEMS[0]["input"]
    assert result["eval_run_id"] is None
    assert result["tokens_used"] == 0


def test_a_tag_quotes_what_is_wrong_and_says_how_bad_that_is(api: Api, project: str) -> None:
    tags = {tag["subcategory_id"]: tag for tag in analyse(api, project)["failure_tags"]}
    tag = tags["wrong_number"]
    assert (tag["bucket_id"], tag["bucket_name"]) == ("hallucination", "Hallucination")
    assert (tag["subcategory_name"], tag["item_index"]) == ("Wrong Number", 0)
    assert "1967" in tag["judge_rationale"]
    evidence = tag["evidence_items"][0]
    start = evidence["metadata"]["start"]
    assert ITEMS[0]["output"][start:].startswith(evidence["content_snippet"])
    breakdown = tag["scoring_breakdown"]
    assert breakdown["final_severity"] == tag["severity"]
    assert breakdown["final_confidence"] == tag["confidence"]
    assert (tag["is_reviewed"], tag["reviewed_at"], tag["issue_url"]) == (False, None, None)


def test_what_was_not_looked_for_has_a_reason(api: Api, project: str) -> None:
    """Every kind was either looked for or skipped; those that only a judge can tell among these."""
    result = analyse(api, project)
    skipped = {each["subcategory_id"]: each["reason"] for each in result["detectors_skipped"]}
    assert {*skipped, *result["detectors_run"]} == set(KINDS)
    assert "task_adherence" in skipped["ignored_instruction"]
    assert "security audit" in skipped["harmful_content"]
    assert "tool_calls" in skipped["failed_tool_call"] or "kind" in skipped["failed_tool_call"]


def test_metrics_and_an_audit_take_part_unless_they_are_not_wanted(api: Api, project: str) -> None:
    """A judge that is not there is the reason for what only a judge can tell."""
    items = [*ITEMS, {"input": "My card?", "output": "It is 4111 1111 1111 1111."}]
    result = analyse(api, project, dataset=items, run_eval=True, run_security=True)
    assert result["security_flags"] == {"S10": 1}
    found = decisions(result["failure_tags"])
    assert found[3, "personal_data"] == "fail"
    assert found.get((2, "off_topic")) is None
    assert 0 <= result["eval_metrics"]["fluency"] <= 1
    skipped = {each["subcategory_id"]: each["reason"] for each in result["detectors_skipped"]}
    assert "judge" in skipped["ignored_instruction"] or "pip" in skipped["ignored_instruction"]


def test_what_is_mandatory_is_measured_in_any_case(api: Api, project: str) -> None:
    items = [{"input": "Card?", "output": "4111 1111 1111 1111"}]
    result = analyse(
        api,
        project,
        dataset=items,
        mandatory_eval_metrics=["fluency"],
        mandatory_security_categories=["S10"],
    )
    assert set(result["eval_metrics"]) == {"fluency"}
    assert result["security_flags"] == {"S10": 1}
    skipped = {each["subcategory_id"] for each in result["detectors_skipped"]}
    assert "harmful_content" in skipped
    assert "personal_data" not in skipped


def test_only_what_is_asked_for_is_looked_for(api: Api, project: str) -> None:
    result = analyse(api, project, buckets=["completeness"])
    assert {KINDS[kind].id for kind in result["detectors_run"]} <= {
        "empty_output", "truncated_output", "missing_entries", "partial_answer",
    }  # fmt: skip
    result = analyse(api, project, subcategories=["wrong_number"], feature_kind="agentic_rag")
    assert result["detectors_run"] == ["wrong_number"]
    assert result["feature_kind"] == "agentic_rag"


def test_a_judge_gives_its_rationale(api: Api, project: str, models: ScriptedModels) -> None:
    """What only a judge can tell is told by it, in its own words; its tokens count."""
    kept = {"requirement": "answer the question", "is_met": True}
    broken = {"requirement": "be polite", "is_met": False}

    def script(question: Question) -> str:
        return json.dumps({"requirements": [broken, broken, kept]})

    models.script = script
    result = analyse(
        api,
        project,
        dataset=[{"input": "Be polite. What time is it?", "output": "Look at your own clock."}],
        run_eval=True,
        subcategories=["ignored_instruction"],
        judge={"base_url": models.url, "model": "judge-1"},
        openai_api_key=KEY,
    )
    (tag,) = result["failure_tags"]
    assert (tag["decision"], tag["detector_type_used"]) == ("fail", "llm_judge")
    assert "be polite" in tag["judge_rationale"]
    assert result["tokens_used"] == 10
    assert KEY not in json.dumps(result)


def test_a_dead_judge_is_the_reason_for_what_is_not_known(
    api: Api, project: str, models: ScriptedModels
) -> None:
    models.script = fixed("no JSON at all")
    result = analyse(
        api,
        project,
        run_eval=True,
        judge={"base_url": models.url, "model": "judge-1"},
        openai_api_key=KEY,
    )
    assert result["status"] == "completed"
    assert decisions(result["failure_tags"])[1, "empty_output"] == "fail"
    skipped = {each["subcategory_id"]: each["reason"] for each in result["detectors_skipped"]}
    assert "can't be used" in skipped["ignored_instruction"]


def test_an_analysis_can_be_asked_about_under_its_id(api: Api, project: str) -> None:
    result = analyse(api, project)
    uid = result["run_id"]
    assert fetch(api, f"/runs/{uid}") == result
    assert fetch(api, f"/runs/{uid}/inputs") == {"inputs": result["inputs"]}
    shown = ended(api, uid)
    assert (shown["job_type"], shown["progress_percent"]) == ("failure_analysis", 100.0)
    cancelled = api.post(f"{FAMILY}/runs/{uid}/cancel").body
    assert cancelled["status"] == "completed"


def test_tags_can_be_narrowed(api: Api, project: str) -> None:
    uid = analyse(api, project)["run_id"]
    everything = fetch(api, f"/runs/{uid}/tags")["tags"]
    passed = fetch(api, f"/runs/{uid}/tags?decision=pass")["tags"]
    failed = fetch(api, f"/runs/{uid}/tags?decision=fail")["tags"]
    assert len(failed) == 2
    assert {tag["severity"] for tag in passed} == {0}
    assert len(everything) >= len(passed) + len(failed)
    of_bucket = fetch(api, f"/runs/{uid}/tags?bucket_id=hallucination&decision=fail")["tags"]
    assert [tag["subcategory_id"] for tag in of_bucket] == ["wrong_number"]
    assert fetch(api, f"/runs/{uid}/tags?min_severity=5")["tags"] == []
    reply = api.get(f"{FAMILY}/runs/{uid}/tags?decision=fial&bucket_id=halucination")
    errors = problem(reply)["errors"]
    assert [error["nearest"] for error in errors] == ["fail", "hallucination"]


def test_a_tag_is_reviewed_and_linked(api: Api, project: str) -> None:
    """The time of the review stays when it is said again; an empty URL unlinks."""
    tag_id = analyse(api, project)["failure_tags"][0]["tag_id"]
    path = f"{FAMILY}/tags/{tag_id}"
    changed = api.patch(path, {"is_reviewed": True, "issue_url": "https://example.com/1"}).body
    assert (changed["tag_id"], changed["is_reviewed"]) == (tag_id, True)
    assert changed["issue_url"] == "https://example.com/1"
    assert datetime.fromisoformat(changed["reviewed_at"]).tzinfo is not None
    again = api.patch(path, {"is_reviewed": True, "issue_url": ""}).body
    assert (again["reviewed_at"], again["issue_url"]) == (changed["reviewed_at"], None)
    undone = api.patch(path, {"is_reviewed": False}).body
    assert (undone["is_reviewed"], undone["reviewed_at"]) == (False, None)
    wrong = problem(api.patch(path, {"issue_url": "javascript:alert(1)"}))
    assert wrong["errors"][0]["pointer"] == "/issue_url"


@pytest.mark.parametrize("tag_id", ["nothing", "a:0:wrong_number", "::", "a:b:c"])
def test_a_tag_that_is_not_there(api: Api, tag_id: str) -> None:
    problem(api.patch(f"{FAMILY}/tags/{tag_id}", {"is_reviewed": True}), 404)


def test_a_tag_of_another_kind_of_failure_is_not_there(api: Api, project: str) -> None:
    uid = analyse(api, project)["run_id"]
    for end in ("0:no_such_kind", "7:wrong_number"):
        problem(api.patch(f"{FAMILY}/tags/{uid}:{end}", {"is_reviewed": True}), 404)


def test_analyses_are_listed_and_counted(api: Api, project: str) -> None:
    uids = [analyse(api, project)["run_id"] for _ in range(2)]
    page = fetch(api, f"/runs?project_name={project}&page_size=1")
    assert (page["total"], page["page"], page["page_size"], page["has_more"]) == (2, 1, 1, True)
    (row,) = page["items"]
    assert row["run_id"] == uids[1]
    assert (row["dataset_item_count"], row["total_failures_detected"]) == (3, 2)
    assert (row["minimal_mode"], row["has_security_issues"]) == (False, False)
    assert fetch(api, f"/runs/count?project_name={project}") == {"count": 2}
    assert fetch(api, "/runs/count")["count"] >= 2
    assert fetch(api, "/runs/count?project_name=nobody's")["count"] == 0
    assert fetch(api, f"/runs?project_name={project}&status=completed")["total"] == 2
    assert fetch(api, f"/runs?project_name={project}&status=running")["total"] == 0
    assert project in fetch(api, "/projects")["projects"]
    nearest = problem(api.get(f"{FAMILY}/runs?status=complete"))["errors"][0]["nearest"]
    assert nearest == "completed"


def test_one_that_nobody_waits_for_is_told_by_its_id(api: Api, project: str) -> None:
    uid = begin(api, project)
    assert ended(api, uid)["status"] == "completed"
    assert fetch(api, f"/runs/{uid}")["summary"]["total_failures_detected"] == 2


def test_one_that_has_not_begun_is_empty_and_can_be_cancelled(
    idle: Api, unique: Callable[[str], str]
) -> None:
    """On a server without workers, nothing ever begins."""
    uid = begin(idle, unique("project"))
    unfinished = fetch(idle, f"/runs/{uid}")
    assert (unfinished["status"], unfinished["failure_tags"]) == ("queued", [])
    assert unfinished["summary"]["total_items"] == 0
    assert [each["failure_count"] for each in unfinished["inputs"]] == [0, 0, 0]
    assert fetch(idle, "/runs")["items"][0]["status"] == "queued"
    assert idle.post(f"{FAMILY}/runs/{uid}/cancel").body["status"] == "cancelled"
    assert fetch(idle, f"/runs/{uid}")["status"] == "cancelled"


def test_the_same_key_starts_one_analysis(api: Api, project: str) -> None:
    body = {"project_name": project, "dataset": ITEMS, **PLAIN}
    first, second = (
        api.post(f"{FAMILY}/analyze", body, **{"Idempotency-Key": f"key of {project}"}).body
        for _ in range(2)
    )
    assert first["run_id"] == second["run_id"]
    other = {**body, "dataset": ITEMS[:1]}
    reply = api.post(f"{FAMILY}/analyze", other, **{"Idempotency-Key": f"key of {project}"})
    problem(reply, 409)


def test_tool_calls_of_other_frameworks_are_understood(api: Api, project: str) -> None:
    call = {"type": "function", "function": {"name": "pay", "arguments": "{broken"}, "output": {}}
    failed = {"tool_name": "look", "args": {"a": 1}, "exception": "timed out"}
    items = [{"input": "Pay.", "output": "It is done now.", "tool_calls": [call, failed]}]
    result = analyse(api, project, dataset=items)
    found = decisions(result["failure_tags"])
    assert found[0, "invalid_arguments"] == "fail"
    assert found[0, "failed_tool_call"] == "fail"
    assert result["feature_kind"] == "agent"
    assert result["inputs"][0]["tool_calls"][1]["name"] == "look"


def test_a_long_answer_is_the_same_in_pieces(api: Api, project: str) -> None:
    """More than 500 items: what is sent as it is read is what stands in short answers."""
    items = [*ITEMS, *([ITEMS[2]] * 640), ITEMS[1]]
    options = {"buckets": ["completeness"], "dataset": items}
    uid = begin(api, project, **options)
    assert ended(api, uid)["status"] == "completed"
    result = fetch(api, f"/runs/{uid}")
    found = decisions(result["failure_tags"])
    assert found == {(1, "empty_output"): "fail", (643, "empty_output"): "fail"}
    assert [each["item_index"] for each in result["inputs"]] == list(range(len(items)))
    assert fetch(api, f"/runs/{uid}/inputs")["inputs"] == result["inputs"]
    failed = fetch(api, f"/runs/{uid}/tags?decision=fail")["tags"]
    assert failed == result["failure_tags"]
    assert fetch(api, f"/runs/{uid}/tags?min_severity=5")["tags"] == []
    short = analyse(api, project, buckets=["completeness"])
    assert result.keys() == short.keys()
