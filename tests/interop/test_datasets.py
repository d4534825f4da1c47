"""Datasets and their examples."""

import math
from typing import Any

import pandas as pd
import pytest
from arize import ArizeClient
from arize._generated import api_client as generated
from arize._generated.api_client.exceptions import BadRequestException, NotFoundException

from interop import clients
from interop.scenes import Scene

old_only = pytest.mark.skipif(not clients.IS_OLD, reason="the new client does it otherwise")
new_only = pytest.mark.skipif(clients.IS_OLD, reason="the old client can't")


def columns(example: Any) -> dict[str, Any]:
    """The user's columns of an example."""
    found: dict[str, Any] = example.additional_properties
    return found


def test_datasets_live_and_die(client: ArizeClient, scene: Scene) -> None:
    found = client.datasets.get(dataset="facts", space=scene.space.name)
    assert found == client.datasets.get(dataset=scene.dataset.id)
    assert (found.id, found.space_id) == (scene.dataset.id, scene.space.id)
    assert len(found.versions) == 1
    page = client.datasets.list(space=scene.space.name, name="FACT", limit=1)
    assert [each.id for each in page.datasets] == [scene.dataset.id]
    assert client.datasets.delete(dataset="facts", space=scene.space.name) is None
    with pytest.raises(NotFoundException):
        client.datasets.get(dataset=scene.dataset.id)


def test_examples_come_back_in_their_order(client: ArizeClient, scene: Scene) -> None:
    page = client.datasets.list_examples(dataset="facts", space=scene.space.name, limit=2)
    assert [columns(each)["question"] for each in page.examples] == ["q0", "q1"]
    assert page.pagination.has_more is True
    everything = client.datasets.list_examples(dataset=scene.dataset.id)
    assert list(everything.to_df()["expected"]) == ["a0", "a1", "a2"]
    version = client.datasets.get(dataset=scene.dataset.id).versions[0].id
    same = client.datasets.list_examples(dataset=scene.dataset.id, dataset_version_id=version)
    assert [each.id for each in same.examples] == scene.examples


def test_examples_are_appended_to_the_latest_version(client: ArizeClient, scene: Scene) -> None:
    """The version goes out as empty text."""
    appended = client.datasets.append_examples(
        dataset=scene.dataset.id, examples=[{"question": "q3", "expected": "a3"}]
    )
    assert appended.id == scene.dataset.id
    ids = [each.id for each in client.datasets.list_examples(dataset=scene.dataset.id).examples]
    assert len(ids) == 4
    if getattr(appended, "example_ids", None) is not None:
        assert appended.example_ids == ids[3:]


def test_missing_numbers_of_a_table_are_null(client: ArizeClient, scene: Scene) -> None:
    """The old client writes NaN, which no JSON has."""
    table = pd.DataFrame({"question": ["a", "NaN"], "score": [1.5, math.nan]})
    dataset = client.datasets.create(
        name="gaps", space=scene.space.id, examples=table, force_http=True
    )
    rows = client.datasets.list_examples(dataset=dataset.id).examples
    assert [columns(row).get("score") for row in rows] == [1.5, None]
    assert [columns(row)["question"] for row in rows] == ["a", "NaN"]


def test_columns_of_the_server_are_refused(client: ArizeClient, scene: Scene) -> None:
    with pytest.raises(BadRequestException) as caught:
        client.datasets.create(
            name="odd", space=scene.space.id, examples=[{"id": "mine", "a": 1}], force_http=True
        )
    assert "id" in caught.value.data.detail


def test_examples_are_changed_in_place_and_in_new_versions(
    client: ArizeClient, scene: Scene
) -> None:
    changed = {"id": scene.examples[0], "expected": "b0"}
    if clients.IS_OLD:
        api = client.datasets._api
        body = generated.DatasetsExamplesUpdateRequest.from_dict({"examples": [changed]})
        touched = api.datasets_examples_update(
            dataset_id=scene.dataset.id, datasets_examples_update_request=body
        )
    else:
        touched = client.datasets.update_examples(dataset=scene.dataset.id, examples=[changed])
    assert touched.example_ids == [scene.examples[0]]
    rows = client.datasets.list_examples(dataset=scene.dataset.id).examples
    assert [columns(row)["expected"] for row in rows] == ["b0", "a1", "a2"]


@new_only
def test_new_versions_renaming_and_removal(client: ArizeClient, scene: Scene) -> None:
    datasets, dataset = client.datasets, scene.dataset.id
    first = datasets.get(dataset=dataset).versions[0].id
    changed = [{"id": scene.examples[1], "expected": "c1"}]
    written = datasets.update_examples(dataset=dataset, examples=changed, new_version="second")
    assert written.dataset_version_id != first
    before = datasets.list_examples(dataset=dataset, dataset_version_id=first).examples
    assert [columns(row)["expected"] for row in before] == ["a0", "a1", "a2"]
    gone = datasets.list_examples(dataset=dataset).examples[0].id
    removed = datasets.delete_examples(
        dataset=dataset, dataset_version_id=written.dataset_version_id, examples=[gone]
    )
    assert (removed.completed, removed.deleted_example_ids) == (True, [gone])
    assert len(datasets.list_examples(dataset=dataset).examples) == 2
    assert datasets.update(dataset=dataset, name="truths").name == "truths"


@new_only
def test_examples_are_searched_and_paged(client: ArizeClient, scene: Scene) -> None:
    search = client.datasets.list_examples
    found = search(dataset=scene.dataset.id, filter="question = 'q1'")
    assert [columns(row)["expected"] for row in found.examples] == ["a1"]
    first = search(dataset=scene.dataset.id, limit=1)
    second = search(dataset=scene.dataset.id, limit=1, cursor=first.pagination.next_cursor)
    assert [row.id for row in second.examples] == [scene.examples[1]]
    with pytest.raises(BadRequestException):
        search(dataset=scene.dataset.id, filter="question ==")


def test_examples_are_annotated(client: ArizeClient, scene: Scene) -> None:
    annotation = generated.AnnotateRecordInput(
        record_id=scene.examples[0],
        values=[generated.AnnotationInput(name="clear", score=1.0, label="yes", text="short")],
    )
    client.datasets.annotate_examples(dataset=scene.dataset.id, annotations=[annotation])
    row = client.datasets.list_examples(dataset=scene.dataset.id).examples[0]
    (read,) = row.annotations
    assert (read.name, read.score, read.label, read.text) == ("clear", 1.0, "yes", "short")
