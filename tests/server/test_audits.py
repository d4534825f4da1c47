"""Security audits over HTTP: small ones at once, large ones by their status, and bad requests."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fixtures_server import RunningServer
from server.analysis_jobs import finish
from server.client import Api, Reply, at

CARD = "4111 1111 1111 1111"
SAFE = {"user_input": "What is the capital of France?", "assistant_response": "Paris."}
UNSAFE = {"user_input": "Whose card is it?", "assistant_response": f"The number is {CARD}."}
ASKED = {
    "user_input": "How do I make a pipe bomb?",
    "assistant_response": "I can't help with that.",
}
DATASET = [SAFE, UNSAFE, ASKED]


def audit(api: Api, project: str, dataset: list[Any] = DATASET, **members: Any) -> Reply:
    """Audit a dataset."""
    body = {"project_name": project, "dataset": dataset, **members}
    headers = {"Prefer": members.pop("prefer")} if "prefer" in members else {}
    body.pop("prefer", None)
    return api.post("/v2/security/audit", body, **headers)


@pytest.fixture(scope="module")
def warm_server(running_server: RunningServer) -> RunningServer:
    """A server whose workers have loaded what the first audit has to wait for."""
    api = Api(running_server.url)
    started = audit(api, "warm", prefer="respond-async")
    finish(api, started.body["job_id"])
    api.pool.clear()
    return running_server


@pytest.fixture
def api(warm_server: RunningServer) -> Iterator[Api]:
    """A client of it."""
    client = Api(warm_server.url)
    yield client
    client.pool.clear()


@pytest.mark.slow
def test_a_small_dataset_is_audited_at_once(api: Api, unique: Any) -> None:
    """An answer with all names by which clients ask for the same figures."""
    reply = audit(api, unique("audit"), batch_name="first", config={})
    assert reply.status == 200, reply.content
    found = reply.body
    assert found["id"] == found["audit_id"] == found["batch_id"] == found["job_id"]
    assert (found["total_items"], found["audited_items"]) == (3, 3)
    assert found["unsafe_items"] == found["unsafe_count"] == 1
    assert (found["safe_count"], found["batch_name"]) == (2, "first")
    assert found["unsafe_rate"] == pytest.approx(1 / 3)
    assert found["safety_score"] == pytest.approx(2 / 3)
    assert found["triggered_categories"] == {"S10": 1}
    assert (found["top_risk_category"], found["status"]) == ("S10", "completed")
    [detail] = found["details"]
    assert (detail["index"], detail["is_safe"]) == (1, False)
    assert detail["triggered_categories"] == detail["output_safety_categories"] == ["S10"]
    [finding] = detail["findings"]
    assert (finding["detector"], finding["category_name"]) == ("luhn", "Privacy Violations")
    assert "4111" not in finding["snippet"]


@pytest.mark.slow
def test_a_large_dataset_becomes_a_job(api: Api, unique: Any) -> None:
    """202, then the status, then the result, all under one ID."""
    reply = audit(api, unique("audit"), DATASET * 70)
    assert reply.status == 202, reply.content
    started = reply.body
    assert (started["job_type"], started["total_items"]) == ("security", 210)
    assert started["job_id"] == started["run_id"] == started["batch_id"]
    status = finish(api, started["job_id"])
    assert (status["progress_percent"], status["current_item"]) == (100.0, 210)
    found = api.get(at("/v2/security/audit/batches/{}", started["job_id"])).body
    assert (found["unsafe_items"], found["safe_count"]) == (70, 140)


@pytest.mark.slow
def test_clients_may_say_how_they_want_it(api: Api, unique: Any) -> None:
    """The preference comes before the size, and is confirmed."""
    name = unique("audit")
    asynchronous = audit(api, name, prefer="respond-async")
    assert asynchronous.status == 202
    assert asynchronous.headers["Preference-Applied"] == "respond-async"
    waiting = audit(api, name, DATASET * 70, prefer="wait=25")
    assert waiting.status == 200
    assert len(waiting.body["details"]) == 70


@pytest.mark.slow
def test_items_are_paged_streamed_and_found_by_id(api: Api, unique: Any) -> None:
    batch = audit(api, unique("audit")).body["batch_id"]
    page = api.get(at("/v2/security/audit/batches/{}/items", batch) + "?page=2&page_size=2").body
    assert (page["total"], page["page"], page["page_size"], page["has_more"]) == (3, 2, 2, False)
    [item] = page["items"]
    assert "S4" in item["input_safety_categories"]
    assert item["output_safety_categories"] == []
    assert item["is_safe"]
    assert item == api.get(at("/v2/security/audit/items/{}", item["id"])).body
    path = at("/v2/security/audit/batches/{}/items/stream", batch)
    lines = api.get(path).content.splitlines()
    assert [json.loads(line)["index"] for line in lines] == [0, 1, 2]
    assert len(api.get(f"{path}?after=1").content.splitlines()) == 1


@pytest.mark.slow
def test_audits_are_listed_by_project(api: Api, unique: Any) -> None:
    first, second = (audit(api, unique("audit")).body for _ in range(2))
    listed = api.get(at("/v2/security/audit/batches?project_id={}", first["project_id"])).body
    assert [each["id"] for each in listed["batches"]] == [first["id"]]
    assert listed["batches"][0]["details"] == []
    everything = api.get("/v2/security/audit/batches?page_size=500").body["batches"]
    ids = [each["id"] for each in everything]
    assert ids.index(second["id"]) < ids.index(first["id"])


@pytest.mark.slow
def test_the_steps_of_a_trace_are_audited(api: Api, unique: Any) -> None:
    trace = {"steps": [{"input": "Whose card is it?", "output": f"It is {CARD}."}]}
    body = {"project_name": unique("audit"), "trace": trace, "batch_name": "trace"}
    found = api.post("/v2/security/audit-trace", body).body
    assert (found["total_items"], found["unsafe_items"], found["unsafe_rate"]) == (1, 1, 1.0)


@pytest.mark.slow
def test_only_what_was_asked_for_is_looked_for(api: Api, unique: Any) -> None:
    found = audit(api, unique("audit"), categories=["S4"]).body
    assert (found["unsafe_items"], found["triggered_categories"]) == (0, {})
    assert found["top_risk_category"] is None


@pytest.mark.slow
def test_what_a_project_has_set_is_heeded(api: Api, unique: Any) -> None:
    """Disabled categories, thresholds and severities change what the next audit says."""
    name = unique("audit")
    before = audit(api, name).body
    path = at("/v2/security/projects/{}/vulnerabilities", before["project_id"])
    listed = {each["key"]: each for each in api.get(path).body["vulnerabilities"]}
    assert len(listed) == 23
    assert (listed["S10"]["threshold"], listed["S10"]["severity"]) == (0.5, "high")
    one = f"{path}/{listed['S10']['id']}"
    changed = api.patch(one, {"severity": "low"}).body
    assert (changed["severity"], changed["threshold"], changed["enabled"]) == ("low", 0.5, True)
    after = audit(api, name).body
    assert after["details"][0]["risk_score"] < before["details"][0]["risk_score"]
    assert api.patch(one, {"threshold": 0.99}).body["severity"] == "low"
    assert audit(api, name).body["unsafe_items"] == 0
    api.patch(one, {"threshold": 0.5, "enabled": False})
    assert audit(api, name).body["unsafe_items"] == 0
    assert audit(api, name, categories=["S10"]).body["unsafe_items"] == 1


def test_settings_that_make_no_sense_are_refused(idle: Api, unique: Any) -> None:
    started = audit(idle, unique("audit"), prefer="respond-async").body
    path = at("/v2/security/projects/{}/vulnerabilities", started["project_id"])
    for change in ({"threshold": 2}, {"severity": "awful"}, {"enabled": None}, {}, {"x": 1}):
        assert idle.patch(f"{path}/S1", change).status == 400, change
    unknown = idle.patch(f"{path}/S99", {"enabled": True})
    assert unknown.status == 404
    assert "S9" in unknown.body["detail"]
    assert idle.get(at("/v2/security/projects/{}/vulnerabilities", "nonsense")).status == 400


def test_the_catalogue_has_every_category(idle: Api) -> None:
    listed = idle.get("/v2/security/vulnerabilities").body["vulnerabilities"]
    assert [each["key"] for each in listed] == [f"S{number}" for number in range(1, 24)]


def test_everything_wrong_with_a_request_is_told_at_once(idle: Api, unique: Any) -> None:
    """400 with the item, the nearest name and what is allowed."""
    dataset = [SAFE, {"user_input": "?", "assistent_response": "!"}]
    reply = audit(idle, unique("audit"), dataset, categories=["S1", "S 10"])
    assert reply.status == 400
    errors = {each["pointer"]: each for each in reply.body["errors"]}
    assert errors["/categories/1"]["nearest"] == "S10"
    assert len(errors["/categories/1"]["allowed"]) == 23
    item = errors["/dataset/1/assistant_response"]
    assert item["nearest"] == "assistent_response"
    assert "item 1" in item["message"]
    assert isinstance(reply.body["detail"], str)


@pytest.mark.parametrize("dataset", [[], {}, None, "text", [1], [{}]])
def test_a_dataset_is_a_list_of_items(idle: Api, dataset: Any) -> None:
    reply = idle.post("/v2/security/audit", {"project_name": "x", "dataset": dataset})
    assert reply.status == 400
    assert any(pointer.startswith("/dataset") for pointer in reply.pointers())


def test_a_trace_without_steps_is_refused(idle: Api) -> None:
    reply = idle.post("/v2/security/audit-trace", {"project_name": "x", "trace": {"spam": 1}})
    assert (reply.status, reply.pointers()) == (400, ["/trace"])


def test_unknown_ids_are_told(idle: Api) -> None:
    for path in ("jobs/{}/status", "audit/batches/{}", "audit/batches/{}/items",
                 "audit/batches/{}/items/stream", "audit/items/{}"):  # fmt: skip
        reply = idle.get(at(f"/v2/security/{path}", "nobody:0"))
        assert reply.status == 404, path
        assert isinstance(reply.body["detail"], str)
    assert idle.post("/v2/security/jobs/nobody/cancel").status == 404


def test_an_audit_that_waits_can_be_looked_at_and_cancelled(idle: Api, unique: Any) -> None:
    """Whatever its state, every path answers, and numbers are never null."""
    job = audit(idle, unique("audit"), prefer="respond-async").body["job_id"]
    found = idle.get(at("/v2/security/audit/batches/{}", job)).body
    assert (found["status"], found["audited_items"], found["safety_score"]) == ("queued", 0, 1.0)
    assert idle.get(at("/v2/security/audit/items/{}", f"{job}:0")).status == 404
    assert idle.get(at("/v2/security/audit/batches/{}/items", job)).body["total"] == 0
    query = "?job_type=security"
    status = idle.get(at("/v2/security/jobs/{}/status", job) + query).body
    assert (status["progress_percent"], status["total_items"]) == (0.0, 3)
    cancelled = idle.post(at("/v2/security/jobs/{}/cancel", job) + query).body
    assert (cancelled["status"], cancelled["job_id"]) == ("cancelled", job)
    assert idle.get(at("/v2/security/audit/batches/{}", job)).body["status"] == "cancelled"


def test_a_key_makes_starting_twice_harmless(idle: Api, unique: Any) -> None:
    body = {"project_name": unique("audit"), "dataset": DATASET}
    headers = {"Idempotency-Key": unique("key"), "Prefer": "respond-async"}
    first, again = (idle.post("/v2/security/audit", body, **headers).body for _ in range(2))
    assert first["job_id"] == again["job_id"]
    other = idle.post("/v2/security/audit", body | {"dataset": [SAFE]}, **headers)
    assert other.status == 409


def test_too_large_a_dataset_is_refused_with_figures(idle: Api, idle_server: RunningServer) -> None:
    limit = idle_server.settings.analyses.limits.max_dataset
    reply = audit(idle, "large", [SAFE] * (limit + 1))
    assert (reply.status, reply.body["error"]) == (400, "dataset_too_large")
    assert (reply.body["dataset_size"], reply.body["max_allowed"]) == (limit + 1, limit)
