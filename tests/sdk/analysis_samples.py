"""What servers say of analyses."""

import json
from typing import Any

from sdk.samples import NOW, PROJECT
from sdk.scripted_server import Reply

RUN = "11111111-2222-4333-8444-555555555555"
DATASET = [
    {"input": "What is the capital of France?", "output": "Paris."},
    {"input": "What is 2 + 2?", "output": "=5", "expected": "4"},
]


def accepted(job_type: str = "evaluation", status: str = "queued") -> Reply:
    """A 202."""
    body = {
        **dict.fromkeys(("job_id", "run_id", "batch_id"), RUN),
        "job_type": job_type,
        "status": status,
        "project_id": PROJECT,
        "total_items": 2,
        "message": "it goes on",
    }
    return Reply(202, json=body)


def status(word: str = "running", done: int = 1, **members: Any) -> dict[str, Any]:
    """How far an analysis is."""
    return {
        "job_id": RUN,
        "job_type": "evaluation",
        "status": word,
        "progress_percent": 50.0 * done,
        "current_item": done,
        "total_items": 2,
        "started_at": NOW,
        "finished_at": None if word in {"queued", "running"} else NOW,
        "error": None,
        "estimated_remaining_seconds": 3.0 if word == "running" else 0,
        **members,
    }


def states(*words: Any) -> Any:
    """A route that tells one state after another, and then the last one for ever."""
    left = [word if isinstance(word, dict) else status(word) for word in words]

    def answer(_: Any) -> Reply:
        found = left.pop(0) if len(left) > 1 else left[0]
        return Reply(json=found, headers={"ETag": f'"{len(left)}"'})

    return answer


TIMES = {"error": None, "created_at": NOW, "started_at": NOW, "finished_at": NOW}


def metric(key: str = "equals", **members: Any) -> dict[str, Any]:
    return {
        "metric_key": key,
        "metric_name": key.title(),
        "value_type": "score",
        "mean_value": 0.75,
        "score": 0.75,
        "standard_error": 0.1,
        "scored": 2,
        "unscored": 0,
        "passed": 1,
        "threshold": 0.5,
        "engine": "rules",
        **members,
    }


def evaluation(word: str = "completed", **members: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(("id", "run_id", "job_id"), RUN),
        "project_id": PROJECT,
        "project_name": "my-app",
        "run_name": "nightly",
        "status": word,
        "overall_score": 0.75,
        "aggregate_scores": {"equals": 0.75, "fluency": 0.75},
        "metrics": [metric(), metric("fluency", threshold=None, passed=None, unscored=1)],
        "total_items": 2,
        "evaluated_items": 2,
        "failed_items": 1,
        "tokens_used": 0,
        "metadata": {},
        **TIMES,
        **members,
    }


def item(index: int, **members: Any) -> dict[str, Any]:
    scores = {"equals": 1.0, "fluency": 0.75} if index == 0 else {"equals": 0.25}
    errors = {} if index == 0 else {"fluency": "the judge gave no JSON"}
    return {
        **dict.fromkeys(("id", "item_id"), f"{RUN}:{index}"),
        "run_id": RUN,
        "index": index,
        "context": [],
        "expected": None,
        "overall_score": 1.0 if index == 0 else 0.25,
        "metric_scores": scores,
        "scores": scores,
        "explanations": {"equals": "it is | not the same"},
        "engines": dict.fromkeys(scores, "rules"),
        "errors": errors,
        "metadata": {},
        **DATASET[index % 2],
        **members,
    }


def page(rows: list[Any], name: str = "items", number: int = 1, more: bool = False) -> Reply:
    sizes = {"total": len(rows), "page": number, "page_size": 500, "has_more": more}
    return Reply(json={name: rows, **sizes})


def lines(*rows: Any, cut: bool = False) -> Reply:
    body = "".join(json.dumps(row) + "\n" for row in rows)
    return Reply(body=body.encode(), headers={"Content-Type": "application/x-ndjson"}, cut=cut)


def tag(index: int = 1, decision: str = "fail", **members: Any) -> dict[str, Any]:
    breakdown = {
        **dict.fromkeys(("impact", "risk", "frequency_weight", "deterministic_weight"), 0.5),
        **dict.fromkeys(("judge_weight", "security_weight", "metric_agreement_bonus"), 0.0),
        "disagreement_penalty": 0.0,
        "final_severity": 3.5,
        "final_confidence": 0.9,
        "security_override": False,
    }
    evidence = {
        "item_id": "e1",
        "evidence_type": "wrong_number",
        "description": "a number that is nowhere",
        "source": "output",
        "confidence": 0.9,
        "content_snippet": "5",
        "metadata": {},
    }
    return {
        "tag_id": f"{RUN}:{index}:{decision}",
        "bucket_id": "hallucination",
        "bucket_name": "Hallucination",
        "subcategory_id": "unsupported_number",
        "subcategory_name": "Unsupported number",
        "decision": decision,
        "severity": 3.5 if decision == "fail" else 0.0,
        "confidence": 0.9,
        "detector_type_used": "deterministic",
        "judge_rationale": "5 is nowhere in the context",
        "scoring_breakdown": breakdown,
        "eval_metric_values": {},
        "evidence_items": [evidence] if decision == "fail" else [],
        "item_index": index,
        "is_reviewed": False,
        "reviewed_at": None,
        "issue_url": None,
        **members,
    }


def analysed(index: int) -> dict[str, Any]:
    found = DATASET[index]
    return {
        "item_index": index,
        "input_text": found["input"],
        "output_text": found["output"],
        "input_preview": found["input"],
        "output_preview": found["output"],
        "context": [],
        "tool_calls": [],
        "trace_id": None,
        "failure_count": index,
        "pass_count": 1,
        "unsure_count": 0,
        "max_severity": 3.5 * index,
    }


def failures(word: str = "completed", **members: Any) -> dict[str, Any]:
    summary = {
        "total_failures_detected": 1,
        "total_passes": 1,
        "total_uncertain": 0,
        "overall_severity": 3.5,
        "overall_confidence": 0.9,
        "primary_failure": "unsupported_number",
        "primary_failure_name": "Unsupported number",
        "buckets_affected": ["hallucination"],
        "should_alert": True,
        "should_gate_ci": True,
        "needs_human_review": False,
        "total_items": 2,
        "items_with_failures": 1,
        "items_all_passed": 1,
    }
    return {
        **dict.fromkeys(("run_id", "id"), RUN),
        "status": word,
        "mode": "minimal",
        "input_type": "json",
        "feature_kind": "generic_llm",
        "project_name": "my-app",
        "summary": summary,
        "failure_tags": [tag(), tag(decision="pass")],
        "eval_metrics": {},
        "eval_run_id": None,
        "security_flags": {},
        "security_batch_id": None,
        "detectors_run": ["unsupported_number"],
        "detectors_skipped": [],
        "duration_ms": 12,
        "tokens_used": 0,
        "inputs": [analysed(0), analysed(1)],
        **TIMES,
        **members,
    }


def audited(index: int, *, is_safe: bool = True, **members: Any) -> dict[str, Any]:
    found = [] if is_safe else ["S10"]
    return {
        "id": f"{RUN}:{index}",
        "batch_id": RUN,
        "index": index,
        "user_input": "hello",
        "assistant_response": "hi",
        "is_safe": is_safe,
        "triggered_categories": found,
        "input_safety_categories": [],
        "output_safety_categories": found,
        "risk_score": 0.0 if is_safe else 0.9,
        "explanation": "" if is_safe else "a card number",
        "findings": [],
        "engine": "rules",
        "error": None,
        **members,
    }


def audit(word: str = "completed", **members: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(("id", "audit_id", "batch_id", "job_id"), RUN),
        "project_id": PROJECT,
        "batch_name": None,
        "status": word,
        "total_items": 2,
        "audited_items": 2,
        "unsafe_items": 1,
        "unsafe_count": 1,
        "safe_count": 1,
        "unsafe_rate": 0.5,
        "safety_score": 0.5,
        "triggered_categories": {"S10": 1},
        "top_risk_category": "S10",
        "details": [audited(1, is_safe=False)],
        "tokens_used": 0,
        **TIMES,
        **members,
    }


def attack(number: int, word: str = "pending", **members: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(("id", "attack_id"), f"{RUN}:{number}"),
        "run_id": RUN,
        "attack_vector": "rot13",
        "attack_vector_name": "ROT13",
        "prompt": f"attack {number}",
        "full_input": f"attack {number}",
        "response": "",
        "full_response": "",
        "status": word,
        "succeeded": word == "succeeded",
        "vulnerability": "S10",
        "vulnerability_name": "Privacy Violations",
        "severity": "high",
        "explanation": "the canary is in the answer" if word == "succeeded" else "",
        "evidence": "",
        "error": None,
        **members,
    }


def red_team(word: str = "completed", **members: Any) -> dict[str, Any]:
    vector = {"key": "rot13", "name": "ROT13", "attacks": 2, "successful": 1, "success_rate": 0.5}
    return {
        **dict.fromkeys(("id", "run_id", "job_id"), RUN),
        "project_id": PROJECT,
        "name": "red team",
        "status": word,
        "total_attacks": 3,
        "answered_attacks": 2,
        "failed_attacks": 1,
        "successful_attacks": 1,
        "success_rate": 0.5,
        "distinct_vulns_count": 1,
        "top_vulnerability": "S10",
        "vectors": [vector],
        "target_url": None,
        "target_prompt": None,
        **TIMES,
        **members,
    }
