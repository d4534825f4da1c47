"""Whatever is sent to evaluations: 400 with all that is wrong, and never a fault."""

from collections.abc import Callable

import orjson
import pytest

from evalwright_server.config import AnalysisSettings
from evalwright_server.services.analysis_quotas import AnalysisLimits
from fixtures_server import RunningServer
from scripted_models import ScriptedModels
from server.client import Api
from server.evaluations import ITEMS, begin, judged_by, problem, request


@pytest.fixture
def api(idle: Api) -> Api:
    """A server without workers: nothing here may come as far as to need one."""
    return idle


ITEM = {"input": "q", "output": "a"}
MISTAKES: list[tuple[dict[str, object], list[str]]] = [
    ({"dataset": []}, ["/dataset"]),
    ({"dataset": {}}, ["/dataset"]),
    ({"dataset": {"input": "q", "output": "a"}}, ["/dataset"]),
    ({"dataset": "x"}, ["/dataset"]),
    ({"dataset": None}, ["/dataset"]),
    ({"dataset": [1, ITEM, None]}, ["/dataset/0", "/dataset/2"]),
    ({"dataset": [{}]}, ["/dataset/0/input", "/dataset/0/output"]),
    ({"dataset": [ITEM, {"input": 5, "output": None}]}, ["/dataset/1/input", "/dataset/1/output"]),
    ({"dataset": [{**ITEM, "context": [1]}]}, ["/dataset/0/context/0"]),
    ({"dataset": [{**ITEM, "expected": 4}]}, ["/dataset/0/expected"]),
    ({"dataset": [{**ITEM, "metadata": []}]}, ["/dataset/0/metadata"]),
    ({"metrics": []}, ["/metrics"]),
    ({"metrics": "equals"}, ["/metrics"]),
    ({"metrics": [3]}, ["/metrics/0"]),
    ({"metrics": ["equals", "nope", "Equals"]}, ["/metrics/1", "/metrics/2"]),
    ({"project_name": ""}, ["/project_name"]),
    ({"project_name": None}, ["/project_name"]),
    ({"project_name": "x" * 256}, ["/project_name"]),
    ({"run_name": 5}, ["/run_name"]),
    ({"metadata": [1]}, ["/metadata"]),
    ({"openai_api_key": 5}, ["/openai_api_key"]),
    ({"thresholds": {"equals": 2}}, ["/thresholds/equals"]),
    ({"thresholds": {"fluency": 0.5}}, ["/thresholds/fluency"]),
    ({"thresholds": [1]}, ["/thresholds"]),
    ({"judge": {"engine": "judge"}}, ["/judge/engine"]),
    ({"judge": {"engine": "magic"}}, ["/judge/engine"]),
    ({"judge": {"model": "gpt-4o"}}, ["/judge/model"]),
    ({"judge": {"base_url": "ftp://x"}}, ["/judge/base_url"]),
    ({"judge": {"ai_integration_id": "x", "base_url": "http://x"}}, ["/judge/ai_integration_id"]),
    ({"judge": {"ai_integration_id": "x"}}, ["/judge/ai_integration_id"]),
    ({"judge": [1]}, ["/judge"]),
    ({"datasets": []}, ["/datasets"]),
]


@pytest.mark.parametrize(("members", "pointers"), MISTAKES)
def test_every_wrong_field_is_named_in_a_400(
    api: Api, members: dict[str, object], pointers: list[str]
) -> None:
    reply = api.post("/v2/evaluate/", request("wrong", **members), Prefer="respond-async")
    found = problem(reply)
    assert [error["pointer"] for error in found["errors"]] == pointers
    assert isinstance(found["detail"], str)
    assert found["detail"]


def test_everything_wrong_is_told_at_once_with_index_and_nearest(api: Api) -> None:
    body = {
        "dataset": [ITEM, {"inputs": "q", "output": 7}],
        "metrics": ["equal", "fluency"],
        "metric": 1,
    }
    found = problem(api.post("/v2/evaluate/", body))
    errors = {error["pointer"]: error for error in found["errors"]}
    assert set(errors) == {
        "/project_name",
        "/dataset/1/input",
        "/dataset/1/output",
        "/metrics/0",
        "/metric",
    }
    assert "item 1" in errors["/dataset/1/input"]["message"]
    assert errors["/dataset/1/input"]["nearest"] == "inputs"
    assert errors["/metrics/0"]["nearest"] == "equals"
    assert "levenshtein" in errors["/metrics/0"]["allowed"]
    assert errors["/metric"]["nearest"] == "metrics"
    assert "project_name" in found["detail"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  ",
        b"{",
        b"[]",
        b"5",
        b"null",
        b'"x"',
        b'{"a": NaN}',
        b"\xff\xfe",
        b'{"a": "\\ud800"}',
        b'{"project_name": "a\\u0000b"}',
        b"[" * 2000,
    ],
)
def test_what_is_no_object_is_400_as_well(api: Api, content: bytes) -> None:
    for path in ("/v2/evaluate/", "/v2/evaluate/trace", "/v2/admin/projects"):
        assert problem(api.send("POST", path, content=content))["detail"]


@pytest.mark.parametrize("depth", [100, *range(236, 250), 900])
def test_what_is_nested_as_deep_as_can_be_is_no_fault(api: Api, depth: int) -> None:
    """What is taken can be written again, too, as part of every answer."""
    deep = b'{"content":' * depth + b'"x"' + b"}" * depth
    item = orjson.dumps(request("deep", dataset=[{**ITEM, "metadata": {"deep": 0}}]))
    headers = {"Prefer": "respond-async"}
    content = item.replace(b":0", b":" + deep)
    reply = api.send("POST", "/v2/evaluate/", content=content, headers=headers)
    assert reply.status in {202, 400}
    if reply.status == 202:
        uid = reply.body["job_id"]
        assert api.get(f"/v2/evaluate/items/{uid}:0").status == 200
    body = {"project_name": "deep", "metrics": ["equals"], "trace": {"input": 0, "output": "a"}}
    content = orjson.dumps(body).replace(b":0", b":" + deep)
    reply = api.send("POST", "/v2/evaluate/trace", content=content, headers=headers)
    assert reply.status in {202, 400}


def test_statuses_that_these_clients_do_not_read_become_400(api: Api) -> None:
    wrong_type = {"Content-Type": "text/plain"}
    assert problem(api.send("POST", "/v2/evaluate/", content=b"{}", headers=wrong_type))["detail"]
    assert problem(api.delete("/v2/evaluate/"), 405)["detail"]
    assert problem(api.get("/v2/evaluate/nothing-here"), 404)["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/v2/evaluate/runs/{}",
        "/v2/evaluate/runs/{}/items",
        "/v2/evaluate/runs/{}/items/stream",
        "/v2/evaluate/runs/{}/metrics",
        "/v2/evaluate/jobs/{}/status",
        "/v2/evaluate/items/{}",
        "/v2/evaluate/items/{}:0",
    ],
)
@pytest.mark.parametrize("uid", ["nope", "%00", "9" * 400, "a:b:c", ":", "%F0%9F%92%A9"])
def test_an_unknown_id_is_not_found(api: Api, path: str, uid: str) -> None:
    assert problem(api.get(path.format(uid)), 404)["detail"]


def test_an_item_beyond_the_last_one_is_not_found(api: Api) -> None:
    uid = begin(api, "beyond")
    assert api.get(f"/v2/evaluate/items/{uid}:2").status == 200
    for number in ("3", "-1", "1e0", "٣", "99999999999999999999"):
        assert problem(api.get(f"/v2/evaluate/items/{uid}:{number}"), 404)


def test_other_kinds_of_analyses_are_not_evaluations(api: Api) -> None:
    """IDs are of one space, so a run of another kind must not be read as one."""
    job = api.post("/v2/evaluate/jobs/00000000-0000-0000-0000-000000000000/cancel")
    assert problem(job, 404)


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=x", "page_size=501", "page_size=0", "project_id=x", "status=done", "pages=1"],
)
def test_lists_say_what_they_take(api: Api, query: str) -> None:
    assert problem(api.get(f"/v2/evaluate/runs?{query}"))["errors"]


@pytest.mark.parametrize(
    "trace", [{}, {"spans": []}, {"spans": [1, {}]}, {"messages": "x"}, {"resourceSpans": [{}]}]
)
def test_a_trace_without_steps_says_what_would_be_understood(
    api: Api, trace: dict[str, object]
) -> None:
    body = {"project_name": "trace", "metrics": ["equal"], "trace": trace}
    found = problem(api.post("/v2/evaluate/trace", body))
    assert [error["pointer"] for error in found["errors"]] == ["/metrics/0", "/trace"]
    assert "resourceSpans" in found["detail"]


LIMITS = AnalysisSettings(limits=AnalysisLimits(max_dataset=3, requests=2, tokens=5000))


@pytest.fixture
def frugal(
    start_server: Callable[..., RunningServer], connect: Callable[..., Api]
) -> Callable[[str], Api]:
    """A function that returns a client with a key, of a server that limits what keys may use."""
    server = start_server(analyses=LIMITS, api_keys=("one", "two"))
    return lambda key: connect(server, Authorization=f"Bearer {key}")


def test_a_dataset_over_the_limit_is_refused_with_the_figures(
    frugal: Callable[[str], Api],
) -> None:
    """Before its items are looked at, and without a project being made."""
    api = frugal("one")
    found = problem(api.post("/v2/evaluate/", request("large", dataset=[{}] * 4)))
    assert found["error"] == "dataset_too_large"
    assert (found["dataset_size"], found["max_allowed"]) == (4, 3)
    assert isinstance(found["detail"], str)
    trace = {"steps": [{"input": str(n), "output": "a"} for n in range(4)]}
    body = {"project_name": "large", "metrics": ["equals"], "trace": trace}
    assert problem(api.post("/v2/evaluate/trace", body))["dataset_size"] == 4
    assert api.get("/v2/admin/projects").body == []


def test_a_key_that_has_used_its_quota_is_refused_and_no_other(
    frugal: Callable[[str], Api],
) -> None:
    one, two = frugal("one"), frugal("two")
    key = {"Idempotency-Key": "the-first", "Prefer": "respond-async"}
    first = one.post("/v2/evaluate/", request("quota"), **key)
    assert begin(one, "quota")
    refused = one.post("/v2/evaluate/", request("quota"))
    found = problem(refused, 429)
    assert found["error"] == "quota_exceeded"
    assert (found["current_usage"], found["quota_limit"]) == (2, 2)
    assert found["service"] == "evaluation"
    assert int(refused.headers["Retry-After"]) > 0
    assert (
        one.post("/v2/evaluate/", request("quota"), **key).body["job_id"] == (first.body["job_id"])
    )
    usage = one.get("/v2/auth/usage").body
    assert (usage["total_api_usage"], usage["api_quota_remaining"]) == (2, 0)
    assert usage["services"] == {"evaluation": 2}
    assert begin(two, "quota")
    assert two.get("/v2/auth/usage").body["total_api_usage"] == 1


def test_tokens_that_would_not_fit_are_refused_before_they_are_taken(
    frugal: Callable[[str], Api], models: ScriptedModels
) -> None:
    api = frugal("one")
    long = [{"input": "q", "output": "word " * 10_000}]
    body = request("tokens", **{**judged_by(models), "dataset": long})
    found = problem(api.post("/v2/evaluate/", body), 429)
    assert found["error"] == "token_quota_exceeded"
    assert (found["current_tokens_used"], found["token_quota_limit"]) == (0, 5000)
    assert found["predicted_tokens"] > 5000
    assert models.asked == []
    offline = {**body, "judge": {"engine": "offline"}, "metrics": ["equals"]}
    assert api.post("/v2/evaluate/", offline).status == 200


def test_keys_are_asked_for_and_named(frugal: Callable[[str], Api]) -> None:
    found = problem(frugal("three").post("/v2/auth/validate"), 401)
    assert isinstance(found["detail"], str)
    owner = frugal("two").post("/v2/auth/validate").body
    assert owner["valid"] is True
    assert all(owner[name] for name in ("user_id", "org_id", "org_name", "plan"))


def test_a_page_of_another_origin_is_refused_with_an_object(api: Api) -> None:
    """At 403 these clients look for the text in it."""
    reply = api.send("GET", "/v2/admin/projects", headers={"Origin": "http://evil.example"})
    detail = problem(reply, 403)["detail"]
    assert (detail["error"], bool(detail["message"])) == ("forbidden", True)


def test_names_are_stored_as_they_are(api: Api) -> None:
    """Whatever can be sent as a project's name can be read back."""
    for name in ("Ünïcode 💩", "a/b", "'; DROP TABLE projects; --", " spaced "):
        uid = begin(api, name)
        assert api.get(f"/v2/evaluate/runs/{uid}").body["project_name"] == name.strip()
    content = orjson.dumps(request("twice", dataset=ITEMS)).replace(b"twice", b"a\\u0001b")
    reply = api.send("POST", "/v2/evaluate/", content=content, headers={"Prefer": "respond-async"})
    assert reply.status == 202
