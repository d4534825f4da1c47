"""Experiments and the rows in them."""

from server.client import Api, at
from server.scenes import Scene


def test_runs_keep_every_column_and_their_order(api: Api, scene: Scene) -> None:
    rows: list[dict[str, object]] = [
        {"example_id": scene.examples[2], "output": "c", "latency": 1.5, "eval.old.score": 1},
        {"example_id": scene.examples[0], "output": "a", "error": "timed out"},
    ]
    body = {"name": "second", "dataset_id": scene.dataset, "experiment_runs": rows}
    experiment = api.make("/v2/experiments", body)
    runs = api.get(at("/v2/experiments/{}/runs", experiment["id"])).body["experiment_runs"]
    assert [{name: run[name] for name in run if name != "id"} for run in runs] == [
        {**rows[0], "error": None},
        rows[1],
    ]


def test_an_experiment_answers_the_latest_version(api: Api, scene: Scene) -> None:
    change = {"examples": [{"id": scene.examples[0], "n": 1}], "new_version": "second"}
    written = api.patch(at("/v2/datasets/{}/examples", scene.dataset), change).body
    rows = [{"example_id": scene.examples[0], "output": "a"}]
    body = {"name": "second", "dataset_id": scene.dataset, "experiment_runs": rows}
    experiment = api.make("/v2/experiments", body)
    assert experiment["dataset_version_id"] == written["dataset_version_id"]


def test_every_wrong_row_is_named(api: Api, scene: Scene) -> None:
    good = {"example_id": scene.examples[0], "output": "a"}
    rows = [good, {**good, "id": "x"}, {**good, "error": 5}, {**good, "example_id": "q0"}]
    body = {"name": "second", "dataset_id": scene.dataset, "experiment_runs": rows}
    refused = api.post("/v2/experiments", body)
    assert refused.status == 400
    assert refused.pointers() == [
        "/experiment_runs/1/id",
        "/experiment_runs/2/error",
        "/experiment_runs/3/example_id",
    ]


def test_runs_are_appended_to_the_version_the_experiment_ran_over(api: Api, scene: Scene) -> None:
    path = at("/v2/experiments/{}", scene.experiment)
    before = api.get(path).body
    newer = {"examples": [{"id": scene.examples[0], "n": 1}], "new_version": "second"}
    api.patch(at("/v2/datasets/{}/examples", scene.dataset), newer)
    examples = at("/v2/datasets/{}/examples", scene.dataset)
    (late,) = api.make(examples, {"examples": [{"question": "late"}]})["example_ids"]
    rows = [{"example_id": each, "output": "again"} for each in reversed(scene.examples)]
    appended = api.make(f"{path}/runs", {"experiment_runs": rows})
    run_ids = appended.pop("run_ids")
    assert appended == {**before, "updated_at": appended["updated_at"]}
    assert appended["updated_at"] > before["updated_at"]
    runs = api.get(f"{path}/runs").body["experiment_runs"]
    assert [(run["id"], run["example_id"]) for run in runs[3:]] == list(
        zip(run_ids, reversed(scene.examples), strict=True)
    )
    rows = [{"example_id": late, "output": "x"}, {"example_id": "x", "output": "x", "id": "1"}]
    refused = api.post(f"{path}/runs", {"experiment_runs": rows})
    assert refused.status == 400
    assert sorted(refused.pointers()) == [
        "/experiment_runs/0/example_id",
        "/experiment_runs/1/example_id",
        "/experiment_runs/1/id",
    ]


def test_an_example_of_another_dataset_is_not_found(api: Api, scene: Scene) -> None:
    other = api.make(
        "/v2/datasets", {"name": "other", "space_id": scene.space, "examples": [{"a": 1}]}
    )
    (example,) = api.get(at("/v2/datasets/{}/examples", other["id"])).body["examples"]
    rows = [{"example_id": example["id"], "output": "a"}]
    body = {"name": "second", "dataset_id": scene.dataset, "experiment_runs": rows}
    refused = api.post("/v2/experiments", body)
    assert (refused.status, refused.pointers()) == (404, ["/experiment_runs/0/example_id"])


def test_names_are_unique_inside_the_dataset(api: Api, scene: Scene) -> None:
    rows = [{"example_id": scene.examples[0], "output": "a"}]
    body = {"name": "first", "dataset_id": scene.dataset, "experiment_runs": rows}
    assert api.post("/v2/experiments", body).status == 409


def test_a_task_loses_a_deleted_experiment(api: Api, scene: Scene) -> None:
    task = at("/v2/tasks/{}", api.make("/v2/tasks", scene.task())["id"])
    assert api.delete(at("/v2/experiments/{}", scene.experiment)).status == 204
    assert api.get(task).body["experiment_ids"] == []
    refused = api.post(f"{task}/trigger", {})
    assert (refused.status, refused.pointers()) == (422, ["/experiment_ids"])


def test_deleting_a_dataset_takes_experiments_and_tasks_along(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.task())["id"]
    assert api.delete(at("/v2/datasets/{}", scene.dataset)).status == 204
    assert api.get(at("/v2/experiments/{}", scene.experiment)).status == 404
    assert api.get(at("/v2/tasks/{}", task)).status == 404
