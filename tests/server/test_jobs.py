"""Jobs that nobody starts: submitted, seen, cancelled. The server has no workers."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtures_server import RunningServer, server_settings, serving
from server.client import Api
from server.jobs import PRINT, code_hash, details, input_hash, result, submit


@pytest.fixture
def api(idle: Api) -> Api:
    """A server without workers."""
    return idle


@pytest.fixture
def key() -> str:
    """An idempotency key of this test's own."""
    return f"key-{uuid.uuid4().hex}"


def test_a_job_is_pending_once_and_queued_whenever_it_is_asked_for(api: Api) -> None:
    first = api.post("/execute/async", {"code": PRINT})
    assert (first.status, first.body["status"]) == (200, "pending")
    job = first.body["job_id"]
    assert str(uuid.UUID(job)) == job
    for path in (f"/jobs/{job}", f"/jobs/{job}/result", f"/executions/{job}"):
        assert (api.get(path).status, api.get(path).body["status"]) == (200, "queued")
    assert api.get(f"/v2/runs/{job}").body["state"] == "queued"
    assert api.get(f"/v2/runs?ids={job}").body["runs"][0]["id"] == job


def test_a_poll_has_what_the_wire_says_and_no_output(api: Api) -> None:
    polled = api.get(f"/jobs/{submit(api)}").body
    assert set(polled) == {
        "job_id",
        "status",
        "created_at",
        "started_at",
        "duration_ms",
        "queue_position",
    }
    assert polled["created_at"].endswith("+00:00")


def test_the_place_in_the_queue_counts_those_ahead(api: Api) -> None:
    jobs = [submit(api) for _ in range(3)]
    places = [api.get(f"/jobs/{job}").body["queue_position"] for job in jobs]
    assert places == [places[0], places[0] + 1, places[0] + 2]
    api.post(f"/jobs/{jobs[0]}/cancel")
    assert api.get(f"/jobs/{jobs[2]}").body["queue_position"] == places[1]
    assert api.get(f"/jobs/{jobs[0]}").body["queue_position"] is None


def test_a_result_that_is_not_there_yet_is_an_empty_record(api: Api) -> None:
    record = api.get(f"/jobs/{submit(api)}/result").body
    assert (record["stdout"], record["stderr"]) == ("", "")
    missing = ("output", "error", "timing", "exit_code", "started_at", "ended_at", "duration_ms")
    assert [record[name] for name in missing] == [None] * len(missing)
    assert (record["job_type"], record["job_version"]) == ("default", "default@latest")
    assert "resource_usage" not in record


def test_the_full_view_never_has_null_where_clients_look_inside(api: Api) -> None:
    given = {"b": [1.5, None], "a": "ü"}
    job = submit(api, input_data=given)
    for _ in range(2):
        shown = details(api, job)
        hashes = {"code_hash": code_hash(PRINT), "input_hash": input_hash(given)}
        assert shown["resource_usage"] == {}
        assert shown["content_hashes"] == hashes
        assert shown | hashes == shown
        assert (shown["artifacts"], shown["artifacts_left_out"]) == ([], [])
        assert "parent_execution_id" not in shown
        assert "relationship" not in shown
        assert [each["name"] for each in shown["input_artifacts"]] == ["_code.py", "_input.json"]
        api.post(f"/jobs/{job}/cancel")


def test_an_input_keeps_all_its_digits(api: Api) -> None:
    body = b'{"code": "x", "input_data": {"n": 170141183460469231731687303715884105727}}'
    job = api.send("POST", "/execute/async", content=body).body["job_id"]
    given = {"n": 170141183460469231731687303715884105727}
    assert details(api, job)["content_hashes"]["input_hash"] == input_hash(given)


@pytest.mark.parametrize(
    "query", ["timeout=1", "wait=true&timeout=1", "wait=True&timeout=1.0", "view=full&timeout=1"]
)
def test_a_wait_that_runs_out_leaves_the_job_alone(api: Api, query: str) -> None:
    job = submit(api)
    refused = api.get(f"/jobs/{job}/result?{query}")
    assert (refused.status, refused.body["detail"]) == (408, "Timeout waiting for job")
    assert api.get(f"/jobs/{job}").body["status"] == "queued"


@pytest.mark.parametrize("query", ["", "?wait=false", "?wait=false&timeout=30", "?view=full"])
def test_without_a_wait_the_answer_comes_at_once(api: Api, query: str) -> None:
    assert api.get(f"/jobs/{submit(api)}/result{query}").body["status"] == "queued"


def test_a_poll_is_held_until_the_job_has_ended(api: Api) -> None:
    job = submit(api)
    with ThreadPoolExecutor() as pool:
        held = pool.submit(lambda: api.get(f"/jobs/{job}", Prefer="wait=25"))
        waiting = pool.submit(result, api, job)
        api.post(f"/jobs/{job}/cancel")
        assert held.result().body["status"] == "cancelled"
        assert held.result().headers["Preference-Applied"] == "wait=25"
        assert waiting.result()["status"] == "cancelled"


def test_a_poll_with_a_tag_tells_news_only(api: Api) -> None:
    job = submit(api)
    tag = api.get(f"/jobs/{job}?view=full").headers["ETag"]
    same = {"If-None-Match": tag}
    assert api.get(f"/jobs/{job}?view=full", **same).status == 304
    assert api.get(f"/jobs/{job}?view=full", **same, Prefer="wait=1").status == 304
    with ThreadPoolExecutor() as pool:
        held = pool.submit(lambda: api.get(f"/jobs/{job}?view=full", **same, Prefer="wait=25"))
        api.post(f"/jobs/{job}/cancel")
        assert (held.result().status, held.result().body["status"]) == (200, "cancelled")


def test_cancelling_a_waiting_job_ends_it_at_once(api: Api) -> None:
    job = submit(api)
    cancelled = api.post(f"/jobs/{job}/cancel")
    assert (cancelled.status, cancelled.body) == (200, {"status": "cancelled", "job_id": job})
    record = result(api, job, 1)
    assert record["status"] == api.get(f"/jobs/{job}").body["status"] == "cancelled"
    assert record["error"]["type"] == "cancelled"
    assert (record["started_at"], record["stdout"], record["duration_ms"]) == (None, "", None)


def test_cancelling_twice_or_nothing_is_not_found(api: Api) -> None:
    job = submit(api)
    api.post(f"/jobs/{job}/cancel")
    for path in (f"/jobs/{job}/cancel", f"/jobs/{uuid.uuid4()}/cancel"):
        refused = api.post(path)
        expected = (404, "Job not found or already completed")
        assert (refused.status, refused.body["detail"]) == expected


def test_a_key_means_one_job_for_one_content(api: Api, key: str) -> None:
    body: dict[str, Any] = {
        "code": PRINT, "input_data": {"a": 1, "b": 2}, "idempotency_key": key
    }  # fmt: skip
    job = submit(api, **body)
    same = [
        {**body, "input_data": {"b": 2, "a": 1}},
        {**body, "job_type": "default"},
        {**body, "requirements": []},
        {**body, "timeout": None},
    ]
    for each in same:
        again = api.post("/execute/async", each)
        assert (again.status, again.body) == (200, {"job_id": job, "status": "queued"})
    api.post(f"/jobs/{job}/cancel")
    again = api.post("/execute/async", body)
    assert again.body == {"job_id": job, "status": "cancelled"}
    assert details(api, job)["idempotency_key"] == key


@pytest.mark.parametrize(
    "change",
    [
        {"code": "other"},
        {"input_data": {"a": 1}},
        {"timeout": 30},
        {"startup_timeout": 120},
        {"requirements": ["six"]},
        {"limits": {"memory_mb": 64}},
    ],
)
def test_a_key_with_another_content_is_a_conflict(
    api: Api, key: str, change: dict[str, object]
) -> None:
    job = submit(api, idempotency_key=key)
    refused = api.post("/execute/async", {"code": PRINT, "idempotency_key": key, **change})
    assert refused.status == 409
    assert refused.body["detail"] == "Idempotency key reused with different payload"
    assert refused.body["existing_job_id"] == job


def test_absent_and_empty_input_are_one_content(api: Api, key: str) -> None:
    job = submit(api, idempotency_key=key)
    assert submit(api, idempotency_key=key, input_data={}) == job


def test_ten_at_once_with_one_key_are_one_job(api: Api, key: str) -> None:
    with ThreadPoolExecutor(10) as pool:
        jobs = set(pool.map(lambda _: submit(api, idempotency_key=key), range(10)))
    assert len(jobs) == 1


def test_without_a_key_every_submission_is_a_job(api: Api) -> None:
    assert submit(api) != submit(api)


def test_a_key_outlives_the_server(tmp_path: Path, key: str) -> None:
    settings = replace(server_settings(tmp_path), workers=0)
    with serving(settings) as server:
        job = submit(Api(server.url), idempotency_key=key)
    with serving(settings) as server:
        assert submit(Api(server.url), idempotency_key=key) == job


def test_a_full_queue_refuses_and_leaves_no_trace(
    start_server: Callable[..., RunningServer], key: str
) -> None:
    api = Api(start_server(workers=0, job_queue=2).url)
    jobs = [submit(api), submit(api)]
    refused = api.post("/execute/async", {"code": PRINT, "idempotency_key": key})
    assert (refused.status, refused.body["detail"]) == (503, "Job queue is full, try again later")
    assert int(refused.headers["Retry-After"]) >= 1
    assert api.get("/executions").body["count"] == 2
    api.post(f"/jobs/{jobs[0]}/cancel")
    submit(api)
    for path, body in (("rerun", None), ("fork", {"code": "x"})):
        assert api.post(f"/jobs/{jobs[0]}/{path}", body).status == 503
    api.post(f"/jobs/{jobs[1]}/cancel")
    assert submit(api, idempotency_key=key) not in jobs


def test_health_counts_what_is_true(start_server: Callable[..., RunningServer]) -> None:
    api = Api(start_server(workers=0).url)
    jobs = [submit(api) for _ in range(3)]
    api.post(f"/jobs/{jobs[0]}/cancel")
    health = api.get("/health").body
    expected = {"queued": 2, "running": 0, "pending": 2, "max_workers": 0, "max_queue_size": 100}
    assert health["queue_stats"] == api.get("/pool/stats").body == expected
    shape = ("docker_available", "gvisor_available", "production_mode")
    assert [health[name] for name in shape] == [False] * 3
    assert health["circuit_breaker"]["state"] == "closed"
