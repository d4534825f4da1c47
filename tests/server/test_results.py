"""What a run of a task did, row by row."""

from typing import Any

import pytest

from server.client import Api, at
from server.scenes import MATCHES, Scene


def trigger(api: Api, task: str, **body: Any) -> dict[str, Any]:
    """Run a task to its end."""
    run = api.make(at("/v2/tasks/{}/trigger", task), body)["id"]
    done: dict[str, Any] = api.get(at("/v2/task-runs/{}", run), Prefer="wait=30").body
    return done


def results(api: Api, run: str, **query: str) -> list[dict[str, Any]]:
    """Return all results, two at a time."""
    found: list[dict[str, Any]] = []
    more = "".join(f"&{name}={value}" for name, value in query.items())
    path = at("/v2/task-runs/{}/results?limit=2", run) + more
    cursor = ""
    while True:
        page = api.get(path + cursor)
        assert page.status == 200, page.content
        found += page.body["results"]
        if not page.body["pagination"]["has_more"]:
            return found
        cursor = f"&cursor={page.body['pagination']['next_cursor']}"


def outcomes(api: Api, run: str, **query: str) -> list[tuple[str, str]]:
    return [(each["evaluator_name"], each["outcome"]) for each in results(api, run, **query)]


@pytest.fixture
def task(api: Api, scene: Scene) -> str:
    """A task that can judge all rows but one."""
    rows: list[dict[str, Any]] = [
        {"example_id": each, "output": "a1", "expected2": "a1"} for each in scene.examples
    ]
    del rows[1]["expected2"]
    body = {"name": "second", "dataset_id": scene.dataset, "experiment_runs": rows}
    experiment = api.make("/v2/experiments", body)["id"]
    entry = {"evaluator_id": scene.evaluator, "column_mappings": {"expected": "expected2"}}
    made: str = api.make("/v2/tasks", scene.task(experiment_ids=[experiment], evaluators=[entry]))[
        "id"
    ]
    return made


def test_errors_can_be_listed(api: Api, scene: Scene, task: str) -> None:
    run = trigger(api, task)
    assert (run["num_successes"], run["num_errors"]) == (2, 1)
    (error,) = results(api, run["id"], outcome="error")
    experiment = api.get(at("/v2/tasks/{}", task)).body["experiment_ids"][0]
    rows = api.get(at("/v2/experiments/{}/runs", experiment)).body["experiment_runs"]
    assert error == {
        "row_id": rows[1]["id"],
        "example_id": scene.examples[1],
        "experiment_id": experiment,
        "evaluator_name": "matches",
        "outcome": "error",
        "score": None,
        "label": None,
        "explanation": None,
        "error": rows[1]["eval.matches.error"],
        "updated_at": error["updated_at"],
    }
    everything = results(api, run["id"])
    assert [each["row_id"] for each in everything] == [row["id"] for row in rows]
    assert [each["score"] for each in everything] == [1.0, None, 1.0]
    assert outcomes(api, run["id"], outcome="judged") == [("matches", "judged")] * 2


def test_what_was_left_alone_is_listed_too(api: Api, task: str) -> None:
    """As it was then: what later runs do changes nothing about it."""
    trigger(api, task)
    second = trigger(api, task)
    assert (second["num_errors"], second["num_skipped"]) == (1, 2)
    kinds = ["skipped", "error", "skipped"]
    assert outcomes(api, second["id"]) == [("matches", each) for each in kinds]
    assert outcomes(api, second["id"], outcome="skipped") == [("matches", "skipped")] * 2
    trigger(api, task, override_evaluations=True)
    assert outcomes(api, second["id"]) == [("matches", "skipped")] * 2


def test_results_that_a_later_run_replaced_are_that_ones(api: Api, task: str) -> None:
    first = trigger(api, task)
    second = trigger(api, task, override_evaluations=True)
    assert outcomes(api, first["id"]) == []
    assert len(outcomes(api, second["id"])) == 3


def test_rows_that_a_filter_takes_out_are_no_results(api: Api, scene: Scene, task: str) -> None:
    path = at("/v2/tasks/{}", task)
    assert api.patch(path, {"query_filter": "question = 'q0'"}).status == 200
    run = trigger(api, task)
    assert (run["num_successes"], run["num_errors"], run["num_skipped"]) == (1, 0, 0)
    assert run["progress"]["total"] == 1
    (result,) = results(api, run["id"])
    assert result["example_id"] == scene.examples[0]
    again = trigger(api, task)
    assert (again["num_skipped"], len(results(api, again["id"]))) == (1, 1)


def test_deleted_rows_are_no_results_any_more(api: Api, task: str) -> None:
    run = trigger(api, task)
    experiment = api.get(at("/v2/tasks/{}", task)).body["experiment_ids"][0]
    assert api.delete(at("/v2/experiments/{}", experiment)).status == 204
    assert results(api, run["id"]) == []


def test_a_run_that_matched_nothing_says_which_filter_it_was(api: Api, scene: Scene) -> None:
    own = {**MATCHES, "name": "picky", "query_filter": "question = 'q9'"}
    version = {"commit_message": "", "code_config": own}
    body = {"name": "picky", "space_id": scene.space, "type": "code", "version": version}
    picky = api.make("/v2/evaluators", body)["id"]
    both = [{"evaluator_id": scene.evaluator}, {"evaluator_id": picky}]
    task = api.make("/v2/tasks", scene.task(evaluators=both))["id"]
    run = trigger(api, task)
    assert (run["status"], run["num_successes"]) == ("completed", 3)
    assert "0 of 3 rows matched the query_filter of evaluator 'picky'" in run["note"]
    api.patch(at("/v2/tasks/{}", task), {"query_filter": "output = 'z'"})
    run = trigger(api, task)
    assert run["progress"] == {"total": 0, "done": 0, "succeeded": 0, "failed": 0, "skipped": 0}
    assert "0 of 3 rows matched query_filter \"output = 'z'\"" in run["note"]


def test_a_wrong_question_is_refused(api: Api, scene: Scene, task: str) -> None:
    run = trigger(api, task)["id"]
    refused = api.get(at("/v2/task-runs/{}/results?outcome=bad&limit=0&cursor=x", run))
    assert refused.status == 400
    assert sorted(refused.pointers()) == ["query:limit", "query:outcome"]
    assert api.get(at("/v2/task-runs/{}/results?cursor=x", run)).pointers() == ["query:cursor"]
    assert api.get(at("/v2/task-runs/{}/results", scene.dataset)).status == 404
