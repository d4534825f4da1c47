"""Every method of the tasks client."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from arize._generated.api_client.exceptions import (
    BadRequestException,
    ConflictException,
    NotFoundException,
)
from arize.tasks.types import RunStatus
from arize.utils.resolve import NotFoundError

from interop import clients
from interop.clients import word
from interop.scenes import Scene, unique

DEFAULT_POLL = {"poll_interval": 0.2, "timeout": 60.0}


def wait(client: Any, run: Any) -> Any:
    return client.tasks.wait_for_run(run_id=run.id, **DEFAULT_POLL)


def test_a_created_task_comes_back_whole(scene: Scene) -> None:
    task = scene.task(
        name="whole",
        query_filter="question = 'q1'",
        evaluators=[
            clients.applied(
                scene.evaluator.id,
                query_filter="output IS NOT NULL",
                column_mappings={"expected": "expected"},
            )
        ],
    )
    assert task == scene.client.tasks.get(task=task.id)
    assert (task.name, task.type) == ("whole", word("code_evaluation"))
    assert (task.dataset_id, task.project_id) == (scene.dataset.id, None)
    assert task.experiment_ids == [scene.experiment.id]
    assert task.query_filter == "question = 'q1'"
    (evaluator,) = task.evaluators
    assert evaluator.evaluator_id == scene.evaluator.id
    assert evaluator.evaluator_name == "exact"
    assert evaluator.query_filter == "output IS NOT NULL"
    assert evaluator.column_mappings == {"expected": "expected"}
    assert (task.is_continuous, task.sampling_rate) == (False, None)
    assert task.last_run_at is None
    assert task.run_configuration is None
    assert task.created_at.tzinfo is not None


def test_a_task_is_found_by_its_name(scene: Scene) -> None:
    task = scene.task()
    space = scene.space
    assert scene.client.tasks.get(task=task.name, space=space.name).id == task.id
    assert scene.client.tasks.get(task=task.name, space=space.id).id == task.id


def test_projects_and_datasets_are_found_by_name_too(scene: Scene) -> None:
    over = {"dataset": "facts", "space": scene.space.name}
    assert scene.task(**over).dataset_id == scene.dataset.id
    over = {"dataset": None, "experiment_ids": None, "project": "chat", "space": scene.space.name}
    task = scene.task(**over, sampling_rate=0.5, is_continuous=True)
    assert (task.project_id, task.sampling_rate, task.is_continuous) == (
        scene.project.id,
        0.5,
        True,
    )


def test_a_name_nobody_has_is_told_with_those_there_are(scene: Scene) -> None:
    scene.task(name="the one")
    with pytest.raises(NotFoundError) as caught:
        scene.client.tasks.get(task="one", space=scene.space.name)
    assert caught.value.available_names == ["the one"]
    assert caught.value.resource_type == "task"


def test_a_space_whose_name_contains_another_does_not_get_in_its_way(scene: Scene) -> None:
    """The old client filters by a part of the space's name, the new one finds the space first."""
    organization = scene.client.organizations.list().organizations[0]
    other = scene.client.spaces.create(
        name=f"{scene.space.name} more", organization_id=organization.id
    )
    project = scene.client.projects.create(name="chat", space=other.id)
    evaluator = scene.client.evaluators.create_code_evaluator(
        name="exact", space=other.id, commit_message="c", code_config=clients.exact_match()
    )
    arguments = {"task_type": clients.TaskType.CODE_EVALUATION, "name": "same"}
    first = scene.client.tasks.create_evaluation_task(
        project=scene.project.id, evaluators=[clients.applied(scene.evaluator.id)], **arguments
    )
    second = scene.client.tasks.create_evaluation_task(
        project=project.id, evaluators=[clients.applied(evaluator.id)], **arguments
    )
    assert scene.client.tasks.get(task="same", space=other.name).id == second.id
    found = scene.client.tasks.get(task="same", space=scene.space.name).id
    assert found in {first.id, second.id} if clients.IS_OLD else found == first.id


def test_pages_of_one(scene: Scene) -> None:
    names = {scene.task().name for _ in range(3)}
    seen, cursor = [], None
    while True:
        page = scene.client.tasks.list(space=scene.space.id, limit=1, cursor=cursor)
        assert len(page.tasks) == 1
        seen += [task.name for task in page.tasks]
        cursor = page.pagination.next_cursor
        assert page.pagination.has_more == bool(cursor)
        if not cursor:
            break
    assert (len(seen), set(seen)) == (3, names)


def test_filters_of_the_list(scene: Scene) -> None:
    one, other = scene.task(name="Alpha"), scene.project_task(name="beta")
    listed = scene.client.tasks.list

    def ids(**arguments: Any) -> list[str]:
        return [task.id for task in listed(**arguments).tasks]

    assert ids(space=scene.space.id, name="ALPH") == [one.id]
    assert ids(space=scene.space.name, dataset="facts") == [one.id]
    assert ids(space=scene.space.name, project="chat") == [other.id]
    assert set(ids(space=scene.space.name.upper())) == {one.id, other.id}
    kind = clients.TaskType.RUN_EXPERIMENT
    assert ids(space=scene.space.id, task_type=kind) == []
    kind = clients.TaskType.CODE_EVALUATION
    assert set(ids(space=scene.space.id, task_type=kind)) == {one.id, other.id}


def test_update_changes_what_is_passed_and_nothing_else(scene: Scene) -> None:
    task = scene.project_task(sampling_rate=0.5, is_continuous=True, query_filter="a = 1")
    update = scene.client.tasks.update
    changed = update(task=task.id, name="renamed")
    assert (changed.name, changed.sampling_rate, changed.query_filter) == ("renamed", 0.5, "a = 1")
    assert update(task=task.id, sampling_rate=0.25).sampling_rate == 0.25
    assert update(task=task.id, is_continuous=False).is_continuous is False
    assert update(task=task.id, query_filter="b = 2").query_filter == "b = 2"
    cleared = update(task=task.id, query_filter=None)
    assert cleared.query_filter is None
    assert (cleared.name, cleared.sampling_rate) == ("renamed", 0.25)
    mapped = clients.applied(scene.evaluator.id, column_mappings={"output": "attributes.output"})
    changed = update(task=task.id, evaluators=[mapped])
    assert changed.evaluators[0].column_mappings == {"output": "attributes.output"}
    assert update(task="renamed", space=scene.space.name, name="again").name == "again"


def test_update_to_no_name_is_refused_by_the_server(scene: Scene) -> None:
    """The client lets None through and sends an empty change."""
    task = scene.task()
    with pytest.raises((BadRequestException, ValueError)):
        scene.client.tasks.update(task=task.id, name=None)


def test_update_wants_something_to_change(scene: Scene) -> None:
    with pytest.raises(ValueError, match="At least one"):
        scene.client.tasks.update(task=scene.task().id)


def test_a_deleted_task_is_gone_with_its_runs(scene: Scene) -> None:
    task = scene.task()
    run = scene.client.tasks.trigger_run(task=task.id)
    assert scene.client.tasks.delete(task=task.name, space=scene.space.name) is None
    with pytest.raises(NotFoundException):
        scene.client.tasks.get(task=task.id)
    with pytest.raises(NotFoundException):
        scene.client.tasks.list_runs(task=task.id)
    with pytest.raises(NotFoundException):
        scene.client.tasks.get_run(run_id=run.id)
    with pytest.raises(NotFoundException):
        scene.client.tasks.delete(task=task.id)


def test_a_triggered_run_comes_to_its_end(scene: Scene) -> None:
    task = scene.task()
    run = scene.client.tasks.trigger_run(task=task.name, space=scene.space.name)
    assert run.status == word("pending")
    assert (run.task_id, run.experiment_id) == (task.id, None)
    assert (run.data_start_time, run.data_end_time) == (None, None)
    ended = wait(scene.client, run)
    assert ended.status == word("completed") == RunStatus.COMPLETED.value
    assert (ended.num_successes, ended.num_errors, ended.num_skipped) == (3, 0, 0)
    assert ended.run_started_at <= ended.run_finished_at
    if not clients.IS_OLD:
        assert ended.failure_reason is None
        assert ended.additional_properties["progress"]["done"] == 3
    assert scene.client.tasks.get(task=task.id).last_run_at is not None
    page = scene.client.experiments.list_runs(experiment=scene.experiment.id)
    labels = [row.additional_properties["eval.exact.score"] for row in page.experiment_runs]
    assert labels == [1.0, 0.0, 1.0]


def test_a_second_run_judges_what_is_missing_unless_told_otherwise(scene: Scene) -> None:
    task = scene.task()
    trigger = scene.client.tasks.trigger_run
    wait(scene.client, trigger(task=task.id))
    again = wait(scene.client, trigger(task=task.id, experiment_ids=[scene.experiment.id]))
    assert (again.num_successes, again.num_skipped) == (0, 3)
    once_more = wait(scene.client, trigger(task=task.id, override_evaluations=True))
    assert (once_more.num_successes, once_more.num_skipped) == (3, 0)


def test_runs_are_listed_in_pages(scene: Scene) -> None:
    task = scene.task()
    runs = [wait(scene.client, scene.client.tasks.trigger_run(task=task.id)) for _ in range(2)]
    first = scene.client.tasks.list_runs(task=task.name, space=scene.space.name, limit=1)
    assert [run.id for run in first.task_runs] == [runs[1].id]
    cursor = first.pagination.next_cursor
    second = scene.client.tasks.list_runs(task=task.id, limit=1, cursor=cursor)
    assert [run.id for run in second.task_runs] == [runs[0].id]
    assert second.pagination.has_more is False
    done = scene.client.tasks.list_runs(task=task.id, status=RunStatus.COMPLETED)
    assert len(done.task_runs) == 2
    failed = scene.client.tasks.list_runs(task=task.id, status=RunStatus.FAILED)
    assert failed.task_runs == []


def test_a_run_can_be_cancelled_once(scene: Scene) -> None:
    run = scene.client.tasks.trigger_run(task=scene.slow_task().id)
    answered = scene.client.tasks.cancel_run(run_id=run.id)
    assert answered.status in {word("pending"), word("running"), word("cancelled")}
    assert wait(scene.client, run).status == word("cancelled")
    with pytest.raises(BadRequestException) as caught:
        scene.client.tasks.cancel_run(run_id=run.id)
    assert caught.value.data.status == 400


def test_waiting_ends_with_the_time(scene: Scene) -> None:
    run = scene.client.tasks.trigger_run(task=scene.slow_task().id)
    with pytest.raises(TimeoutError, match=run.id):
        scene.client.tasks.wait_for_run(run_id=run.id, poll_interval=0.1, timeout=0.3)
    scene.client.tasks.cancel_run(run_id=run.id)


def test_what_a_kind_of_task_does_not_take_is_refused(scene: Scene) -> None:
    task = scene.task()
    with pytest.raises(ValueError, match="experiment_name"):
        scene.client.tasks.trigger_run(task=task.id, experiment_name="x")
    with pytest.raises(BadRequestException) as caught:
        scene.client.tasks.update(task=task.id, sampling_rate=0.5)
    assert "sampling_rate" in caught.value.data.detail
    with pytest.raises(BadRequestException):
        scene.task(is_continuous=True)
    with pytest.raises(BadRequestException, match="experiment_ids"):
        scene.task(experiment_ids=None)


def test_windows_of_time_are_checked(scene: Scene) -> None:
    """Naive times go out without offset, and are read as UTC."""
    trigger, task = scene.client.tasks.trigger_run, scene.project_task()
    now = datetime.now(UTC).replace(tzinfo=None)
    with pytest.raises(BadRequestException):
        trigger(task=task.id, data_start_time=now, data_end_time=now - timedelta(days=1))
    with pytest.raises(BadRequestException):
        trigger(task=task.id, data_start_time=now - timedelta(days=60), data_end_time=now)


def test_problems_are_read_whole(scene: Scene) -> None:
    scene.task(name="taken")
    with pytest.raises(BadRequestException) as caught:
        scene.task(name="taken")
    problem = caught.value.data
    assert (caught.value.status, problem.status, problem.title) == (400, 400, "Bad Request")
    assert "taken" in problem.detail
    assert problem.instance == "/v2/tasks"
    with pytest.raises(NotFoundException) as missing:
        scene.client.tasks.get(task=scene.dataset.id)
    assert missing.value.data.status == 404
    with pytest.raises(ConflictException):
        scene.client.tasks.update(task=scene.task().id, name="taken")


def test_names_are_not_told_apart_by_their_length(scene: Scene) -> None:
    """Limits are the client's, before a request goes out."""
    with pytest.raises(ValueError, match="255"):
        scene.client.tasks.list(name="x" * 256)
    with pytest.raises(ValueError, match="100"):
        scene.client.tasks.list(limit=101)
    assert unique("task")
