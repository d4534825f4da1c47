"""What a run of a task may be asked to do. No worker runs here: what is triggered stays pending."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.client import Api, at
from server.scenes import Scene, build_scene
from server.test_tasks import run_experiment_task

Unique = Callable[[str], str]


@pytest.fixture
def api(idle: Api) -> Api:
    """A server without workers."""
    return idle


@pytest.fixture
def scene(api: Api) -> Scene:
    return build_scene(api)


def trigger(api: Api, task: dict[str, Any], body: object, **headers: str) -> Any:
    return api.post(at("/v2/tasks/{}/trigger", task["id"]), body, **headers)


def test_a_body_is_optional(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.task())
    bodies: tuple[object, ...] = ({}, None)
    for body in bodies:
        run = trigger(api, task, body)
        assert (run.status, run.body["status"]) == (201, "pending")
        assert (run.body["data_start_time"], run.body["experiment_id"]) == (None, None)


def test_the_first_window_is_a_week_and_the_next_begins_at_the_last_run(
    api: Api, scene: Scene
) -> None:
    task = api.make("/v2/tasks", scene.project_task())
    first = trigger(api, task, {}).body
    start, end = (datetime.fromisoformat(first[f"data_{side}_time"]) for side in ("start", "end"))
    assert end - start == timedelta(days=7)
    second = trigger(api, task, {}).body
    assert (
        second["data_start_time"] == first["created_at"]
        or second["data_start_time"] >= (first["data_end_time"])
    )


def test_times_without_offset_are_utc(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.project_task())
    window = {
        "data_start_time": "2026-01-01T00:00:00",
        "data_end_time": "2026-01-02 02:00:00+02:00",
    }
    run = trigger(api, task, window).body
    assert run["data_start_time"] == "2026-01-01T00:00:00Z"
    assert run["data_end_time"] == "2026-01-02T00:00:00Z"


WINDOWS = {
    "too long": {
        "data_start_time": "2026-01-01T00:00:00Z",
        "data_end_time": "2026-02-01T00:00:00Z",
    },
    "backwards": {
        "data_start_time": "2026-01-02T00:00:00Z",
        "data_end_time": "2026-01-01T00:00:00Z",
    },
    "empty": {"data_start_time": "2026-01-01T00:00:00Z", "data_end_time": "2026-01-01T00:00:00Z"},
    "not yet": {"data_start_time": (datetime.now(UTC) + timedelta(days=1)).isoformat()},
    "no time": {"data_start_time": "2026-13-01T00:00:00Z"},
    "only a date": {"data_start_time": "2026-01-01"},
}


@pytest.mark.parametrize("case", WINDOWS)
def test_a_window_must_make_sense(api: Api, scene: Scene, case: str) -> None:
    task = api.make("/v2/tasks", scene.project_task())
    refused = trigger(api, task, WINDOWS[case])
    assert (refused.status, refused.pointers()) == (400, ["/data_start_time"])


def test_extreme_times_are_refused_like_any_other(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.project_task())
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert trigger(api, task, {"data_end_time": text}).status == 400
    assert trigger(api, task, {"data_end_time": "0001-01-01T00:00:00Z"}).status == 400


def test_only_dataset_tasks_take_experiments(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.project_task())
    refused = trigger(api, task, {"experiment_ids": [scene.experiment]})
    assert (refused.status, refused.pointers()) == (400, ["/experiment_ids"])


def test_experiments_of_a_run_must_belong_to_the_dataset(api: Api, scene: Scene) -> None:
    other = build_scene(api)
    task = api.make("/v2/tasks", scene.task())
    refused = trigger(api, task, {"experiment_ids": [scene.experiment, other.experiment]})
    assert (refused.status, refused.pointers()) == (422, ["/experiment_ids/1"])


def test_members_of_the_other_type_are_named_as_such(
    api: Api, scene: Scene, unique: Unique
) -> None:
    evaluation = api.make("/v2/tasks", scene.task())
    refused = trigger(api, evaluation, {"experiment_name": "x", "max_examples": 1, "max_spans": 1})
    assert refused.status == 400
    assert sorted(refused.pointers()) == ["/experiment_name", "/max_examples"]
    assert "only run_experiment tasks take it" in refused.body["detail"]
    experiment = run_experiment_task(api, scene, unique)
    refused = trigger(api, experiment, {"override_evaluations": True})
    assert sorted(refused.pointers()) == ["/experiment_name", "/override_evaluations"]


def test_what_can_not_reach_a_model_is_refused_plainly_and_nothing_is_started(
    api: Api, scene: Scene, unique: Unique
) -> None:
    task = run_experiment_task(api, scene, unique)
    integration = task["run_configuration"]["ai_integration_id"]
    api.delete(at("/v2/ai-integrations/{}", integration))
    refused = trigger(api, task, {"experiment_name": "new"})
    assert refused.status == 422
    assert "an AI integration that is gone" in refused.body["detail"]
    assert api.get(at("/v2/tasks/{}/runs", task["id"])).body["task_runs"] == []
    assert api.get(at("/v2/tasks/{}", task["id"])).body["last_run_at"] is None


RUN_EXPERIMENT: dict[str, tuple[dict[str, object], int, list[str]]] = {
    "a taken name": ({"experiment_name": "first"}, 409, ["/experiment_name"]),
    "both choices": (
        {"max_examples": 1, "example_ids": ["EXAMPLE"]},
        400,
        ["/example_ids", "/max_examples"],
    ),
    "an unknown example": ({"example_ids": ["TASK"]}, 422, ["/example_ids/0"]),
    "an unknown version": ({"dataset_version_id": "TASK"}, 404, ["/dataset_version_id"]),
    "no evaluation task": ({"evaluation_task_ids": ["TASK"]}, 422, ["/evaluation_task_ids/0"]),
    "a quote in the name": ({"experiment_name": 'say "x"'}, 400, ["/experiment_name"]),
    "metadata that is no text": ({"tracing_metadata": {"a": 1}}, 400, ["/tracing_metadata/a"]),
}


@pytest.mark.parametrize("case", RUN_EXPERIMENT)
def test_a_run_of_an_experiment_is_checked_all_the_same(
    api: Api, scene: Scene, unique: Unique, case: str
) -> None:
    task = run_experiment_task(api, scene, unique)
    names = {"TASK": task["id"], "EXAMPLE": scene.examples[0]}
    changes, status, pointers = RUN_EXPERIMENT[case]

    def fill(value: object) -> object:
        if isinstance(value, list):
            return [names[each] for each in value]
        return names.get(value, value) if isinstance(value, str) else value

    body = {"experiment_name": "new", **{name: fill(value) for name, value in changes.items()}}
    refused = trigger(api, task, body)
    assert (refused.status, refused.pointers()) == (status, pointers)


def test_the_same_key_starts_one_run(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.task())
    key = {"Idempotency-Key": "monday"}
    first = trigger(api, task, {"max_spans": 5, "override_evaluations": True}, **key)
    again = trigger(api, task, {"override_evaluations": True, "max_spans": 5}, **key)
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    other = trigger(api, task, {}, **key)
    assert (other.status, other.pointers()) == (409, ["header:Idempotency-Key"])
    elsewhere = trigger(api, api.make("/v2/tasks", scene.task()), {}, **key)
    assert elsewhere.body["id"] != first.body["id"]


def test_a_repeated_request_is_answered_even_if_it_could_not_be_made_any_more(
    api: Api, scene: Scene
) -> None:
    """The point of a key is that a client may repeat itself after a lost answer."""
    task = api.make("/v2/tasks", scene.task())
    first = trigger(api, task, {}, **{"Idempotency-Key": "monday"})
    api.delete(at("/v2/experiments/{}", scene.experiment))
    again = trigger(api, task, {}, **{"Idempotency-Key": "monday"})
    assert (again.status, again.body["id"]) == (201, first.body["id"])


def test_runs_are_listed_newest_first_and_by_status(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.task())
    ids = [trigger(api, task, {}).body["id"] for _ in range(3)]
    api.post(at("/v2/task-runs/{}/cancel", ids[1]))
    path = at("/v2/tasks/{}/runs", task["id"])

    def listed(query: str) -> list[str]:
        return [run["id"] for run in api.get(f"{path}?{query}").body["task_runs"]]

    assert listed("") == ids[::-1]
    assert listed("status=PENDING") == [ids[2], ids[0]]
    assert listed("status=cancelled") == [ids[1]]
    assert listed("status=failed") == []
    page = api.get(f"{path}?limit=1").body
    rest = api.get(f"{path}?limit=2&cursor={page['pagination']['next_cursor']}").body["task_runs"]
    assert [run["id"] for run in rest] == ids[1::-1]


def test_deleting_a_task_takes_its_runs_along(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.task())
    run = trigger(api, task, {}).body["id"]
    assert api.delete(at("/v2/tasks/{}", task["id"])).status == 204
    assert api.get(at("/v2/task-runs/{}", run)).status == 404
