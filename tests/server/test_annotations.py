"""Annotations of examples and experiment runs."""

from typing import Any

import pytest

from server.client import Api, Reply, at
from server.scenes import Scene


class Place:
    """Where annotations go, and where they are seen."""

    def __init__(self, api: Api, scene: Scene, kind: str) -> None:
        self.api = api
        if kind == "examples":
            self.path, self.member = at("/v2/datasets/{}/examples", scene.dataset), "examples"
        else:
            path = at("/v2/experiments/{}/runs", scene.experiment)
            self.path, self.member = path, "experiment_runs"
        self.ids = [row["id"] for row in self.rows()]

    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.api.get(self.path).body[self.member]
        return rows

    def annotate(self, *records: tuple[str, dict[str, Any]]) -> Reply:
        annotations = [{"record_id": record, "values": [values]} for record, values in records]
        return self.api.post(f"{self.path}/annotate", {"annotations": annotations})

    def shown(self, index: int) -> list[dict[str, Any]]:
        """The annotations of a row, without when and by whom."""
        own = self.rows()[index].get("annotations", [])
        return [
            {name: each[name] for name in each if name not in {"updated_at", "annotator"}}
            for each in own
        ]


@pytest.fixture(params=["examples", "runs"])
def place(api: Api, scene: Scene, request: pytest.FixtureRequest) -> Place:
    return Place(api, scene, request.param)


def test_annotations_are_shown_with_their_row_and_who_made_them(place: Place) -> None:
    done = place.annotate((place.ids[1], {"name": "tone", "label": "rude", "score": 0.5}))
    assert (done.status, done.content) == (202, b"")
    assert ["annotations" in row for row in place.rows()] == [False, True, False]
    (annotation,) = place.rows()[1]["annotations"]
    assert annotation["annotator"]["email"] == "owner@localhost"
    assert annotation["updated_at"].endswith("Z")
    assert place.shown(1) == [{"name": "tone", "label": "rude", "score": 0.5}]


def test_what_is_left_out_stays_as_it_is(place: Place) -> None:
    first, second, _ = place.ids
    place.annotate((first, {"name": "tone", "label": "rude"}), (first, {"name": "fact"}))
    place.annotate(
        (second, {"name": "tone", "score": 1}),
        (first, {"name": "tone", "score": 1}),
        (first, {"name": "tone", "text": "hm"}),
    )
    assert place.shown(0) == [
        {"name": "fact"},
        {"name": "tone", "score": 1, "label": "rude", "text": "hm"},
    ]
    assert place.shown(1) == [{"name": "tone", "score": 1}]


def test_every_record_that_is_not_there_is_named_and_nothing_stored(
    place: Place, scene: Scene
) -> None:
    tone = {"name": "tone", "label": "rude"}
    missing = place.annotate((place.ids[0], tone), (scene.dataset, tone))
    assert (missing.status, missing.pointers()) == (404, ["/annotations/1/record_id"])
    wrong = place.annotate(("q0", tone), (place.ids[0], tone), (scene.space, tone))
    assert wrong.status == 400
    assert wrong.pointers() == ["/annotations/0/record_id", "/annotations/2/record_id"]
    assert place.shown(0) == []


def test_values_of_a_wrong_form_are_refused_together(place: Place) -> None:
    refused = place.annotate(
        (place.ids[0], {"name": "", "score": "high"}), (place.ids[1], {"label": None, "x": 1})
    )
    assert refused.status == 400
    assert sorted(refused.pointers()) == [
        "/annotations/0/values/0/name",
        "/annotations/0/values/0/score",
        "/annotations/1/values/0/label",
        "/annotations/1/values/0/name",
        "/annotations/1/values/0/x",
    ]
    assert place.api.post(f"{place.path}/annotate", {"annotations": []}).status == 400


def test_examples_keep_their_annotations_over_versions(api: Api, scene: Scene) -> None:
    place = Place(api, scene, "examples")
    place.annotate((place.ids[0], {"name": "tone", "label": "rude"}))
    change = {"examples": [{"id": place.ids[0], "n": 1}], "new_version": "second"}
    assert api.patch(place.path, change).status == 200
    assert place.shown(0) == [{"name": "tone", "label": "rude"}]
