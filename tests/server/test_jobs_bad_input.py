"""Whatever is sent to the family of jobs: the stated status and body, and never a fault."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from fixtures_server import RunningServer
from server.client import Api
from server.jobs import PRINT, details, submit, wrong

SUBMISSIONS = ("/execute", "/execute/async")


@pytest.fixture
def api(idle: Api) -> Api:
    """A server without workers."""
    return idle


MISTAKES = {
    '{"code": ""}': {"body.code": "string_too_short"},
    '{"code": "  "}': {"body.code": "string_pattern_mismatch"},
    '{"code": 5}': {"body.code": "string_type"},
    '{"code": null}': {"body.code": "string_type"},
    "{}": {"body.code": "missing"},
    '{"code": "x", "timeout": 0}': {"body.timeout": "greater_than_equal"},
    '{"code": "x", "timeout": 86401}': {"body.timeout": "less_than_equal"},
    '{"code": "x", "timeout": 1.5}': {"body.timeout": "int_from_float"},
    '{"code": "x", "timeout": "1.5"}': {"body.timeout": "int_parsing"},
    '{"code": "x", "timeout": true}': {"body.timeout": "int_type"},
    '{"code": "x", "startup_timeout": 9}': {"body.startup_timeout": "greater_than_equal"},
    '{"code": "x", "startup_timeout": 601}': {"body.startup_timeout": "less_than_equal"},
    '{"code": "x", "job_type": "a b"}': {"body.job_type": "string_pattern_mismatch"},
    '{"code": "x", "job_type": "@1"}': {"body.job_type": "string_pattern_mismatch"},
    '{"code": "x", "idempotency_key": "short"}': {"body.idempotency_key": "string_too_short"},
    '{"code": "x", "idempotency_key": "with space"}': {
        "body.idempotency_key": "string_pattern_mismatch"
    },
    '{"code": "x", "input_data": []}': {"body.input_data": "dict_type"},
    '{"code": "x", "requirements": "six"}': {"body.requirements": "list_type"},
    '{"code": "x", "requirements": [5]}': {"body.requirements.0": "string_type"},
    '{"code": "x", "requirements": ["six", "git+https://x"]}': {
        "body.requirements.1": "value_error"
    },
    '{"code": "x", "requirements": ["a @ http://b"]}': {"body.requirements.0": "value_error"},
    '{"code": "x", "requirements": ["--pre"]}': {"body.requirements.0": "value_error"},
    '{"code": "x", "limits": {"memory_mb": 100000}}': {"body.limits.memory_mb": "value_error"},
    '{"code": "x", "limits": {"memory": 1}}': {"body.limits.memory": "extra_forbidden"},
    '{"code": "x", "cdoe": "y"}': {"body.cdoe": "extra_forbidden"},
    '{"code": "a\\u0000b"}': {"body.code": "value_error"},
    '["x"]': {"body": "dict_type"},
    "5": {"body": "dict_type"},
    "": {"body": "missing"},
    " ": {"body": "missing"},
    "{": {"body": "json_invalid"},
    '{"code": "x", "input_data": {"n": NaN}}': {"body": "json_invalid"},
    '{"code": "x", "input_data": {"n": 1e999}}': {"body": "json_invalid"},
    '{"code": "\\ud800"}': {"body": "json_invalid"},
    '{"code": "x", "input_data": {"\\udfff": 1}}': {"body": "json_invalid"},
    '{"code": "x", "job_type": "\\ud800"}': {"body": "json_invalid"},
    '{"code": "x", "input_data": {"n": %s}}' % ("9" * 5000): {"body": "json_invalid"},
    '{"code": "x", "input_data": {"n": %s}}' % ("[" * 1_000 + "]" * 1_000): {
        "body": "json_invalid"
    },
    '{"code": "x", "input_data": {"n": %s}}' % ("[" * 100_000 + "]" * 100_000): {
        "body": "json_invalid"
    },
}


@pytest.mark.parametrize("path", SUBMISSIONS)
@pytest.mark.parametrize("body", MISTAKES, ids=[each[:40] for each in MISTAKES])
def test_mistakes_are_named_as_clients_know_them(api: Api, path: str, body: str) -> None:
    refused = api.send("POST", path, content=body.encode())
    assert wrong(refused) == MISTAKES[body]
    assert refused.body["correlation_id"] == refused.headers["X-Correlation-ID"]
    assert refused.body["errors"]


def test_bytes_that_are_no_text_are_no_json(api: Api) -> None:
    refused = api.send("POST", "/execute/async", content=b'{"code": "\xff"}')
    assert wrong(refused) == {"body": "json_invalid"}


def test_everything_wrong_is_named_at_once(api: Api) -> None:
    body = {"cdoe": "x", "timeout": 1.5, "requirements": [5], "limits": {"cpus": 0}}
    refused = api.post("/execute/async", body)
    assert set(wrong(refused)) == {
        "body.cdoe",
        "body.code",
        "body.timeout",
        "body.requirements.0",
        "body.limits.cpus",
    }
    errors = {error["pointer"]: error for error in refused.body["errors"]}
    assert errors["/cdoe"]["nearest"] == "code"


def test_what_breaks_rules_is_named_at_once(api: Api) -> None:
    body = {
        "code": "x",
        "job_type": "defualt",
        "requirements": ["-e ."],
        "limits": {"memory_mb": 999_999},
        "webhook": {"url": "http://127.0.0.1/", "headers": {"Host": "x"}},
    }
    refused = api.post("/execute/async", body)
    expected = ["/webhook/url", "/webhook/headers/Host", "/requirements/0", "/limits/memory_mb"]
    assert refused.pointers() == [*expected, "/job_type"]


def test_a_time_limit_above_the_type_s_is_refused_with_a_text(api: Api) -> None:
    refused = api.post("/execute/async", {"code": "x", "timeout": 301})
    assert refused.status == 422
    assert "(300 seconds)" in refused.body["detail"]
    assert refused.pointers() == ["/timeout"]
    submit(api, timeout=300)


def test_an_unknown_job_type_is_refused_with_the_nearest(api: Api) -> None:
    refused = api.post("/execute/async", {"code": "x", "job_type": "data-procesing@2"})
    assert refused.status == 422
    assert "data-processing" in refused.body["detail"]
    (error,) = refused.body["errors"]
    assert error["nearest"] == "data-processing"
    assert "default" in error["allowed"]


@pytest.mark.parametrize("number", ['"5"', '" 5 "', "5", "5.0"])
def test_whole_numbers_come_in_several_forms(api: Api, number: str) -> None:
    content = b'{"code": "x", "timeout": %s}' % number.encode()
    assert api.send("POST", "/execute/async", content=content).status == 200


def test_null_stands_for_what_is_left_out(api: Api) -> None:
    names = ("timeout", "startup_timeout", "job_type", "idempotency_key", "requirements")
    nothing: dict[str, Any] = dict.fromkeys((*names, "limits", "webhook", "input_data"))
    submit(api, **nothing)


def test_a_body_needs_no_content_type(api: Api) -> None:
    content = b'{"code": "x"}'
    reply = api.pool.request("POST", f"{api.url}/execute/async", body=content, retries=False)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")


def test_names_with_versions_are_taken(api: Api) -> None:
    shown = details(api, submit(api, job_type="default@sha256:0123"))
    assert (shown["job_type"], shown["job_ref"]) == ("default", "default@sha256:0123")


def test_long_keys_are_taken(api: Api) -> None:
    key = uuid.uuid4().hex * 7
    assert details(api, submit(api, idempotency_key=key))["idempotency_key"] == key


@pytest.mark.parametrize("path", SUBMISSIONS)
def test_bodies_are_limited_whether_they_announce_it_or_not(api: Api, path: str) -> None:
    large = b'{"code": "x", "input_data": {"a": "%s"}}' % (b"a" * 2_097_152)
    announced = api.send("POST", path, content=large)
    assert announced.status == 413
    assert "2097152" in announced.body["detail"]
    chunked = api.pool.request(
        "POST",
        f"{api.url}{path}",
        body=iter([large[:70_000]] * 40),
        headers={"Content-Type": "application/json"},
        chunked=True,
        retries=False,
    )
    assert chunked.status == 413


def test_an_input_is_measured_as_ascii_json(api: Api) -> None:
    submit(api, input_data={"a": "x" * 1_048_000})
    for value in ("x" * 1_048_576, "ü" * 200_000):
        refused = api.post("/execute/async", {"code": "x", "input_data": {"a": value}})
        assert wrong(refused) == {"body.input_data": "value_error"}


@pytest.mark.parametrize(
    "query",
    ["timeout=0", "timeout=0.5", "timeout=301", "timeout=x", "timeout=nan", "timeout=inf"],
)
def test_waits_out_of_range_are_refused(api: Api, query: str) -> None:
    refused = api.get(f"/jobs/{submit(api)}/result?{query}")
    assert list(wrong(refused)) == ["query.timeout"]


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/jobs/{}", "Job not found"),
        ("/jobs/{}?view=full", "Job not found"),
        ("/jobs/{}/result", "Job not found"),
        ("/jobs/{}/result?timeout=5", "Job not found"),
        ("/jobs/{}/artifacts", "Job not found"),
        ("/jobs/{}/artifacts/x", "Job not found"),
        ("/executions/{}", "Execution not found"),
    ],
)
@pytest.mark.parametrize(
    "name", [str(uuid.UUID(int=0)), "x", "%00", "%ff", "..%2f..", "%5c", "a" * 5000, "é"]
)
def test_unknown_ids_are_not_found(api: Api, path: str, detail: str, name: str) -> None:
    refused = api.get(path.format(name))
    assert (refused.status, refused.body["detail"]) == (404, detail)
    assert refused.body["title"] == "Not Found"


@pytest.mark.parametrize("operation", ["rerun", "fork", "cancel"])
def test_nothing_is_made_of_an_unknown_job(api: Api, operation: str) -> None:
    body = {"code": "x"} if operation == "fork" else None
    assert api.post(f"/jobs/{uuid.uuid4()}/{operation}", body).status == 404


def test_a_run_of_another_kind_is_no_job(api: Api) -> None:
    for path in ("/jobs/{}", "/executions/{}"):
        assert api.get(path.format("VGFza1J1bjoxOmFiY2Q=")).status == 404


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/jobs", 404, "Not Found"),
        ("GET", "/jobs/x/y", 404, "Not Found"),
        ("GET", "/dlq/x/y", 404, "Not Found"),
        ("PUT", "/jobs/x", 405, "Method Not Allowed"),
        ("GET", "/execute", 405, "Method Not Allowed"),
        ("DELETE", "/executions", 405, "Method Not Allowed"),
        ("DELETE", "/dlq/1", 404, "DLQ entry not found"),
        ("DELETE", "/dlq/999999999999999999", 404, "DLQ entry not found"),
        ("GET", "/job-types/x", 404, "Job type 'x' not found"),
        ("POST", "/job-types/x/build", 404, "Job type 'x' not found"),
        ("DELETE", "/environments/x", 404, "Environment not found"),
        ("DELETE", "/environments/..%2f..", 404, "Environment not found"),
    ],
)
def test_errors_have_the_texts_that_clients_know(
    api: Api, method: str, path: str, status: int, detail: str
) -> None:
    refused = api.send(method, path)
    assert (refused.status, refused.body["detail"]) == (status, detail)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.body["correlation_id"]
    assert refused.body["hint"]


@pytest.mark.parametrize(
    ("query", "place"),
    [("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("offset=-1", "offset")],
)
def test_pages_out_of_range_are_refused(api: Api, query: str, place: str) -> None:
    for path in ("/executions", "/dlq"):
        assert list(wrong(api.get(f"{path}?{query}"))) == [f"query.{place}"]
    assert list(wrong(api.get("/executions?stauts=failed"))) == ["query.stauts"]


def test_a_rerun_of_a_waiting_job_is_refused(api: Api) -> None:
    refused = api.post(f"/jobs/{submit(api)}/rerun")
    expected = (400, "Cannot rerun job that hasn't completed")
    assert (refused.status, refused.body["detail"]) == expected


@pytest.mark.parametrize(
    ("operation", "body", "expected"),
    [
        ("rerun", {"code": "x"}, "body.code"),
        ("rerun", {"timeout": 1.5}, "body.timeout"),
        ("fork", {}, "body.code"),
        ("fork", {"code": " "}, "body.code"),
        ("fork", {"code": "x", "input_data": {}}, "body.input_data"),
    ],
)
def test_what_can_t_be_changed_is_named(
    api: Api, operation: str, body: object, expected: str
) -> None:
    assert list(wrong(api.post(f"/jobs/{submit(api)}/{operation}", body))) == [expected]


def test_nothing_of_a_heads_error_is_in_a_body(api: Api) -> None:
    for name in ("x", "%00", "..%2f"):
        reply = api.send("HEAD", f"/jobs/{submit(api)}/artifacts/{name}")
        assert (reply.status, reply.content) == (404, b"")


def test_every_answer_says_which_request_it_is_for(api: Api, idle: Api) -> None:
    given = {"X-Correlation-ID": "what I say, über"}
    for path in ("/health", "/jobs/x", "/v2/tasks", "/nowhere", "/openapi.json"):
        reply = api.get(path)
        assert str(uuid.UUID(reply.headers["X-Correlation-ID"]))
        security = ("X-Content-Type-Options", "X-Frame-Options", "X-XSS-Protection")
        found = [reply.headers[name] for name in security]
        assert found == ["nosniff", "DENY", "1; mode=block"]
        assert reply.headers["X-Request-Id"]
        assert idle.get(path, **given).headers["X-Correlation-ID"] == given["X-Correlation-ID"]


def test_a_wrong_key_is_refused_as_clients_expect(
    start_server: Callable[..., RunningServer],
) -> None:
    api = Api(start_server(workers=0, api_keys=("k" * 16,)).url)
    for path in ("/jobs/x", "/jobs/x/y", "/executions", "/dlq"):
        refused = api.get(path)
        assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert refused.body["detail"] == "Missing or invalid API key."
    assert api.get("/health").body["production_mode"] is True
    assert api.get("/executions", **{"X-API-Key": "k" * 16}).status == 200


def test_strangers_pages_and_names_are_refused_without_a_key(api: Api) -> None:
    body = {"code": PRINT}
    assert api.post("/execute", body, Origin="http://evil.example").status == 403
    refused = api.post("/execute", body, Host="evil.example")
    assert (refused.status, "evil.example" in refused.body["detail"]) == (403, True)
