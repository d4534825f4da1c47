"""Dialects over the wire: what goes in, what comes out, and that our own clients see none of it."""

import pytest

from server.client import Api, at
from server.scenes import MATCHES, build_scene, unique_name


def test_problems_have_five_members_for_arize_clients(api: Api, old: Api, new: Api) -> None:
    path = "/v2/tasks?limit=0&nothing=1"
    five = {"type", "title", "status", "detail", "instance"}
    for client in (old, new):
        refused = client.get(path)
        assert (refused.status, set(refused.body)) == (400, five)
        assert "limit" in refused.body["detail"]
        assert "nothing" in refused.body["detail"]
        assert set(client.get("/v2/nowhere").body) == five
    assert set(api.get(path).body) == five | {"request_id", "errors"}


def test_one_task_in_three_forms(api: Api, old: Api, new: Api) -> None:
    scene = build_scene(api)
    task = api.make("/v2/tasks", scene.task(type="CODE_EVALUATION"))
    path = at("/v2/tasks/{}", task["id"])
    native, lower, upper = (each.get(path) for each in (api, old, new))
    assert (native.body["type"], native.body["space_id"]) == ("code_evaluation", scene.space)
    assert lower.body["type"] == "code_evaluation"
    assert set(native.body) - set(lower.body) == {"space_id"}
    assert "evaluator_version_id" not in lower.body["evaluators"][0]
    assert upper.body == {**native.body, "type": "CODE_EVALUATION"}
    assert native.headers["ETag"] == lower.headers["ETag"] == upper.headers["ETag"]


def test_filters_are_read_in_either_spelling(api: Api, old: Api, new: Api) -> None:
    scene = build_scene(api)
    task = api.make("/v2/tasks", scene.task())
    for client in (api, old, new):
        for kind in ("code_evaluation", "CODE_EVALUATION"):
            page = client.get(f"/v2/tasks?type={kind}&space_id={scene.space}").body
            assert [each["id"] for each in page["tasks"]] == [task["id"]]
        runs = client.get(at("/v2/tasks/{}/runs?status=COMPLETED", task["id"]))
        assert runs.body["task_runs"] == []


def test_numbers_that_are_none_are_null_from_arize_clients(api: Api, old: Api) -> None:
    scene = build_scene(api)
    content = (
        b'{"name": "gaps", "space_id": "%s", "examples": '
        b'[{"a": NaN, "b": [Infinity, -Infinity], "c": "NaN \\" NaN"}]}' % scene.space.encode()
    )
    refused = api.send("POST", "/v2/datasets", content=content)
    assert refused.status == 400
    assert "NaN" in refused.body["detail"]
    made = old.send("POST", "/v2/datasets", content=content)
    assert made.status == 201
    (row,) = api.get(at("/v2/datasets/{}/examples", made.body["id"])).body["examples"]
    assert (row["a"], row["b"], row["c"]) == (None, [None, None], 'NaN " NaN')


@pytest.mark.parametrize("content", [b'{"a": NaN', b"NaN NaN", b'{"a": "NaN}', b"[-NaN, +NaN]"])
def test_what_is_no_json_for_any_other_reason_is_refused(old: Api, content: bytes) -> None:
    assert old.send("POST", "/v2/datasets", content=content).status == 400


def test_empty_versions_mean_the_latest(api: Api, old: Api) -> None:
    dataset = build_scene(api).dataset
    path = at("/v2/datasets/{}/examples?dataset_version_id=", dataset)
    assert old.post(path, {"examples": [{"question": "more"}]}).status == 201
    assert len(old.get(path).body["examples"]) == 4


def test_cancelling_needs_no_content_type(api: Api, old: Api) -> None:
    """The client sends no body, and says so by its length alone."""
    scene = build_scene(api)
    task = api.make("/v2/tasks", scene.task())
    run = old.make(at("/v2/tasks/{}/trigger", task["id"]), {})
    answered = old.send("POST", at("/v2/task-runs/{}/cancel", run["id"]))
    assert answered.status in {200, 400}
    assert "progress" not in run


def test_times_without_offset_are_utc(api: Api, old: Api) -> None:
    scene = build_scene(api)
    task = api.make("/v2/tasks", scene.project_task())
    window = {"data_start_time": "2026-01-01T00:00:00", "data_end_time": "2026-01-02T00:00:00"}
    run = old.make(at("/v2/tasks/{}/trigger", task["id"]), window)
    assert run["data_start_time"].startswith("2026-01-01T00:00:00")
    assert run["data_start_time"].endswith("Z")


def test_changes_come_as_plain_json(api: Api, old: Api) -> None:
    scene = build_scene(api)
    path = at("/v2/evaluators/{}", scene.evaluator)
    assert old.patch(path, {"description": "compares"}).status == 200
    renamed = old.patch(path, {"name": "same", "description": None}).body
    assert (renamed["name"], renamed["description"]) == ("same", "compares")
    assert old.patch(path, {"description": None}).body["description"] is None
    assert old.patch(path, {}).status == 400


@pytest.mark.parametrize(
    ("member", "value"),
    [("query_filters", {"filters": []}), ("experiment_name", "x"), ("sampling", 1)],
)
def test_members_we_have_nothing_for_are_refused(
    api: Api, new: Api, member: str, value: object
) -> None:
    refused = new.post("/v2/tasks", {**build_scene(api).task(), member: value})
    assert refused.status == 400
    assert member in refused.body["detail"]


def test_traces_and_sessions_are_refused_with_the_way_out(api: Api, new: Api) -> None:
    scene = build_scene(api)
    filters = {"filters": [{"id": "A", "filter": "a = 1"}]}
    refused = new.post("/v2/tasks", scene.project_task(query_filters=filters))
    assert "traces and sessions are not evaluated" in refused.body["detail"]


def test_evaluators_of_kinds_we_lack_are_refused(api: Api, new: Api) -> None:
    scene = build_scene(api)
    version = {"commit_message": "m", "remote_config": {"integration_id": "x"}}
    body = {"space_id": scene.space, "name": "r", "type": "REMOTE", "version": version}
    assert new.post("/v2/evaluators", body).status == 400


def test_null_for_the_code_of_an_evaluator_is_refused(api: Api, new: Api) -> None:
    """What 8.61 sends when it is handed a typed configuration."""
    scene = build_scene(api)
    body = {
        "space_id": scene.space,
        "name": unique_name("evaluator"),
        "type": "CODE",
        "version": {"commit_message": "m", "code_config": None},
    }
    refused = new.post("/v2/evaluators", body)
    assert refused.status == 400
    assert "code_config" in refused.body["detail"]
    body["version"] = {"commit_message": "m", "code_config": {**MATCHES, "type": "MANAGED"}}
    assert new.post("/v2/evaluators", body).status == 201


def make_generation_task(api: Api) -> str:
    """Create a run_experiment task and return its ID."""
    ai = api.make("/v2/ai-integrations", {"name": unique_name("ai"), "provider": "custom"})
    config = {
        "experiment_type": "llm_generation",
        "ai_integration_id": ai["id"],
        "messages": [{"role": "user", "content": "hello"}],
        "input_variable_format": "none",
    }
    body = build_scene(api).task(
        type="run_experiment", evaluators=None, experiment_ids=None, run_configuration=config
    )
    task_id: str = api.make("/v2/tasks", body)["id"]
    return task_id


def test_a_status_the_client_does_not_know_is_sent_as_one_it_does(
    api: Api, old: Api, new: Api
) -> None:
    """It reads the problem of no other."""
    path = at("/v2/tasks/{}/trigger", make_generation_task(api))
    body = {"experiment_name": "x", "example_ids": ["nothing"]}
    for client, status in ((api, 422), (new, 422), (old, 400)):
        refused = client.post(path, body)
        assert (refused.status, refused.body["status"]) == (status, status)


def test_what_an_old_client_has_no_word_for_it_does_not_get(api: Api) -> None:
    task_id = make_generation_task(api)
    oldest = {"sdk-package-name": "arize", "sdk-version": "8.22.0"}
    refused = api.get(at("/v2/tasks/{}", task_id), **oldest)
    assert refused.status == 404
    assert "run_experiment" in refused.body["detail"]
    assert "newer client" in refused.body["detail"]
    listed = api.get("/v2/tasks", **oldest).body["tasks"]
    assert task_id not in [each["id"] for each in listed]
