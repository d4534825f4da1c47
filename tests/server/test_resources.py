"""Every resource: what is created can be read, listed, changed and deleted."""

from collections.abc import Callable

import pytest

from server.client import Api, at
from server.scenes import MATCHES, Scene

Unique = Callable[[str], str]


def test_a_space_lives_and_dies(api: Api, unique: Unique) -> None:
    name = unique("space")
    created = api.post("/v2/spaces", {"name": name, "description": "for tests"})
    assert created.status == 201
    space = created.body
    path = at("/v2/spaces/{}", space["id"])
    assert api.get(path).body == space
    assert api.patch(path, {"description": ""}).body == {**space, "description": ""}
    assert api.delete(path).status == 204
    assert api.get(path).status == 404


def test_there_is_one_organization_so_that_spaces_can_be_created_in_it(
    api: Api, unique: Unique
) -> None:
    (organization,) = api.get("/v2/organizations").body["organizations"]
    body = {"name": unique("space"), "organization_id": organization["id"]}
    assert api.make("/v2/spaces", body)["organization_id"] == organization["id"]


def test_deleting_a_space_removes_everything_in_it(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.task())["id"]
    run = api.make(at("/v2/tasks/{}/trigger", task), None)["id"]
    assert api.delete(at("/v2/spaces/{}", scene.space)).status == 204
    gone = [
        at("/v2/datasets/{}", scene.dataset),
        at("/v2/experiments/{}", scene.experiment),
        at("/v2/evaluators/{}", scene.evaluator),
        at("/v2/projects/{}", scene.project),
        at("/v2/tasks/{}", task),
        at("/v2/task-runs/{}", run),
    ]
    assert [api.get(path).status for path in gone] == [404] * len(gone)


@pytest.mark.parametrize(
    "kind", ["projects", "datasets", "evaluators", "spaces", "ai-integrations"]
)
def test_a_taken_name_is_a_conflict_that_names_its_owner(
    api: Api, scene: Scene, unique: Unique, kind: str
) -> None:
    bodies = {
        "projects": {"name": "chat", "space_id": scene.space},
        "datasets": {"name": "facts", "space_id": scene.space, "examples": [{"a": 1}]},
        "evaluators": {
            "name": "exact",
            "space_id": scene.space,
            "type": "code",
            "version": {"commit_message": "", "code_config": MATCHES},
        },
        "spaces": {"name": unique("space")},
        "ai-integrations": {"name": unique("integration"), "provider": "openAI"},
    }
    body = bodies[kind]
    if kind in {"spaces", "ai-integrations"}:
        api.make(f"/v2/{kind}", body)
    clash = api.post(f"/v2/{kind}", body)
    assert clash.status == 409
    assert clash.pointers() == ["/name"]
    assert "choose another name" in clash.body["detail"]


def test_renaming_to_the_own_name_is_no_conflict(api: Api, unique: Unique) -> None:
    name = unique("space")
    space = api.make("/v2/spaces", {"name": name})
    assert api.patch(at("/v2/spaces/{}", space["id"]), {"name": name}).status == 200


def test_an_evaluator_grows_versions_and_shows_the_latest(api: Api, scene: Scene) -> None:
    path = at("/v2/evaluators/{}", scene.evaluator)
    first = api.get(path).body["version"]
    assert first["code_config"] == {
        **MATCHES,
        "static_params": [],
        "data_granularity": None,
        "query_filter": None,
    }
    second = api.make(
        f"{path}/versions", {"commit_message": "second", "code_config": {**MATCHES, "name": "m2"}}
    )
    assert api.get(path).body["version"] == second
    assert api.get(at("/v2/evaluators/{}?version_id={}", scene.evaluator, first["id"])).body[
        "version"
    ] == (first)
    versions = api.get(f"{path}/versions").body["evaluator_versions"]
    assert [version["id"] for version in versions] == [second["id"], first["id"]]
    assert api.get(at("/v2/evaluator-versions/{}", first["id"])).body == first


def test_versions_are_deleted_all_that_are_named_or_none(api: Api, scene: Scene) -> None:
    path = at("/v2/evaluators/{}/versions", scene.evaluator)
    for name in ("second", "third"):
        api.make(path, {"commit_message": name, "code_config": {**MATCHES, "name": name}})
    third, second, first = [each["id"] for each in api.get(path).body["evaluator_versions"]]
    everything = api.send("DELETE", path, {"version_ids": [first, second, third]})
    assert everything.status == 409
    assert "at least one version" in everything.body["detail"]
    entry = {"evaluator_id": scene.evaluator, "evaluator_version_id": first}
    api.make("/v2/tasks", scene.task(name="held", evaluators=[entry]))
    held = api.send("DELETE", path, {"version_ids": [first, second]})
    assert held.status == 409
    assert f"task 'held' to {first}" in held.body["detail"]
    done = api.send("DELETE", path, {"version_ids": [third, scene.dataset]})
    assert (done.status, done.body) == (
        200,
        {
            "completed": False,
            "deleted_version_ids": [third],
            "not_deleted_version_ids": [scene.dataset],
        },
    )
    left = api.get(path).body["evaluator_versions"]
    assert [each["id"] for each in left] == [second, first]
    assert api.get(at("/v2/evaluators/{}", scene.evaluator)).body["version"]["id"] == second
    wrong = api.send("DELETE", path, {"version_ids": ["x", first, "y"]})
    assert (wrong.status, wrong.pointers()) == (400, ["/version_ids/0", "/version_ids/2"])


def test_a_project_is_renamed_unless_it_has_changed(api: Api, scene: Scene) -> None:
    path = at("/v2/projects/{}", scene.project)
    before = api.get(path)
    renamed = api.patch(path, {"name": "talk"}, **{"If-Match": before.headers["ETag"]})
    assert (renamed.status, renamed.body) == (200, {**before.body, "name": "talk"})
    again = api.patch(path, {"name": "x"}, **{"If-Match": before.headers["ETag"]})
    assert again.status == 412
    api.make("/v2/projects", {"name": "taken", "space_id": scene.space})
    assert api.patch(path, {"name": "taken"}).status == 409
    refused = api.patch(path, {"name": "", "space_id": scene.space})
    assert (refused.status, sorted(refused.pointers())) == (400, ["/name", "/space_id"])


def test_evaluators_come_with_those_changed_last_first(api: Api, scene: Scene) -> None:
    body = {
        "name": "younger",
        "space_id": scene.space,
        "type": "code",
        "version": {"commit_message": "", "code_config": MATCHES},
    }
    api.make("/v2/evaluators", body)
    api.patch(at("/v2/evaluators/{}", scene.evaluator), {"description": "changed"})
    page = api.get(at("/v2/evaluators?space_id={}", scene.space)).body
    assert [evaluator["name"] for evaluator in page["evaluators"]] == ["exact", "younger"]


def test_an_evaluator_in_use_goes_only_if_its_tasks_have_another(api: Api, scene: Scene) -> None:
    other = api.make(
        "/v2/evaluators",
        {
            "name": "other",
            "space_id": scene.space,
            "type": "code",
            "version": {"commit_message": "", "code_config": {**MATCHES, "name": "other"}},
        },
    )["id"]
    task = api.make("/v2/tasks", scene.task())
    path = at("/v2/evaluators/{}", scene.evaluator)
    refused = api.delete(path)
    assert refused.status == 409
    assert task["name"] in refused.body["detail"]
    both = [{"evaluator_id": scene.evaluator}, {"evaluator_id": other}]
    api.patch(at("/v2/tasks/{}", task["id"]), {"evaluators": both})
    assert api.delete(path).status == 204
    left = api.get(at("/v2/tasks/{}", task["id"])).body["evaluators"]
    assert [each["evaluator_id"] for each in left] == [other]


def test_a_version_of_the_other_type_is_refused(api: Api, scene: Scene) -> None:
    body = {"commit_message": "", "template_config": template("none")}
    refused = api.post(at("/v2/evaluators/{}/versions", scene.evaluator), body)
    assert refused.status == 400
    assert refused.body["errors"][0]["nearest"] == "code_config"


def test_a_template_evaluator_needs_an_integration_that_exists(
    api: Api, scene: Scene, unique: Unique
) -> None:
    integration = api.make(
        "/v2/ai-integrations", {"name": unique("integration"), "provider": "anthropic"}
    )["id"]
    body = {
        "name": "judge",
        "space_id": scene.space,
        "type": "TEMPLATE",
        "version": {"commit_message": "", "template_config": template(integration)},
    }
    evaluator = api.make("/v2/evaluators", body)
    assert evaluator["version"]["template_config"]["direction"] is None
    api.delete(at("/v2/ai-integrations/{}", integration))
    missing = api.post("/v2/evaluators", {**body, "name": "judge 2"})
    assert missing.status == 404
    assert missing.pointers() == ["/version/template_config/llm_config/ai_integration_id"]


def template(integration: str) -> dict[str, object]:
    return {
        "name": "judge",
        "template": "Is {output} right?",
        "include_explanations": True,
        "use_function_calling_if_available": False,
        "llm_config": {
            "ai_integration_id": integration,
            "model_name": "m",
            "invocation_parameters": {},
            "provider_parameters": {},
        },
    }


def test_deleting_a_project_takes_its_tasks_and_runs_along(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.project_task())["id"]
    run = api.make(at("/v2/tasks/{}/trigger", task), {})["id"]
    path = at("/v2/projects/{}", scene.project)
    assert api.get(path).body["name"] == "chat"
    assert api.delete(path).status == 204
    gone = [path, at("/v2/tasks/{}", task), at("/v2/task-runs/{}", run), at("/v2/runs/{}", run)]
    assert [api.get(each).status for each in gone] == [404] * len(gone)
    assert api.get(at("/v2/spaces/{}", scene.space)).status == 200
