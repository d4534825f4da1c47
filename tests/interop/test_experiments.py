"""Experiments and their runs."""

import pandas as pd
import pytest
from arize import ArizeClient
from arize._generated import api_client as generated
from arize._generated.api_client.exceptions import (
    BadRequestException,
    ConflictException,
    NotFoundException,
)
from arize.experiments import EvaluationResultFieldNames
from arize.experiments.types import ExperimentTaskFieldNames
from arize.utils.resolve import NotFoundError

from interop import clients
from interop.scenes import Scene

new_only = pytest.mark.skipif(clients.IS_OLD, reason="the old client can't")


def test_experiments_live_and_die(client: ArizeClient, scene: Scene) -> None:
    found = client.experiments.get(experiment="first", dataset="facts", space=scene.space.name)
    assert found == client.experiments.get(experiment=scene.experiment.id)
    assert (found.dataset_id, found.name) == (scene.dataset.id, "first")
    second = scene.make_experiment("second", ["", "a1", "a2"])
    page = client.experiments.list(dataset=scene.dataset.id, limit=1)
    assert [each.id for each in page.experiments] == [second.id]
    rest = client.experiments.list(
        dataset=scene.dataset.id, limit=1, cursor=page.pagination.next_cursor
    )
    assert [each.id for each in rest.experiments] == [scene.experiment.id]
    client.experiments.delete(experiment="second", dataset=scene.dataset.id)
    with pytest.raises(NotFoundException):
        client.experiments.get(experiment=second.id)


def test_evaluations_made_elsewhere_are_kept(client: ArizeClient, scene: Scene) -> None:
    table = pd.DataFrame(
        {
            "example": scene.examples,
            "answer": ["x", "y", "z"],
            "latency": [1.0, None, 3.0],
            "judged": [1.0, 0.5, 0.0],
            "verdict": ["good", "fair", "bad"],
        }
    )
    experiment = client.experiments.create(
        name="judged",
        dataset=scene.dataset.id,
        experiment_runs=table,
        task_fields=ExperimentTaskFieldNames(example_id="example", output="answer"),
        evaluator_columns={"human": EvaluationResultFieldNames(score="judged", label="verdict")},
        force_http=True,
    )
    rows = client.experiments.list_runs(experiment=experiment.id).experiment_runs
    assert [row.output for row in rows] == ["x", "y", "z"]
    assert [row.example_id for row in rows] == scene.examples
    columns = rows[0].additional_properties
    assert (columns["eval.human.score"], columns["eval.human.label"]) == (1.0, "good")
    assert [row.additional_properties.get("latency") for row in rows] == [1.0, None, 3.0]


def test_runs_come_in_pages(client: ArizeClient, scene: Scene) -> None:
    page = client.experiments.list_runs(experiment=scene.experiment.id, limit=2)
    assert [row.output for row in page.experiment_runs] == ["a0", "wrong"]
    assert page.pagination.has_more is True


def test_a_taken_name_is_a_conflict(scene: Scene) -> None:
    with pytest.raises(ConflictException):
        scene.make_experiment("first", ["", "", ""])


def test_runs_of_no_example_are_refused(client: ArizeClient, scene: Scene) -> None:
    with pytest.raises(BadRequestException) as caught:
        client.experiments.create(
            name="odd",
            dataset=scene.dataset.id,
            experiment_runs=[{"example_id": "nothing", "answer": "x"}],
            task_fields=ExperimentTaskFieldNames(example_id="example_id", output="answer"),
            force_http=True,
        )
    assert "example_id" in caught.value.data.detail


def test_runs_are_annotated(client: ArizeClient, scene: Scene) -> None:
    row = client.experiments.list_runs(experiment=scene.experiment.id).experiment_runs[0]
    annotation = generated.AnnotateRecordInput(
        record_id=row.id, values=[generated.AnnotationInput(name="clear", label="yes")]
    )
    client.experiments.annotate_runs(experiment=scene.experiment.id, annotations=[annotation])
    row = client.experiments.list_runs(experiment=scene.experiment.id).experiment_runs[0]
    assert [(each.name, each.label) for each in row.annotations] == [("clear", "yes")]


def test_a_name_nobody_has_is_told_with_those_there_are(client: ArizeClient, scene: Scene) -> None:
    with pytest.raises(NotFoundError) as caught:
        client.experiments.get(experiment="third", dataset=scene.dataset.id)
    assert caught.value.available_names == ["first"]


@new_only
def test_one_name_in_two_datasets_is_ambiguous(client: ArizeClient, scene: Scene) -> None:
    from arize.exceptions.spaces import AmbiguousNameError

    find = client.experiments.get
    assert find(experiment="first", space=scene.space.name).id == scene.experiment.id
    other = client.datasets.create(
        name="others", space=scene.space.id, examples=[{"a": 1}], force_http=True
    )
    example = client.datasets.list_examples(dataset=other.id).examples[0].id
    twin = client.experiments.create(
        name="first",
        dataset=other.id,
        experiment_runs=[{"example_id": example, "answer": "x"}],
        task_fields=ExperimentTaskFieldNames(example_id="example_id", output="answer"),
        force_http=True,
    )
    with pytest.raises(AmbiguousNameError) as caught:
        find(experiment="first", space=scene.space.name)
    assert set(caught.value.matching_ids) == {twin.id, scene.experiment.id}
    assert find(experiment="first", dataset="others", space=scene.space.name).id == twin.id


@new_only
def test_runs_are_searched_and_appended(client: ArizeClient, scene: Scene) -> None:
    experiment = scene.experiment.id
    found = client.experiments.list_runs(experiment=experiment, filter="output = 'wrong'")
    assert [row.example_id for row in found.experiment_runs] == [scene.examples[1]]
    first = client.experiments.list_runs(experiment=experiment, limit=1)
    second = client.experiments.list_runs(
        experiment=experiment, limit=1, cursor=first.pagination.next_cursor
    )
    assert [row.output for row in second.experiment_runs] == ["wrong"]
    (example,) = client.datasets.append_examples(
        dataset=scene.dataset.id, examples=[{"question": "q3", "expected": "a3"}]
    ).example_ids
    appended = client.experiments.append_runs(
        experiment=experiment,
        experiment_runs=pd.DataFrame({"example_id": [example], "output": ["a3"]}),
    )
    assert appended.id == experiment
    rows = client.experiments.list_runs(experiment=experiment).experiment_runs
    assert [row.id for row in rows[3:]] == appended.run_ids


@new_only
def test_experiments_without_dataset_are_refused(client: ArizeClient, scene: Scene) -> None:
    with pytest.raises(BadRequestException, match="dataset_id"):
        client.experiments.create(
            name="alone",
            space=scene.space.id,
            experiment_runs=[{"answer": "x"}],
            task_fields=ExperimentTaskFieldNames(output="answer"),
            force_http=True,
        )
