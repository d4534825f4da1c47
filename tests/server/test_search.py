"""Searching examples and runs with the language of `query_filter`."""

from typing import Any

import pytest

from evalwright_server.services.pages import MOST_SCANNED
from server.client import Api, at
from server.scenes import Scene


def search(api: Api, path: str, member: str, **body: Any) -> list[dict[str, Any]]:
    """Return all that is found, page by page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.post(f"{path}/search", body | cursor)
        assert page.status == 200, page.content
        found += page.body[member]
        if not page.body["pagination"]["has_more"]:
            return found
        cursor = {"cursor": page.body["pagination"]["next_cursor"]}


def questions(api: Api, scene: Scene, text: str | None, **body: Any) -> list[str]:
    path = at("/v2/datasets/{}/examples", scene.dataset)
    body = body if text is None else {"filter": text, **body}
    return [row["question"] for row in search(api, path, "examples", **body)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, ["q0", "q1", "q2"]),
        ("", ["q0", "q1", "q2"]),
        ("question = 'q1' OR expected LIKE '%0'", ["q0", "q1"]),
        ("NOT question IN ('q0', 'q1')", ["q2"]),
        ("missing IS NULL AND created_at > '2020-01-01'", ["q0", "q1", "q2"]),
        ("missing = 1", []),
    ],
)
def test_a_filter_picks_examples(
    api: Api, scene: Scene, text: str | None, found: list[str]
) -> None:
    assert questions(api, scene, text) == found


def test_a_search_needs_no_body(api: Api, scene: Scene) -> None:
    path = at("/v2/datasets/{}/examples", scene.dataset)
    assert api.post(f"{path}/search").body == api.get(path).body


def test_an_example_is_found_by_its_id_and_its_annotations(api: Api, scene: Scene) -> None:
    assert questions(api, scene, f"id = '{scene.examples[2]}'") == ["q2"]
    values = [{"name": "tone", "label": "rude", "score": 0.5}]
    body = {"annotations": [{"record_id": scene.examples[1], "values": values}]}
    api.post(at("/v2/datasets/{}/examples/annotate", scene.dataset), body)
    assert questions(api, scene, "annotation.tone.label = 'rude'") == ["q1"]
    assert questions(api, scene, "annotation.tone.score < 1") == ["q1"]


def test_a_version_is_searched_as_it_is(api: Api, scene: Scene) -> None:
    path = at("/v2/datasets/{}", scene.dataset)
    change = {"examples": [{"id": scene.examples[0], "expected": "b"}], "new_version": "second"}
    api.patch(f"{path}/examples", change)
    (_, old) = api.get(path).body["versions"]
    assert questions(api, scene, "expected = 'b'") == ["q0"]
    assert questions(api, scene, "expected = 'b'", dataset_version_id="") == ["q0"]
    assert questions(api, scene, "expected = 'b'", dataset_version_id=old["id"]) == []


def test_pages_go_on_where_the_last_one_ended(api: Api, scene: Scene) -> None:
    path = at("/v2/datasets/{}/examples", scene.dataset)
    first = api.post(f"{path}/search", {"filter": "question != 'q1'", "limit": 1}).body
    assert [row["question"] for row in first["examples"]] == ["q0"]
    cursor = first["pagination"]["next_cursor"]
    second = api.post(f"{path}/search", {"filter": "question != 'q1'", "cursor": cursor}).body
    assert [row["question"] for row in second["examples"]] == ["q2"]
    assert second["pagination"] == {"has_more": False, "next_cursor": None}
    assert questions(api, scene, "question != 'q0'", limit=1) == ["q1", "q2"]


@pytest.mark.slow
def test_a_long_search_comes_in_parts(api: Api, scene: Scene) -> None:
    """A request looks at so many rows, and says where the next one goes on."""
    rows = [{"question": "x"}] * 1000
    path = at("/v2/datasets/{}/examples", scene.dataset)
    for _ in range(MOST_SCANNED // 1000):
        api.make(path, {"examples": rows})
    api.make(path, {"examples": [{"question": "last"}]})
    page = api.post(f"{path}/search", {"filter": "question = 'last'"}).body
    assert (page["examples"], page["pagination"]["has_more"]) == ([], True)
    assert questions(api, scene, "question = 'last'") == ["last"]


def test_runs_are_found_by_their_columns_and_those_of_their_examples(
    api: Api, scene: Scene
) -> None:
    task = api.make("/v2/tasks", scene.task())["id"]
    run = api.make(at("/v2/tasks/{}/trigger", task), {})["id"]
    api.get(at("/v2/task-runs/{}", run), Prefer="wait=30")
    path = at("/v2/experiments/{}/runs", scene.experiment)

    def outputs(text: str) -> list[str]:
        return [row["output"] for row in search(api, path, "experiment_runs", filter=text)]

    assert outputs("output > 'a0' AND question != 'q2'") == ["a1"]
    assert outputs("eval.matches.score = 1 AND eval.matches.error IS NULL") == ["a0", "a1", "a2"]
    assert outputs(f"example_id = '{scene.examples[0]}'") == ["a0"]
    found = search(api, path, "experiment_runs", filter="question = 'q1'")
    assert found == [api.get(path).body["experiment_runs"][1]]
    values = [{"name": "tone", "label": "rude"}]
    body = {"annotations": [{"record_id": found[0]["id"], "values": values}]}
    api.post(f"{path}/annotate", body)
    assert outputs("annotation.tone.label = 'rude'") == ["a1"]


@pytest.mark.parametrize("kind", ["examples", "runs"])
def test_what_is_wrong_with_a_search_is_said(api: Api, scene: Scene, kind: str) -> None:
    paths = {
        "examples": at("/v2/datasets/{}/examples/search", scene.dataset),
        "runs": at("/v2/experiments/{}/runs/search", scene.experiment),
    }
    path = paths[kind]
    refused = api.post(path, {"filter": "output = 'a' AND DROP TABLE x"})
    assert (refused.status, refused.pointers()) == (400, ["/filter"])
    assert "at character" in refused.body["detail"]
    refused = api.post(path, {"cursor": "x"})
    assert (refused.status, refused.pointers()) == (400, ["/cursor"])
    refused = api.post(path, {"limit": 501, "filter": 1, "x": 2})
    assert (refused.status, sorted(refused.pointers())) == (400, ["/filter", "/limit", "/x"])
    assert api.post(path, {"limit": 1.0}).status == 200
