"""Rows: searching, appending, annotating, removing, and what runs said of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evalwright.errors import Conflict, InvalidRequest, NotFound
from evalwright.types import SpaceRole, TaskRunOutcome
from sdk.contract import MANAGED, ROWS

pytestmark = pytest.mark.slow

TONE = {"name": "tone", "label": "rude", "score": 0.5}


def test_examples_are_searched(client: Any, scene: str) -> None:
    where = {"dataset": "qa", "space": scene}
    page = client.datasets.search_examples(**where, filter="reference > '2'", limit=2)
    assert (len(page.examples), page.pagination.has_more) == (2, True)
    found = client.datasets.iter_examples(**where, filter="reference > '2'", page_size=2)
    expected = [row["reference"] for row in ROWS if row["reference"] > "2"]
    assert [row.reference for row in found] == expected
    assert len(list(client.datasets.iter_examples(**where, filter=None))) == len(ROWS)
    with pytest.raises(InvalidRequest, match="at character") as caught:
        client.datasets.search_examples(**where, filter="reference = = 1")
    assert caught.value.errors[0].path == "filter"


def test_examples_are_annotated_and_removed(client: Any, scene: str) -> None:
    where = {"dataset": "qa", "space": scene}
    first, second, *_ = client.datasets.iter_examples(**where)
    client.datasets.annotate_examples(
        **where, annotations=[{"record_id": first.id, "values": [TONE]}]
    )
    (found,) = client.datasets.iter_examples(**where, filter="annotation.tone.label = 'rude'")
    (annotation,) = found.annotations
    assert (found.id, annotation.name, annotation.score) == (first.id, "tone", 0.5)
    removed = client.datasets.delete_examples(**where, example_ids=[second.id])
    assert (removed.completed, removed.deleted_example_ids) == (True, [second.id])
    again = client.datasets.delete_examples(**where, example_ids=[second.id])
    assert (again.completed, again.not_deleted_example_ids) == (False, [second.id])
    with pytest.raises(InvalidRequest, match="annotations"):
        client.datasets.annotate_examples(**where, annotations=[])


def test_things_are_renamed(client: Any, scene: str) -> None:
    dataset = client.datasets.update(dataset="qa", space=scene, name="qa 2")
    assert client.datasets.get(dataset="qa 2", space=scene) == dataset
    project = client.projects.create(name="chat", space=scene)
    renamed = client.projects.update(project="chat", space=scene, name="talk")
    assert (renamed.id, renamed.name) == (project.id, "talk")
    with pytest.raises(InvalidRequest, match="at least one field"):
        client.projects.update(project="talk", space=scene)
    with pytest.raises(InvalidRequest, match="at least one field"):
        client.datasets.update(dataset="qa 2", space=scene)


def test_outputs_are_appended_searched_and_annotated(client: Any, scene: str) -> None:
    where = {"experiment": "good", "dataset": "qa", "space": scene}
    example = next(iter(client.datasets.iter_examples(dataset="qa", space=scene)))
    extra = {"example_id": example.id, "output": "late", "latency": float("nan")}
    appended = client.experiments.append_runs(**where, experiment_runs=[extra])
    (run_id,) = appended.run_ids
    page = client.experiments.search_runs(**where, filter="output = 'late'")
    assert [row.id for row in page.experiment_runs] == [run_id]
    by_question = f"question = '{example.question}'"
    assert len(list(client.experiments.iter_runs(**where, filter=by_question))) == 2
    client.experiments.annotate_runs(**where, annotations=[{"record_id": run_id, "values": [TONE]}])
    (found,) = client.experiments.iter_runs(**where, filter="annotation.tone.score < 1")
    assert found.annotations[0].label == "rude"


def test_more_outputs_than_one_request_may_carry(client: Any, scene: str) -> None:
    example = next(iter(client.datasets.iter_examples(dataset="qa", space=scene)))
    outputs = [{"example_id": example.id, "output": str(n)} for n in range(1001)]
    made = client.experiments.create(
        name="many", dataset="qa", space=scene, experiment_runs=outputs
    )
    seen = [run.output for run in client.experiments.iter_runs(experiment=made.id)]
    assert seen == [str(n) for n in range(1001)]


def test_versions_are_held_to_and_deleted(client: Any, scene: str) -> None:
    first = client.evaluators.get(evaluator="exact", space=scene).version.id
    second = client.evaluators.create_version(
        evaluator="exact", space=scene, commit_message="second", code_config=MANAGED
    )
    entry = {"evaluator_id": "exact", "evaluator_version_id": first}
    task = client.tasks.update(task="nightly", space=scene, evaluators=[entry])
    assert task.evaluators[0].evaluator_version_id == first
    same = client.tasks.update(task="nightly", space=scene, evaluators=task.evaluators)
    assert same.evaluators == task.evaluators
    with pytest.raises(Conflict, match="held"):
        client.evaluators.delete_versions(evaluator="exact", space=scene, version_ids=[first])
    done = client.evaluators.delete_versions(
        evaluator="exact", space=scene, version_ids=[second.id]
    )
    assert (done.completed, done.deleted_version_ids) == (True, [second.id])


def test_members(client: Any, scene: str) -> None:
    user = client.evaluators.get(evaluator="exact", space=scene).created_by_user_id
    member = client.spaces.add_user(space=scene, user_id=user, role="member")
    assert (member.user_id, member.role) == (user, SpaceRole.MEMBER)
    client.spaces.remove_user(space=scene, user_id=user)
    with pytest.raises(NotFound):
        client.spaces.remove_user(space=scene, user_id=user)
    with pytest.raises(InvalidRequest, match="role"):
        client.spaces.add_user(space=scene, user_id=user, role=5)


def test_what_runs_did(client: Any, scene: str) -> None:
    client.tasks.update(task="nightly", space=scene, query_filter="output != '?'")
    started = client.tasks.trigger_run(task="nightly", space=scene)
    run = client.tasks.wait_for_run(run_id=started.id, timeout=60.0)
    assert (run.num_successes, run.progress.total) == (12, 12)
    results = list(client.tasks.iter_run_results(run_id=run.id, page_size=5))
    assert [result.score for result in results] == [1.0] * 12
    assert {result.outcome for result in results} == {TaskRunOutcome.JUDGED}
    page = client.tasks.list_run_results(run_id=run.id, outcome="judged", limit=5)
    assert (len(page.results), page.pagination.has_more) == (5, True)
    assert list(client.tasks.iter_run_results(run_id=run.id, outcome="error")) == []
    with pytest.raises(InvalidRequest, match="outcome"):
        client.tasks.list_run_results(run_id=run.id, outcome="bad")


def test_spans(client: Any, scene: str) -> None:
    """What is in them is tested where they come in."""
    project = client.projects.create(name="chat", space=scene)
    where = {"project": "chat", "space": scene}
    yesterday = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=1)
    page = client.spans.list(**where, start_time=yesterday, filter="status_code = 'ERROR'")
    assert page.spans == []
    assert list(client.spans.iter(project=project.id)) == []
    span = "00000000000000ff"
    assert client.spans.delete(**where, span_ids=[span]).deleted_span_ids == []
    with pytest.raises(NotFound, match="record_id"):
        client.spans.annotate(**where, annotations=[{"record_id": span, "values": [TONE]}])
    with pytest.raises(InvalidRequest, match="at character"):
        client.spans.list(**where, filter="AND")
    with pytest.raises(InvalidRequest, match="start_time"):
        client.spans.list(**where, start_time=datetime.now(UTC), end_time=yesterday)
