"""Entity tags: nobody overwrites what they have not seen."""

from collections.abc import Callable
from typing import Any

import pytest

from server.client import Api, at
from server.scenes import Scene

Unique = Callable[[str], str]
CHANGES: dict[str, dict[str, Any]] = {
    "spaces": {"description": "new"},
    "evaluators": {"description": "new"},
    "ai-integrations": {"model_names": ["m"]},
    "tasks": {"name": "new"},
}


@pytest.fixture(params=list(CHANGES))
def target(
    request: pytest.FixtureRequest, api: Api, scene: Scene, unique: Unique
) -> tuple[str, Any]:
    """The path of something that can be changed, and a change."""
    family: str = request.param
    if family == "ai-integrations":
        body = {"name": unique("integration"), "provider": "custom"}
        key = api.make("/v2/ai-integrations", body)["id"]
    elif family == "tasks":
        key = api.make("/v2/tasks", scene.task())["id"]
    else:
        key = {"spaces": scene.space, "evaluators": scene.evaluator}[family]
    return at(f"/v2/{family}/{{}}", key), CHANGES[family]


def test_a_change_of_what_was_seen_is_made(api: Api, target: tuple[str, Any]) -> None:
    path, change = target
    tag = api.get(path).headers["ETag"]
    changed = api.patch(path, change, **{"If-Match": tag})
    assert changed.status == 200
    assert changed.headers["ETag"] != tag
    assert api.get(path).headers["ETag"] == changed.headers["ETag"]


def test_a_change_of_something_older_is_refused(api: Api, target: tuple[str, Any]) -> None:
    path, change = target
    seen = api.get(path)
    api.patch(path, change)
    refused = api.patch(path, change, **{"If-Match": seen.headers["ETag"]})
    assert refused.status == 412
    assert "read it again" in refused.body["detail"]


@pytest.mark.parametrize("condition", ["*", '"other", {tag}', "W/{tag}"])
def test_conditions_come_in_several_forms(api: Api, scene: Scene, condition: str) -> None:
    path = at("/v2/spaces/{}", scene.space)
    condition = condition.format(tag=api.get(path).headers["ETag"])
    assert api.patch(path, {"description": "x"}, **{"If-Match": condition}).status == 200


def test_without_condition_the_last_one_wins(api: Api, target: tuple[str, Any]) -> None:
    path, change = target
    assert [api.patch(path, change).status for _ in range(2)] == [200, 200]


def test_a_task_that_has_not_changed_is_not_sent_again(api: Api, scene: Scene) -> None:
    path = at("/v2/tasks/{}", api.make("/v2/tasks", scene.task())["id"])
    tag = api.get(path).headers["ETag"]
    again = api.get(path, **{"If-None-Match": tag})
    assert (again.status, again.content, again.headers["ETag"]) == (304, b"", tag)
    api.patch(path, {"name": "other"})
    assert api.get(path, **{"If-None-Match": tag}).status == 200


def test_what_is_created_comes_with_its_tag(api: Api, scene: Scene) -> None:
    created = api.post("/v2/tasks", scene.task())
    assert (
        api.get(at("/v2/tasks/{}", created.body["id"])).headers["ETag"] == created.headers["ETag"]
    )
