"""Datasets: examples as versions see them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.client import Api, at
from server.scenes import Scene

Unique = Callable[[str], str]
SERVER_MEMBERS = {"id", "created_at", "updated_at"}


def rows(api: Api, dataset: str, version: str = "") -> list[dict[str, Any]]:
    """Return the user's columns of a version's examples."""
    path = at("/v2/datasets/{}/examples?limit=500&dataset_version_id={}", dataset, version)
    examples = api.get(path).body["examples"]
    return [
        {name: value for name, value in example.items() if name not in SERVER_MEMBERS}
        for example in examples
    ]


def test_a_dataset_starts_with_one_version(api: Api, scene: Scene) -> None:
    dataset = api.get(at("/v2/datasets/{}", scene.dataset)).body
    (version,) = dataset["versions"]
    assert version["dataset_id"] == scene.dataset
    assert len(rows(api, scene.dataset, version["id"])) == 3


def test_columns_come_back_as_they_were_sent(api: Api, scene: Scene) -> None:
    row = {
        "text": "ä\u2028 \U0001f600",
        "none": None,
        "list": [1, 2.5, {"deep": [True]}],
        "": "no name",
        "big": 2**62,
    }
    body = {"name": "odd", "space_id": scene.space, "examples": [row]}
    dataset = api.make("/v2/datasets", body)
    assert rows(api, dataset["id"]) == [row]
    assert list(rows(api, dataset["id"])[0]) == list(row)


@pytest.mark.parametrize("column", ["id", "created_at", "updated_at", "annotations"])
def test_columns_of_the_server_are_refused(api: Api, scene: Scene, column: str) -> None:
    examples = [{"a": 1}, {"b": 1, column: "x"}]
    body = {"name": "odd", "space_id": scene.space, "examples": examples}
    refused = api.post("/v2/datasets", body)
    assert (refused.status, refused.pointers()) == (400, [f"/examples/1/{column}"])
    path = at("/v2/datasets/{}/examples", scene.dataset)
    assert api.post(path, {"examples": examples}).status == 400


def test_appending_goes_to_the_latest_version_in_place(api: Api, scene: Scene) -> None:
    path = at("/v2/datasets/{}/examples?dataset_version_id=", scene.dataset)
    written = api.make(path, {"examples": [{"question": "new"}, {"question": "newer"}]})
    assert len(written["example_ids"]) == 2
    assert [row["question"] for row in rows(api, scene.dataset)] == [
        "q0",
        "q1",
        "q2",
        "new",
        "newer",
    ]
    assert len(api.get(at("/v2/datasets/{}", scene.dataset)).body["versions"]) == 1
    assert written["updated_at"] > written["created_at"]


def test_updating_in_place_merges_columns_and_skips_strangers(api: Api, scene: Scene) -> None:
    stranger = scene.examples[0].replace(scene.examples[0][-4:], "Aaaa")
    changes = [{"id": scene.examples[1], "expected": "b"}, {"id": scene.dataset, "expected": "c"}]
    path = at("/v2/datasets/{}/examples", scene.dataset)
    written = api.patch(path, {"examples": changes}).body
    assert written["example_ids"] == [scene.examples[1]]
    assert rows(api, scene.dataset)[1] == {"question": "q1", "expected": "b"}
    assert api.patch(path, {"examples": [{"id": stranger}]}).status in {200, 400}


def test_a_new_version_leaves_the_old_one_alone(api: Api, scene: Scene) -> None:
    path = at("/v2/datasets/{}/examples", scene.dataset)
    body = {"examples": [{"id": scene.examples[0], "expected": "b"}], "new_version": "second"}
    written = api.patch(path, body).body
    new, old = api.get(at("/v2/datasets/{}", scene.dataset)).body["versions"]
    assert (new["name"], new["id"]) == ("second", written["dataset_version_id"])
    assert rows(api, scene.dataset, old["id"])[0]["expected"] == "a0"
    assert rows(api, scene.dataset, new["id"])[0]["expected"] == "b"
    assert rows(api, scene.dataset) == rows(api, scene.dataset, new["id"])
    assert api.patch(path, body).status == 409


def test_an_example_twice_in_an_update_is_refused(api: Api, scene: Scene) -> None:
    path = at("/v2/datasets/{}/examples", scene.dataset)
    twice = [{"id": scene.examples[0], "a": 1}, {"id": scene.examples[0], "a": 2}]
    refused = api.patch(path, {"examples": twice})
    assert (refused.status, refused.pointers()) == (400, ["/examples/1/id"])


def test_the_version_of_another_dataset_is_refused(api: Api, scene: Scene) -> None:
    other = api.make(
        "/v2/datasets", {"name": "other", "space_id": scene.space, "examples": [{"a": 1}]}
    )
    path = at(
        "/v2/datasets/{}/examples?dataset_version_id={}", scene.dataset, other["versions"][0]["id"]
    )
    assert api.get(path).status == 404


def test_examples_are_paged_in_the_order_of_insertion(api: Api, scene: Scene) -> None:
    path = at("/v2/datasets/{}/examples?limit=2", scene.dataset)
    first = api.get(path).body
    cursor = first["pagination"]["next_cursor"]
    second = api.get(f"{path}&cursor={cursor}").body
    assert [each["id"] for each in first["examples"] + second["examples"]] == scene.examples


def test_a_dataset_is_renamed_unless_it_has_changed(api: Api, scene: Scene) -> None:
    path = at("/v2/datasets/{}", scene.dataset)
    before = api.get(path)
    renamed = api.patch(path, {"name": "truths"}, **{"If-Match": before.headers["ETag"]})
    assert (renamed.status, renamed.body) == (200, {**before.body, "name": "truths"})
    again = api.patch(path, {"name": "lies"}, **{"If-Match": before.headers["ETag"]})
    assert (again.status, api.get(path).body["name"]) == (412, "truths")
    other = {"name": "taken", "space_id": scene.space, "examples": [{"a": 1}]}
    api.make("/v2/datasets", other)
    assert api.patch(path, {"name": "taken"}).status == 409
    assert api.patch(path, {}).status == 400


def test_removed_examples_stay_where_experiments_refer_to_them(api: Api, scene: Scene) -> None:
    path = at("/v2/datasets/{}/examples", scene.dataset)
    body = {"examples": [{"id": scene.examples[0], "expected": "b"}], "new_version": "second"}
    second = api.patch(path, body).body["dataset_version_id"]
    wanted = [scene.examples[0], scene.examples[0], scene.dataset]
    removed = api.send("DELETE", path, {"dataset_version_id": second, "example_ids": wanted})
    assert (removed.status, removed.body) == (
        200,
        {
            "completed": False,
            "deleted_example_ids": [scene.examples[0]],
            "not_deleted_example_ids": [scene.dataset],
        },
    )
    old = api.get(at("/v2/datasets/{}", scene.dataset)).body["versions"][1]["id"]
    assert [len(rows(api, scene.dataset, each)) for each in (second, old)] == [2, 3]
    runs = api.get(at("/v2/experiments/{}/runs", scene.experiment)).body["experiment_runs"]
    assert [run["example_id"] for run in runs] == scene.examples


def test_removing_in_place_keeps_the_runs_of_experiments(api: Api, scene: Scene) -> None:
    """They show what a system once answered, even if the question is gone."""
    path = at("/v2/datasets/{}/examples", scene.dataset)
    removed = api.send("DELETE", path, {"dataset_version_id": "", "example_ids": scene.examples})
    assert removed.body["completed"]
    assert rows(api, scene.dataset) == []
    runs = api.get(at("/v2/experiments/{}/runs", scene.experiment)).body["experiment_runs"]
    assert len(runs) == 3


def test_every_id_that_is_none_is_named(api: Api, scene: Scene) -> None:
    body = {"dataset_version_id": "", "example_ids": ["q0", scene.examples[0], "q1"]}
    refused = api.send("DELETE", at("/v2/datasets/{}/examples", scene.dataset), body)
    assert (refused.status, refused.pointers()) == (400, ["/example_ids/0", "/example_ids/2"])


steps = st.one_of(
    st.tuples(st.just("insert"), st.integers(0, 9), st.integers(0, 99)),
    st.tuples(st.just("update"), st.integers(0, 9), st.integers(0, 99)),
    st.tuples(st.just("branch"), st.integers(0, 9), st.integers(0, 99)),
    st.tuples(st.just("remove"), st.integers(0, 9), st.integers(0, 99)),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(steps, max_size=10))
def test_versions_behave_as_if_each_were_a_copy_of_its_own(
    api: Api, scene: Scene, history: list[tuple[str, int, int]], unique: Unique
) -> None:
    """The table shares rows between versions; no history of writes may let one show in another."""
    name = unique("history")
    body = {"name": name, "space_id": scene.space, "examples": [{"n": 0}, {"n": 1}]}
    dataset = api.make("/v2/datasets", body)["id"]
    path = at("/v2/datasets/{}/examples", dataset)
    ids = [example["id"] for example in api.get(path).body["examples"]]
    first = api.get(at("/v2/datasets/{}", dataset)).body["versions"][0]["id"]
    versions = [first]
    model: dict[str, dict[str, int]] = {first: dict(zip(ids, (0, 1), strict=True))}
    for action, pick, value in history:
        version = versions[pick % len(versions)]
        target = f"{path}?dataset_version_id={version}"
        if action == "insert":
            (new,) = api.make(target, {"examples": [{"n": value}]})["example_ids"]
            ids.append(new)
            model[version][new] = value
            continue
        example = ids[value % len(ids)]
        if action == "remove":
            body = {"dataset_version_id": version, "example_ids": [example]}
            removed = api.send("DELETE", path, body).body
            assert removed["completed"] is (model[version].pop(example, None) is not None)
            continue
        change: dict[str, Any] = {"examples": [{"id": example, "n": value}]}
        if action == "branch":
            change["new_version"] = unique("version")
            written = api.patch(target, change).body["dataset_version_id"]
            versions.append(written)
            model[written] = dict(model[version])
            version = written
        else:
            assert api.patch(target, change).status == 200
        if example in model[version]:
            model[version][example] = value
    for version in versions:
        page = api.get(f"{path}?dataset_version_id={version}").body["examples"]
        shown = [(example["id"], example["n"]) for example in page]
        assert shown == [(each, model[version][each]) for each in ids if each in model[version]]
