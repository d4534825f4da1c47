"""A run of a task, from its trigger to the scores, through real workers."""

from server.client import Api, at
from server.scenes import Scene


def finished(api: Api, run: str) -> dict[str, object]:
    """Wait for the end of a run."""
    done: dict[str, object] = api.get(at("/v2/task-runs/{}", run), Prefer="wait=30").body
    return done


def test_a_run_judges_every_row_and_the_scores_stand_beside_the_outputs(
    api: Api, scene: Scene
) -> None:
    task = api.make("/v2/tasks", scene.task())["id"]
    triggered = api.post(at("/v2/tasks/{}/trigger", task), {})
    assert triggered.status == 201
    assert triggered.body["status"] == "pending"
    run = triggered.body["id"]
    assert triggered.headers["Location"] == at("/v2/task-runs/{}", run)
    done = finished(api, run)
    assert (done["status"], done["num_successes"], done["num_errors"]) == ("completed", 3, 0)
    assert done["run_started_at"]
    assert done["run_finished_at"]
    runs = api.get(at("/v2/experiments/{}/runs", scene.experiment)).body["experiment_runs"]
    assert [run["eval.matches.score"] for run in runs] == [1.0, 1.0, 1.0]
    assert not any("eval.matches.error" in run for run in runs)
    assert api.get(at("/v2/tasks/{}", task)).body["last_run_at"] is not None
    experiment = api.get(at("/v2/experiments/{}", scene.experiment)).body
    assert experiment["updated_at"] > experiment["created_at"]


def test_a_second_run_skips_what_is_judged_unless_told(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.task())["id"]
    trigger = at("/v2/tasks/{}/trigger", task)
    finished(api, api.make(trigger, {})["id"])
    again = finished(api, api.make(trigger, {})["id"])
    assert (again["status"], again["num_successes"], again["num_skipped"]) == ("completed", 0, 3)
    assert again["note"]
    over = finished(api, api.make(trigger, {"override_evaluations": True})["id"])
    assert (over["num_successes"], over["num_skipped"]) == (3, 0)


def test_rows_that_can_not_be_judged_say_why(api: Api, scene: Scene) -> None:
    entry = {"evaluator_id": scene.evaluator, "column_mappings": {"expected": "answer"}}
    task = api.make("/v2/tasks", scene.task(evaluators=[entry]))["id"]
    done = finished(api, api.make(at("/v2/tasks/{}/trigger", task), {})["id"])
    assert (done["status"], done["num_errors"]) == ("completed", 3)
    runs = api.get(at("/v2/experiments/{}/runs", scene.experiment)).body["experiment_runs"]
    assert all("answer" in run["eval.matches.error"] for run in runs)


def test_a_project_without_spans_is_no_error_but_a_note(api: Api, scene: Scene) -> None:
    task = api.make("/v2/tasks", scene.project_task())["id"]
    run = api.make(at("/v2/tasks/{}/trigger", task), {})
    assert run["data_start_time"] < run["data_end_time"]
    done = finished(api, run["id"])
    assert (done["status"], done["num_successes"]) == ("completed", 0)
    assert "spans" in str(done["note"])


def test_custom_code_is_run_in_its_sandbox(api: Api, scene: Scene) -> None:
    code = {
        "type": "custom",
        "name": "length",
        "variables": ["output"],
        "code": "def evaluate(output, **kwargs):\n    return len(output) / 10\n",
    }
    version = {"commit_message": "", "code_config": code}
    body = {"name": "length", "space_id": scene.space, "type": "code", "version": version}
    evaluator = api.make("/v2/evaluators", body)["id"]
    task = api.make("/v2/tasks", scene.task(evaluators=[{"evaluator_id": evaluator}]))["id"]
    done = finished(api, api.make(at("/v2/tasks/{}/trigger", task), None)["id"])
    assert (done["status"], done["num_successes"]) == ("completed", 3), done
    runs = api.get(at("/v2/experiments/{}/runs", scene.experiment)).body["experiment_runs"]
    assert [run["eval.length.score"] for run in runs] == [0.2, 0.2, 0.2]
