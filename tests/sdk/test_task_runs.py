"""Starting, listing and cancelling runs through TasksClient, for both twins, over real HTTP."""

from datetime import UTC, datetime
from typing import Any

import pytest

from evalwright.errors import InvalidRequest
from evalwright.types import TaskRunStatus
from sdk import samples
from sdk.samples import EXPERIMENT, RUN, TASK, named, page
from sdk.scripted_server import Reply, ScriptedServer
from sdk.task_clients import listing, wrong


def triggerable(server: ScriptedServer, task: dict[str, Any]) -> None:
    server.on("GET", f"/v2/tasks/{TASK}", Reply(json=task))
    server.on("POST", f"/v2/tasks/{TASK}/trigger", Reply(201, json=samples.run()))
    server.on("GET", "/v2/experiments", listing("experiments", named("baseline", EXPERIMENT)))
    server.on("GET", "/v2/tasks", listing("tasks", samples.task(name="after")))


@pytest.mark.parametrize(
    ("task", "arguments", "body"),
    [
        (samples.task(), {}, {}),
        (samples.task(), {"override_evaluations": False}, {"override_evaluations": False}),
        (samples.task(), {"experiment_ids": ["baseline"]}, {"experiment_ids": [EXPERIMENT]}),
        (
            samples.project_task(),
            {
                "data_start_time": datetime(2026, 1, 1),  # noqa: DTZ001 - without a zone it is UTC
                "data_end_time": datetime(2026, 1, 2, tzinfo=UTC),
                "max_spans": 5,
            },
            {
                "data_start_time": "2026-01-01T00:00:00Z",
                "data_end_time": "2026-01-02T00:00:00Z",
                "max_spans": 5,
            },
        ),
        (
            samples.experiment_task(),
            {
                "experiment_name": "e",
                "dataset_version_id": "v",
                "max_examples": 3,
                "tracing_metadata": {"a": "b"},
                "evaluation_task_ids": ["after"],
            },
            {
                "experiment_name": "e",
                "dataset_version_id": "v",
                "max_examples": 3,
                "tracing_metadata": {"a": "b"},
                "evaluation_task_ids": [TASK],
            },
        ),
        (
            samples.experiment_task(),
            {"experiment_name": "e", "example_ids": ["x"]},
            {"experiment_name": "e", "example_ids": ["x"]},
        ),
        (samples.task(type="security_audit"), {"max_spans": 5}, {"max_spans": 5}),
    ],
)
def test_trigger_sends(
    tasks: Any, server: ScriptedServer, task: dict[str, Any], arguments: Any, body: Any
) -> None:
    triggerable(server, task)
    run = tasks.trigger_run(task=TASK, **arguments)
    assert run.status is TaskRunStatus.PENDING
    assert server.requests[-1].json == body


@pytest.mark.parametrize(
    ("task", "arguments", "fields"),
    [
        (
            samples.project_task(),
            {
                "experiment_name": "e",
                "dataset_version_id": "v",
                "max_examples": 1,
                "example_ids": ["x"],
                "tracing_metadata": {},
                "evaluation_task_ids": ["t"],
            },
            None,
        ),
        (samples.project_task(), {"experiment_ids": [EXPERIMENT]}, ["experiment_ids"]),
        (samples.project_task(), {"max_spans": 0}, ["max_spans"]),
        (samples.project_task(), {"max_spans": 1.5}, ["max_spans"]),
        (
            samples.project_task(),
            {
                "data_start_time": datetime(2026, 1, 2, tzinfo=UTC),
                "data_end_time": datetime(2026, 1, 2, tzinfo=UTC),
            },
            ["data_start_time"],
        ),
        (samples.project_task(), {"data_start_time": "yesterday"}, ["data_start_time"]),
        (samples.task(), {"experiment_ids": "baseline"}, ["experiment_ids"]),
        (
            samples.experiment_task(),
            {
                "data_start_time": datetime(2026, 1, 1, tzinfo=UTC),
                "data_end_time": datetime(2026, 1, 2, tzinfo=UTC),
                "max_spans": 1,
                "override_evaluations": False,
                "experiment_ids": ["x"],
                "experiment_name": "e",
            },
            [
                "data_start_time",
                "data_end_time",
                "max_spans",
                "override_evaluations",
                "experiment_ids",
            ],
        ),
        (samples.experiment_task(), {}, ["experiment_name"]),
        (samples.experiment_task(), {"max_examples": 1}, ["experiment_name"]),
        (samples.experiment_task(), {"experiment_name": 'a"b'}, ["experiment_name"]),
        (
            samples.experiment_task(),
            {"experiment_name": "e", "max_examples": 1, "example_ids": ["x"]},
            ["max_examples"],
        ),
        (
            samples.experiment_task(),
            {"experiment_name": "e", "tracing_metadata": {"a": 1}},
            ["tracing_metadata.a"],
        ),
        (samples.experiment_task(), {"experiment_name": "e", "max_examples": 0}, ["max_examples"]),
    ],
)
def test_trigger_refuses_before_starting(
    tasks: Any, server: ScriptedServer, task: Any, arguments: Any, fields: list[str] | None
) -> None:
    triggerable(server, task)
    with pytest.raises(InvalidRequest) as caught:
        tasks.trigger_run(task=TASK, **arguments)
    assert wrong(caught) == (fields or list(arguments))
    assert server.calls == [f"GET /v2/tasks/{TASK}"]


def test_trigger_lists_the_allowed_fields(tasks: Any, server: ScriptedServer) -> None:
    triggerable(server, samples.experiment_task())
    with pytest.raises(InvalidRequest, match="does not belong to runs of run_experiment tasks"):
        tasks.trigger_run(task=TASK, experiment_name="e", max_spans=5)


def test_a_trigger_whose_answer_is_lost_is_repeated_with_the_same_key(
    tasks: Any, server: ScriptedServer
) -> None:
    """So the server can tell that it is the same run."""
    triggerable(server, samples.task())
    server.script(Reply(json=samples.task()), Reply(drop=True), Reply(503, json={}))
    assert tasks.trigger_run(task=TASK).id == RUN
    keys = {request.headers["idempotency-key"] for request in server.requests[1:]}
    assert len(server.requests) == 4
    assert len(keys) == 1
    server.requests.clear()
    tasks.trigger_run(task=TASK)
    assert server.requests[-1].headers["idempotency-key"] not in keys


def test_a_key_of_ones_own(tasks: Any, server: ScriptedServer) -> None:
    triggerable(server, samples.task())
    tasks.trigger_run(task=TASK, idempotency_key="release-1")
    assert server.requests[-1].headers["idempotency-key"] == "release-1"


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 256, "a\nb", 5])
def test_a_key_that_cannot_travel(tasks: Any, server: ScriptedServer, key: Any) -> None:
    with pytest.raises(InvalidRequest, match="idempotency_key"):
        tasks.trigger_run(task=TASK, idempotency_key=key)
    assert server.requests == []


# Runs


def test_list_runs(tasks: Any, server: ScriptedServer) -> None:
    server.on("GET", f"/v2/tasks/{TASK}/runs", page("task_runs", samples.run(), cursor="c"))
    found = tasks.list_runs(task=TASK, status="pending", limit=3, cursor="b")
    assert [run.id for run in found.task_runs] == [RUN]
    assert server.requests[-1].query == {"status": "pending", "limit": "3", "cursor": "b"}


def test_iter_runs(tasks: Any, server: ScriptedServer) -> None:
    server.script(page("task_runs", samples.run(), cursor="c"), page("task_runs", samples.run()))
    assert len(list(tasks.iter_runs(task=TASK, status=TaskRunStatus.PENDING))) == 2


def test_get_and_cancel_run(tasks: Any, server: ScriptedServer) -> None:
    server.on("GET", f"/v2/task-runs/{RUN}", Reply(json=samples.run("running")))
    server.on("POST", f"/v2/task-runs/{RUN}/cancel", Reply(json=samples.run("cancelled")))
    assert tasks.get_run(run_id=RUN).status is TaskRunStatus.RUNNING
    assert tasks.cancel_run(run_id=RUN).status is TaskRunStatus.CANCELLED
