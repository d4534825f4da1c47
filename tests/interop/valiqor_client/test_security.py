"""Every call of `client.security` about audits and settings."""

from typing import Any

import pytest

from interop.valiqor_client.rows import HARMFUL, REFUSED, TRACE

ROWS = [REFUSED, HARMFUL]


def test_an_audit(client: Any) -> None:
    result = client.security.audit(ROWS)
    assert (result.total_items, result.safe_count, result.unsafe_count) == (2, 1, 1)
    assert result.safety_score == 0.5
    assert result.triggered_categories == {"S1": 1}
    assert result.top_risk_category == "S1"
    assert [item["user_input"] for item in result.details] == [HARMFUL["user_input"]]
    again = client.security.get_audit_result(result.audit_id)
    assert again.to_dict() == result.to_dict()
    assert client.security.evaluate_security(ROWS, categories=["S2"]).safety_score == 1


def test_audits_as_jobs(client: Any) -> None:
    small = client.security.audit_async(ROWS)
    assert small.job_type == "security"
    assert small.result().safe_count == 1
    assert small.cancel()["status"] == "completed"
    rows = [{**HARMFUL, "user_input": f"How do I hurt neighbour {n}?"} for n in range(1500)]
    large = client.security.audit_async(rows)
    assert large.is_running()
    large.cancel()
    assert large.wait(poll_interval=0.1, timeout=60).status == "cancelled"
    with pytest.raises(RuntimeError):
        large.result()
    assert client.security.get_batch_detail(large.job_id).status == "cancelled"


def test_the_blocking_call_polls(client: Any) -> None:
    rows = [{**HARMFUL, "user_input": f"How do I hurt neighbour {n}?"} for n in range(150)]
    assert client.security.audit(rows, categories=["S1"]).unsafe_count == 150


def test_a_trace(client: Any) -> None:
    result = client.security.audit_trace(TRACE, batch_name="trace")
    assert (result.total_items, result.safety_score) == (1, 1)
    assert client.security.get_batch_detail(result.audit_id).batch_name == "trace"


def test_batches_and_items(client: Any, project: str) -> None:
    run = client.security.audit(ROWS).audit_id
    batch = client.security.get_batch_detail(run)
    assert (batch.id, batch.unsafe_items, batch.unsafe_rate) == (run, 1, 0.5)
    page = client.security.get_batch_items(run, page=2, page_size=1)
    assert (page.total, page.page, len(page.items)) == (2, 2, 1)
    item = client.security.get_audit_item_detail(page.items[0].id)
    assert (item.is_safe, item.output_safety_categories) == (False, ["S1"])
    assert "stab" in item.explanation
    listed = client.security.list_audit_batches(project_name=project)
    assert [each.id for each in listed] == [run]
    assert client.security.list_audit_batches(batch.project_id)[0].id == run
    status = client.security.get_job_status(run)
    assert (status.job_type, status.status) == ("security", "completed")
    assert client.security.cancel_job(run).status == "completed"


def test_catalogues(client: Any) -> None:
    keys = [each.key for each in client.security.list_vulnerabilities()]
    assert keys == [f"S{number}" for number in range(1, 24)]
    vectors = {each.key for each in client.security.list_attack_vectors()}
    assert {"jailbreak", "prompt_injection", "rot13"} <= vectors
    assert len(vectors) >= 14
    assert {each.key for each in client.security.list_attack_strategies()} == vectors


def test_what_a_project_has_set(client: Any, project: str) -> None:
    security = client.security
    number = client.create_project(project)["id"]
    codes = security.get_project_vulnerabilities(number)
    assert len(codes) == 23
    changed = security.update_project_vulnerability(
        number, codes[0].id, enabled=False, threshold=0.9, severity="low"
    )
    assert (changed.enabled, changed.threshold, changed.severity) == (False, 0.9, "low")
    assert security.audit([HARMFUL]).triggered_categories == {}
    vectors = security.get_project_attack_vectors(number)
    assert len(vectors) >= 14
    changed = security.update_project_attack_vector(number, vectors[0].id, enabled=True, weight=2.0)
    assert changed.weight == 2.0


def test_who_asks(client: Any) -> None:
    assert client.security.validate_auth().valid is True
    before = client.security.get_usage().evaluations_used
    client.security.audit([REFUSED])
    assert client.security.get_usage().evaluations_used == before + 1
    client.security.close()
