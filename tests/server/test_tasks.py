"""What a task may consist of, at its creation and later."""

from collections.abc import Callable
from typing import Any

import pytest

from server.client import Api, at
from server.scenes import MATCHES, Scene

Unique = Callable[[str], str]


def test_a_task_over_a_dataset_says_all_about_itself(api: Api, scene: Scene) -> None:
    body = scene.task(
        evaluators=[{"evaluator_id": scene.evaluator, "column_mappings": {"output": "answer"}}]
    )
    task = api.make("/v2/tasks", body)
    assert task == {
        **body,
        "id": task["id"],
        "space_id": scene.space,
        "project_id": None,
        "sampling_rate": None,
        "is_continuous": False,
        "query_filter": None,
        "evaluators": [
            {
                "evaluator_id": scene.evaluator,
                "evaluator_name": "exact",
                "evaluator_version_id": None,
                "query_filter": None,
                "column_mappings": {"output": "answer"},
            }
        ],
        "run_configuration": None,
        "last_run_at": None,
        "created_at": task["created_at"],
        "updated_at": task["created_at"],
        "created_by_user_id": task["created_by_user_id"],
    }
    assert api.get(at("/v2/tasks/{}", task["id"])).body == task


def test_a_task_over_a_project_samples_everything_unless_told(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.project_task())
    assert (task["project_id"], task["dataset_id"]) == (scene.project, None)
    assert (task["sampling_rate"], task["experiment_ids"]) == (1.0, [])
    half = api.make("/v2/tasks", scene.project_task(sampling_rate=0.5, is_continuous=True))
    assert (half["sampling_rate"], half["is_continuous"]) == (0.5, True)


def test_a_taken_name_is_400_on_create_and_409_on_rename(api: Api, scene: Scene) -> None:
    """Clients know 400 for creation; 409 is in the document for changes."""
    first, second = (api.make("/v2/tasks", scene.task()) for _ in range(2))
    clash = api.post("/v2/tasks", scene.task(name=first["name"]))
    assert (clash.status, clash.pointers()) == (400, ["/name"])
    rename = api.patch(at("/v2/tasks/{}", second["id"]), {"name": first["name"]})
    assert rename.status == 409


WRONG: dict[str, tuple[dict[str, object], int, list[str]]] = {
    "neither target": ({"dataset_id": None, "experiment_ids": None}, 400, [""]),
    "no experiment": ({"experiment_ids": []}, 400, ["/experiment_ids"]),
    "span members": (
        {"sampling_rate": 1, "is_continuous": True},
        400,
        ["/sampling_rate", "/is_continuous"],
    ),
    "no evaluator": ({"evaluators": []}, 400, ["/evaluators"]),
    "no name": ({"name": ""}, 400, ["/name"]),
    "no type": ({"type": None}, 400, ["/type"]),
    "an unknown type": ({"type": "code_evaluations"}, 400, ["/type"]),
    "an id that is none": ({"dataset_id": "facts"}, 400, ["/dataset_id"]),
    "members of another type": ({"run_configuration": {}}, 400, ["/run_configuration"]),
    "several at once": (
        {"name": "", "query_fliter": "x", "evaluators": [{}]},
        400,
        ["/name", "/evaluators/0/evaluator_id", "/query_fliter"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_task_that_breaks_a_rule_is_refused(api: Api, scene: Scene, case: str) -> None:
    changes, status, pointers = WRONG[case]
    refused = api.post("/v2/tasks", scene.task(**changes))
    assert (refused.status, sorted(refused.pointers())) == (status, sorted(pointers))


def test_both_targets_are_refused(api: Api, scene: Scene) -> None:
    refused = api.post("/v2/tasks", scene.task(project_id=scene.project))
    assert (refused.status, refused.pointers()) == (400, ["/project_id", "/dataset_id"])
    refused = api.post("/v2/tasks", scene.project_task(experiment_ids=[scene.experiment]))
    assert (refused.status, refused.pointers()) == (400, ["/experiment_ids"])


def test_an_evaluator_goes_in_once(api: Api, scene: Scene) -> None:
    twice = [{"evaluator_id": scene.evaluator}] * 2
    refused = api.post("/v2/tasks", scene.task(evaluators=twice))
    assert (refused.status, refused.pointers()) == (400, ["/evaluators/1/evaluator_id"])


def test_two_evaluators_can_not_write_the_same_column(api: Api, scene: Scene) -> None:
    other = make_evaluator(api, scene.space, "other", MATCHES)
    both = [{"evaluator_id": scene.evaluator}, {"evaluator_id": other}]
    refused = api.post("/v2/tasks", scene.task(evaluators=both))
    assert (refused.status, refused.pointers()) == (422, ["/evaluators/1/evaluator_id"])


def test_evaluators_must_fit_the_task(api: Api, scene: Scene, unique: Unique) -> None:
    elsewhere = api.make("/v2/spaces", {"name": unique("space")})["id"]
    foreign = make_evaluator(api, elsewhere, "foreign", {**MATCHES, "name": "foreign"})
    both = [{"evaluator_id": scene.evaluator}, {"evaluator_id": foreign}]
    body = scene.task(evaluators=both, type="template_evaluation")
    refused = api.post("/v2/tasks", body)
    assert refused.status == 422
    messages = [error["message"] for error in refused.body["errors"]]
    assert sum("another space" in message for message in messages) == 1
    assert sum("takes template" in message for message in messages) == 2


def test_an_evaluator_that_does_not_exist_is_not_found(api: Api, scene: Scene) -> None:
    refused = api.post("/v2/tasks", scene.task(evaluators=[{"evaluator_id": scene.dataset}]))
    assert (refused.status, refused.pointers()) == (404, ["/evaluators/0/evaluator_id"])


def test_an_evaluator_is_held_to_a_version(api: Api, scene: Scene) -> None:
    """Runs then use that one, whatever came after it."""
    versions = at("/v2/evaluators/{}/versions", scene.evaluator)
    (first,) = (each["id"] for each in api.get(versions).body["evaluator_versions"])
    other = {**MATCHES, "name": "newer", "variables": ["output", "answer"]}
    api.make(versions, {"commit_message": "second", "code_config": other})
    entry = {"evaluator_id": scene.evaluator, "evaluator_version_id": first}
    task = api.make("/v2/tasks", scene.task(evaluators=[entry]))
    path = at("/v2/tasks/{}", task["id"])
    assert task["evaluators"][0]["evaluator_version_id"] == first
    run = api.make(f"{path}/trigger", {})["id"]
    done = api.get(at("/v2/task-runs/{}", run), Prefer="wait=30").body
    assert (done["status"], done["num_successes"]) == ("completed", 3)
    runs = api.get(at("/v2/experiments/{}/runs", scene.experiment)).body["experiment_runs"]
    assert all("eval.matches.score" in row and "eval.newer.score" not in row for row in runs)
    free = {"evaluator_id": scene.evaluator, "evaluator_version_id": None}
    changed = api.patch(path, {"evaluators": [free]}).body
    assert changed["evaluators"][0]["evaluator_version_id"] is None


def test_a_version_must_be_one_of_the_evaluator(api: Api, scene: Scene) -> None:
    other = make_evaluator(api, scene.space, "other", {**MATCHES, "name": "other"})
    version = api.get(at("/v2/evaluators/{}", other)).body["version"]["id"]
    entry = {"evaluator_id": scene.evaluator, "evaluator_version_id": version}
    pointers = ["/evaluators/0/evaluator_version_id"]
    refused = api.post("/v2/tasks", scene.task(evaluators=[entry]))
    assert (refused.status, refused.pointers()) == (422, pointers)
    path = at("/v2/tasks/{}", api.make("/v2/tasks", scene.task())["id"])
    refused = api.patch(path, {"evaluators": [entry]})
    assert (refused.status, refused.pointers()) == (422, pointers)
    missing = {**entry, "evaluator_version_id": scene.dataset}
    refused = api.patch(path, {"evaluators": [missing]})
    assert (refused.status, refused.pointers()) == (404, pointers)


def test_a_misspelt_variable_is_found_at_once(api: Api, scene: Scene) -> None:
    entry = {"evaluator_id": scene.evaluator, "column_mappings": {"expcted": "answer"}}
    refused = api.post("/v2/tasks", scene.task(evaluators=[entry]))
    assert refused.status == 422
    assert refused.body["errors"][0]["nearest"] == "expected"


def test_experiments_must_belong_to_the_dataset(api: Api, scene: Scene) -> None:
    other = api.make(
        "/v2/datasets", {"name": "other", "space_id": scene.space, "examples": [{"a": 1}]}
    )["id"]
    refused = api.post("/v2/tasks", scene.task(dataset_id=other))
    assert (refused.status, refused.pointers()) == (422, ["/experiment_ids/0"])
    twice = api.post("/v2/tasks", scene.task(experiment_ids=[scene.experiment] * 2))
    assert (twice.status, twice.pointers()) == (400, ["/experiment_ids/1"])


def test_filters_are_checked_before_they_are_stored(api: Api, scene: Scene) -> None:
    """All of them at once, each with the place of its error."""
    entry = {"evaluator_id": scene.evaluator, "query_filter": "a LIKE 5"}
    body = scene.task(query_filter="output = 'a' AND", evaluators=[entry])
    pointers = ["/evaluators/0/query_filter", "/query_filter"]
    refused = api.post("/v2/tasks", body)
    assert (refused.status, sorted(refused.pointers())) == (400, pointers)
    assert all("at character" in error["message"] for error in refused.body["errors"])
    path = at("/v2/tasks/{}", api.make("/v2/tasks", scene.task())["id"])
    changes = {"query_filter": "1; DROP TABLE runs", "evaluators": [entry]}
    refused = api.patch(path, changes)
    assert (refused.status, sorted(refused.pointers())) == (400, pointers)
    config = {**MATCHES, "query_filter": "now() > 1"}
    version = {"commit_message": "", "code_config": config}
    refused = api.post(at("/v2/evaluators/{}/versions", scene.evaluator), version)
    assert (refused.status, refused.pointers()) == (400, ["/code_config/query_filter"])
    assert api.patch(path, {"query_filter": "output = 'a'"}).body["query_filter"] == "output = 'a'"
    assert api.patch(path, {"query_filter": None}).body["query_filter"] is None
    assert api.patch(path, {"query_filter": ""}).body["query_filter"] is None


def test_changes_keep_what_they_do_not_name(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.project_task(sampling_rate=0.5))
    path = at("/v2/tasks/{}", task["id"])
    changed = api.patch(path, {"sampling_rate": 1}).body
    assert changed == {**task, "sampling_rate": 1.0, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > task["updated_at"]


def test_an_empty_change_is_refused_and_lists_what_there_is(api: Api, scene: Scene) -> None:
    path = at("/v2/tasks/{}", api.make("/v2/tasks", scene.task())["id"])
    refused = api.patch(path, {})
    assert refused.status == 400
    assert "sampling_rate" in refused.body["detail"]


def test_members_of_the_other_type_are_named_as_such(
    api: Api, scene: Scene, unique: Unique
) -> None:
    evaluation = at("/v2/tasks/{}", api.make("/v2/tasks", scene.task())["id"])
    experiment = at("/v2/tasks/{}", run_experiment_task(api, scene, unique)["id"])
    refused = api.patch(evaluation, {"name": "x", "run_configuration": {}})
    assert (refused.status, refused.pointers()) == (400, ["/run_configuration"])
    assert "only run_experiment tasks take it" in refused.body["detail"]
    refused = api.patch(experiment, {"sampling_rate": 1, "evaluators": [], "is_continuous": True})
    assert refused.status == 400
    assert sorted(refused.pointers()) == ["/evaluators", "/is_continuous", "/sampling_rate"]
    assert "this is a run_experiment task" in refused.body["detail"]


def test_span_members_can_not_be_given_to_a_dataset_task(api: Api, scene: Scene) -> None:
    path = at("/v2/tasks/{}", api.make("/v2/tasks", scene.task())["id"])
    refused = api.patch(path, {"sampling_rate": 0.5, "is_continuous": True})
    assert (refused.status, refused.pointers()) == (400, ["/sampling_rate", "/is_continuous"])


def test_evaluators_are_replaced_as_a_whole(api: Api, scene: Scene) -> None:
    other = make_evaluator(api, scene.space, "other", {**MATCHES, "name": "other"})
    path = at("/v2/tasks/{}", api.make("/v2/tasks", scene.task())["id"])
    changed = api.patch(path, {"evaluators": [{"evaluator_id": other}]}).body
    assert [each["evaluator_id"] for each in changed["evaluators"]] == [other]


def test_a_run_experiment_task_takes_its_configuration(
    api: Api, scene: Scene, unique: Unique
) -> None:
    task = run_experiment_task(api, scene, unique)
    assert task["run_configuration"]["experiment_type"] == "llm_generation"
    assert task["run_configuration"]["messages"][0]["role"] == "user"
    assert (task["evaluators"], task["experiment_ids"], task["sampling_rate"]) == ([], [], None)
    path = at("/v2/tasks/{}", task["id"])
    new = {**task["run_configuration"], "model_name": "other"}
    assert api.patch(path, {"run_configuration": new}).body["run_configuration"] == new


def test_a_configuration_is_judged_by_its_own_kind(api: Api, scene: Scene, unique: Unique) -> None:
    body = {
        "name": unique("task"),
        "type": "run_experiment",
        "dataset_id": scene.dataset,
        "run_configuration": {"experiment_type": "llm_generation", "template": "x"},
    }
    refused = api.post("/v2/tasks", body)
    assert refused.status == 400
    assert sorted(refused.pointers()) == [
        "/run_configuration/ai_integration_id",
        "/run_configuration/input_variable_format",
        "/run_configuration/messages",
        "/run_configuration/template",
    ]


def make_evaluator(api: Api, space: str, name: str, config: dict[str, Any]) -> str:
    version = {"commit_message": "", "code_config": config}
    body = {"name": name, "space_id": space, "type": "code", "version": version}
    made: str = api.make("/v2/evaluators", body)["id"]
    return made


def run_experiment_task(api: Api, scene: Scene, unique: Unique) -> Any:
    integration = api.make(
        "/v2/ai-integrations", {"name": unique("integration"), "provider": "custom"}
    )
    return api.make(
        "/v2/tasks",
        {
            "name": unique("task"),
            "type": "RUN_EXPERIMENT",
            "dataset_id": scene.dataset,
            "run_configuration": {
                "experiment_type": "LLM_GENERATION",
                "ai_integration_id": integration["id"],
                "model_name": "small",
                "messages": [{"role": "USER", "content": "{question}"}],
                "input_variable_format": "F_STRING",
            },
        },
    )


def test_a_filter_that_is_none_is_refused_with_its_position(api: Api, scene: Scene) -> None:
    entry = {"evaluator_id": scene.evaluator, "query_filter": "output LIKE"}
    body = scene.task(query_filter="score = (1", evaluators=[entry])
    refused = api.post("/v2/tasks", body)
    assert refused.status == 400
    assert sorted(refused.pointers()) == ["/evaluators/0/query_filter", "/query_filter"]
    assert "at character" in refused.body["detail"]
    task = at("/v2/tasks/{}", api.make("/v2/tasks", scene.task())["id"])
    assert api.patch(task, {"query_filter": "drop table x"}).pointers() == ["/query_filter"]
    config = {**MATCHES, "query_filter": "1 +"}
    version = {"commit_message": "", "code_config": config}
    refused = api.post(at("/v2/evaluators/{}/versions", scene.evaluator), version)
    assert (refused.status, refused.pointers()) == (400, ["/code_config/query_filter"])


def test_a_filter_is_kept_until_it_is_cleared(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.task(query_filter="score < 0.5"))
    path = at("/v2/tasks/{}", task["id"])
    assert task["query_filter"] == "score < 0.5"
    assert api.patch(path, {"name": "renamed"}).body["query_filter"] == "score < 0.5"
    assert api.patch(path, {"query_filter": None}).body["query_filter"] is None
