"""Lists: orders, filters, pages and cursors."""

from collections.abc import Callable

import pytest

from server.client import Api, at
from server.scenes import Scene

Unique = Callable[[str], str]


def names(api: Api, path: str, family: str) -> list[str]:
    """Return the names of a whole list, following its cursors."""
    found: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"{path}&cursor={cursor}").body
        found += [row["name"] for row in page[family]]
        if not page["pagination"]["has_more"]:
            assert page["pagination"]["next_cursor"] is None
            return found
        cursor = page["pagination"]["next_cursor"]


@pytest.fixture
def space(api: Api, unique: Unique) -> str:
    space: str = api.make("/v2/spaces", {"name": unique("space")})["id"]
    return space


def test_pages_hold_every_row_once_and_newest_first(api: Api, space: str) -> None:
    made = [f"project {n}" for n in range(5)]
    for name in made:
        api.make("/v2/projects", {"name": name, "space_id": space})
    path = at("/v2/projects?limit=2&space_id={}", space)
    assert names(api, path, "projects") == made[::-1]


def test_a_page_that_ends_with_the_list_has_no_cursor(api: Api, space: str) -> None:
    for n in range(2):
        api.make("/v2/projects", {"name": f"project {n}", "space_id": space})
    page = api.get(at("/v2/projects?limit=2&space_id={}", space)).body
    assert page["pagination"] == {"has_more": False, "next_cursor": None}


def test_rows_added_meanwhile_move_no_page(api: Api, space: str) -> None:
    for n in range(3):
        api.make("/v2/projects", {"name": f"project {n}", "space_id": space})
    path = at("/v2/projects?limit=2&space_id={}", space)
    cursor = api.get(path).body["pagination"]["next_cursor"]
    api.make("/v2/projects", {"name": "late", "space_id": space})
    rest = api.get(f"{path}&cursor={cursor}").body["projects"]
    assert [project["name"] for project in rest] == ["project 0"]


def test_names_are_matched_in_part_and_whatever_their_case(api: Api, space: str) -> None:
    for name in ("Über-Wald", "100% sure", "100 per cent"):
        api.make("/v2/projects", {"name": name, "space_id": space})
    path = at("/v2/projects?space_id={}&name=", space)
    found = {
        text: names(api, path + text, "projects")
        for text in ("%C3%9CBER", "wald", "100%25", "_", "")
    }
    assert found == {
        "%C3%9CBER": ["Über-Wald"],
        "wald": ["Über-Wald"],
        "100%25": ["100% sure"],
        "_": [],
        "": ["100 per cent", "100% sure", "Über-Wald"],
    }


def test_a_space_is_found_by_part_of_its_name(api: Api, unique: Unique) -> None:
    word = unique("meadow").replace(" ", "-")
    for side in ("north", "south"):
        space = api.make("/v2/spaces", {"name": f"{side} {word}"})["id"]
        api.make("/v2/projects", {"name": side, "space_id": space})
    path = f"/v2/projects?space_name={word.upper()}"
    assert names(api, path, "projects") == ["south", "north"]
    assert names(api, f"/v2/projects?space_name=North%20{word}", "projects") == ["north"]


@pytest.mark.parametrize("family", ["projects", "datasets", "evaluators", "tasks"])
def test_every_family_of_a_space_takes_the_common_filters(
    api: Api, scene: Scene, family: str
) -> None:
    api.make("/v2/tasks", scene.task(name="exactly facts chat"))
    path = at(f"/v2/{family}?space_id={{}}", scene.space)
    assert len(names(api, path, family)) == 1
    assert len(names(api, f"{path}&name=A", family)) == 1
    assert names(api, f"{path}&name=nowhere", family) == []


@pytest.mark.parametrize(
    "cursor", ["nonsense", "bnVsbA", "WyJwcm9qZWN0cyIsIngiXQ", "WyJzcGFjZXMiLDFd", "%00", "é"]
)
def test_a_cursor_of_another_list_or_of_none_is_refused(api: Api, cursor: str) -> None:
    refused = api.get(f"/v2/projects?cursor={cursor}")
    assert refused.status == 400
    assert refused.pointers() == ["query:cursor"]


def test_an_unknown_space_is_no_empty_list(api: Api, scene: Scene) -> None:
    assert api.get(at("/v2/projects?space_id={}", scene.dataset)).status == 404
    assert api.get("/v2/projects?space_id=chat").status == 400


def test_tasks_are_listed_by_target_and_type(api: Api, scene: Scene) -> None:
    over_dataset = api.make("/v2/tasks", scene.task())["name"]
    over_project = api.make("/v2/tasks", scene.project_task())["name"]
    base = at("/v2/tasks?space_id={}", scene.space)
    assert names(api, at(base + "&dataset_id={}", scene.dataset), "tasks") == [over_dataset]
    assert names(api, at(base + "&project_id={}", scene.project), "tasks") == [over_project]
    assert names(api, f"{base}&type=CODE_EVALUATION", "tasks") == [over_project, over_dataset]
    assert names(api, f"{base}&type=run_experiment", "tasks") == []


def test_experiments_are_listed_by_dataset(api: Api, scene: Scene) -> None:
    path = at("/v2/experiments?dataset_id={}", scene.dataset)
    assert names(api, path, "experiments") == ["first"]
    assert names(api, f"{path}&name=FIR", "experiments") == ["first"]
    assert names(api, at("/v2/experiments?space_id={}", scene.space), "experiments") == ["first"]
