"""Every rule of TasksClient, for both twins, over real HTTP."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from evalwright import UNSET, AsyncTasksClient, TasksClient
from evalwright.errors import AmbiguousName, InvalidRequest, NameNotFound, NotFound
from evalwright.types import RunConfigurationInput, TaskEvaluatorInput, TaskRunStatus, TaskType
from sdk import samples
from sdk.blocking import Blocking
from sdk.samples import DATASET, EVALUATOR, EXPERIMENT, PROJECT, RUN, SPACE, TASK, named, page
from sdk.scripted_server import Reply, Request, ScriptedServer, problem


@pytest.fixture(params=["sync", "async"])
def tasks(request: pytest.FixtureRequest, server: ScriptedServer) -> Iterator[Any]:
    if request.param == "sync":
        with TasksClient(base_url=server.base_url) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        other = AsyncTasksClient(base_url=server.base_url)
        yield Blocking(other, runner)
        runner.run(other.aclose())


def wrong(caught: pytest.ExceptionInfo[InvalidRequest]) -> list[str]:
    return [error.path for error in caught.value.errors]


def listing(key: str, *rows: Any) -> Any:
    """A list as servers give it: filtered by part of the name."""

    def answer(request: Request) -> Reply:
        part = request.query.get("name", "").casefold()
        return page(key, *(row for row in rows if part in row["name"].casefold()))

    return answer


# Reading


def test_get_by_id_is_one_request(tasks: Any, server: ScriptedServer) -> None:
    server.on("GET", f"/v2/tasks/{TASK}", Reply(json=samples.task()))
    task = tasks.get(task=TASK)
    assert task.type is TaskType.CODE_EVALUATION
    assert server.calls == [f"GET /v2/tasks/{TASK}"]


def test_get_by_name_within_a_space_by_name(tasks: Any, server: ScriptedServer) -> None:
    other = named("demo", samples.make_id("Space", 2))
    server.on("GET", "/v2/spaces", listing("spaces", named("demo 2", SPACE), other))
    server.on("GET", "/v2/tasks", listing("tasks", samples.task()))
    assert tasks.get(task="nightly", space="demo").id == TASK
    query = server.requests[-1].query
    assert (query["name"], query["space_id"]) == ("nightly", other["id"])
    assert server.calls == ["GET /v2/spaces", "GET /v2/tasks"]


def test_get_a_name_that_is_not_there(tasks: Any, server: ScriptedServer) -> None:
    server.on("GET", "/v2/tasks", listing("tasks", samples.task()))
    with pytest.raises(NameNotFound, match=r"no task named 'nigthly' \(1 searched\).*'nightly'"):
        tasks.get(task="nigthly")


def test_get_a_name_in_two_spaces(tasks: Any, server: ScriptedServer) -> None:
    twin = samples.task(id=samples.make_id("Task", 2), space_id=samples.make_id("Space", 2))
    server.on("GET", "/v2/tasks", listing("tasks", samples.task(), twin))
    with pytest.raises(AmbiguousName, match=r"pass space=\.\.\. or an ID") as caught:
        tasks.get(task="nightly")
    assert [candidate.id for candidate in caught.value.candidates] == [TASK, twin["id"]]


def test_get_an_unknown_id(tasks: Any, server: ScriptedServer) -> None:
    server.on("GET", f"/v2/tasks/{TASK}", problem(404, "there is no such task"))
    with pytest.raises(NotFound, match="there is no such task") as caught:
        tasks.get(task=TASK)
    assert caught.value.request_id == "req-404"


@pytest.mark.parametrize("name", ["", None, 5])
def test_what_is_no_name_is_refused_at_the_door(
    tasks: Any, server: ScriptedServer, name: Any
) -> None:
    for call in (tasks.get, tasks.delete, tasks.list_runs, tasks.trigger_run):
        with pytest.raises(InvalidRequest, match="task: is no name or ID"):
            call(task=name)
    for call in (tasks.get_run, tasks.cancel_run, tasks.wait_for_run):
        with pytest.raises(InvalidRequest, match="run_id: is no name or ID"):
            call(run_id=name)
    assert server.requests == []


def test_an_id_that_would_be_another_path(tasks: Any, server: ScriptedServer) -> None:
    with pytest.raises(InvalidRequest):
        tasks.get_run(run_id="..")
    assert server.requests == []


def test_list_resolves_every_filter(tasks: Any, server: ScriptedServer) -> None:
    server.on("GET", "/v2/spaces", listing("spaces", named("demo", SPACE)))
    server.on("GET", "/v2/projects", listing("projects", named("chat", PROJECT)))
    server.on("GET", "/v2/datasets", listing("datasets", named("qa", DATASET)))
    server.on("GET", "/v2/tasks", page("tasks", samples.task(), cursor="next"))
    found = tasks.list(
        name="night",
        project="chat",
        dataset="qa",
        space="demo",
        task_type="code_evaluation",
        limit=7,
        cursor="here",
    )
    assert [task.id for task in found.tasks] == [TASK]
    assert found.pagination.next_cursor == "next"
    assert server.requests[-1].query == {
        "name": "night",
        "project_id": PROJECT,
        "dataset_id": DATASET,
        "space_id": SPACE,
        "type": "code_evaluation",
        "limit": "7",
        "cursor": "here",
    }


def test_iter_reads_all_pages(tasks: Any, server: ScriptedServer) -> None:
    rows = [samples.task(id=samples.make_id("Task", number)) for number in range(3)]
    server.script(page("tasks", rows[0], cursor="1"), page("tasks", rows[1], cursor="2"))
    server.script(page("tasks", rows[2]))
    assert [task.id for task in tasks.iter(task_type=TaskType.CODE_EVALUATION)] == [
        row["id"] for row in rows
    ]
    assert [request.query.get("cursor") for request in server.requests] == [None, "1", "2"]


def test_a_filter_that_is_no_text(tasks: Any) -> None:
    with pytest.raises(InvalidRequest, match="allowed: template_evaluation"):
        tasks.list(task_type=5)
    with pytest.raises(InvalidRequest, match="allowed: pending"):
        tasks.list_runs(task=TASK, status=5)


# Creating evaluation tasks


@pytest.fixture
def catalogue(server: ScriptedServer) -> ScriptedServer:
    """Things that can be named, and a server that accepts every task."""
    server.on("GET", "/v2/spaces", listing("spaces", named("demo", SPACE)))
    server.on("GET", "/v2/projects", listing("projects", named("chat", PROJECT)))
    server.on("GET", "/v2/datasets", listing("datasets", named("qa", DATASET)))
    server.on("GET", "/v2/experiments", listing("experiments", named("baseline", EXPERIMENT)))
    server.on("GET", "/v2/evaluators", listing("evaluators", named("exact", EVALUATOR)))
    server.on("POST", "/v2/tasks", Reply(201, json=samples.task()))
    return server


def test_create_by_name(tasks: Any, catalogue: ScriptedServer) -> None:
    tasks.create_evaluation_task(
        name="nightly",
        task_type="code_evaluation",
        dataset="qa",
        space="demo",
        experiments=["baseline"],
        evaluators=["exact"],
    )
    assert catalogue.requests[-1].json == {
        "name": "nightly",
        "type": "code_evaluation",
        "dataset_id": DATASET,
        "experiment_ids": [EXPERIMENT],
        "evaluators": [{"evaluator_id": EVALUATOR}],
    }
    lookups = [request.query for request in catalogue.requests if request.path != "/v2/spaces"]
    assert lookups[0]["space_id"] == SPACE
    assert lookups[1]["dataset_id"] == DATASET
    assert lookups[2]["space_id"] == SPACE


def test_create_by_id_is_one_request(tasks: Any, catalogue: ScriptedServer) -> None:
    tasks.create_evaluation_task(
        name="nightly",
        task_type=TaskType.TEMPLATE_EVALUATION,
        project=PROJECT,
        evaluators=[
            {"evaluator_id": EVALUATOR, "column_mappings": {"output": "answer"}},
            TaskEvaluatorInput(evaluator_id=samples.make_id("Evaluator", 2), query_filter="x = 1"),
        ],
        sampling_rate=0.5,
        is_continuous=True,
        query_filter="a = 1",
    )
    assert catalogue.calls == ["POST /v2/tasks"]
    assert catalogue.requests[0].json == {
        "name": "nightly",
        "type": "template_evaluation",
        "project_id": PROJECT,
        "sampling_rate": 0.5,
        "is_continuous": True,
        "query_filter": "a = 1",
        "evaluators": [
            {"evaluator_id": EVALUATOR, "column_mappings": {"output": "answer"}},
            {"evaluator_id": samples.make_id("Evaluator", 2), "query_filter": "x = 1"},
        ],
    }


def test_evaluators_of_a_task_can_be_passed_on(tasks: Any, catalogue: ScriptedServer) -> None:
    """What was read can be written: the nulls and the name of the answer are left out."""
    catalogue.on("GET", f"/v2/tasks/{TASK}", Reply(json=samples.task()))
    tasks.create_evaluation_task(
        name="copy",
        task_type="code_evaluation",
        project=PROJECT,
        evaluators=tasks.get(task=TASK).evaluators,
    )
    assert catalogue.requests[-1].json["evaluators"] == [{"evaluator_id": EVALUATOR}]


GOOD = {
    "name": "nightly",
    "task_type": "code_evaluation",
    "dataset": DATASET,
    "experiments": [EXPERIMENT],
    "evaluators": [EVALUATOR],
}


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"evaluators": None}, ["evaluators"]),
        ({"evaluators": []}, ["evaluators"]),
        ({"evaluators": "exact"}, ["evaluators"]),
        ({"evaluators": [EVALUATOR, EVALUATOR]}, ["evaluators"]),
        ({"evaluators": [5, {}, {"evaluator_id": ""}]}, [f"evaluators[{n}]" for n in range(3)]),
        ({"evaluators": [{"evaluator_id": "x", "filter": "y"}]}, ["evaluators[0].filter"]),
        ({"name": ""}, ["name"]),
        ({"name": None}, ["name"]),
        ({"name": 5}, ["name"]),
        ({"task_type": "run_experiment"}, ["task_type"]),
        ({"task_type": "code_evaluatoin"}, ["task_type"]),
        ({"task_type": None}, ["task_type"]),
        ({"dataset": None}, ["project"]),
        ({"project": PROJECT}, ["project"]),
        ({"dataset": ""}, ["dataset"]),
        ({"experiments": []}, ["experiments"]),
        ({"experiments": None}, ["experiments"]),
        ({"experiments": "baseline"}, ["experiments"]),
        ({"experiments": [""]}, ["experiments"]),
        ({"experiment_ids": [EXPERIMENT]}, ["experiments"]),
        ({"sampling_rate": 0.5}, ["sampling_rate"]),
        ({"is_continuous": True}, ["is_continuous"]),
        ({"query_filter": 5}, ["query_filter"]),
        ({"dataset": None, "project": PROJECT}, ["experiments"]),
    ],
    ids=str,
)
def test_create_refuses(
    tasks: Any, server: ScriptedServer, change: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        tasks.create_evaluation_task(**{**GOOD, **change})
    assert wrong(caught) == fields
    assert server.requests == [], "nothing was sent"


@pytest.mark.parametrize("rate", [-0.1, 1.1, "0.5"])
def test_create_refuses_rates_that_are_none(tasks: Any, rate: Any) -> None:
    with pytest.raises(InvalidRequest, match="sampling_rate"):
        tasks.create_evaluation_task(
            **{**GOOD, "dataset": None, "experiments": None, "project": PROJECT},
            sampling_rate=rate,
        )


def test_create_names_everything_wrong_at_once(tasks: Any, server: ScriptedServer) -> None:
    with pytest.raises(InvalidRequest) as caught:
        tasks.create_evaluation_task(
            name="", task_type="code", evaluators=[], sampling_rate=7.0, query_filter=""
        )
    assert wrong(caught) == ["evaluators", "project", "task_type", "name", "sampling_rate"]
    assert caught.value.errors[2].allowed == ("template_evaluation", "code_evaluation")
    assert server.requests == []


def test_create_notices_the_same_evaluator_by_name_and_id(
    tasks: Any, catalogue: ScriptedServer
) -> None:
    with pytest.raises(InvalidRequest, match="2 times; once is enough"):
        tasks.create_evaluation_task(**{**GOOD, "evaluators": ["exact", EVALUATOR]})
    assert "POST /v2/tasks" not in catalogue.calls


def test_create_with_an_evaluator_nobody_has(tasks: Any, catalogue: ScriptedServer) -> None:
    with pytest.raises(NameNotFound, match=r"no evaluator named 'exakt'.*did you mean 'exact'"):
        tasks.create_evaluation_task(**{**GOOD, "evaluators": ["exakt"]})
    assert "POST /v2/tasks" not in catalogue.calls


def test_a_dataset_task_may_say_that_it_is_not_continuous(
    tasks: Any, catalogue: ScriptedServer
) -> None:
    tasks.create_evaluation_task(**GOOD, is_continuous=False)
    assert catalogue.requests[-1].json["is_continuous"] is False


# Creating run_experiment tasks


def test_create_run_experiment(tasks: Any, catalogue: ScriptedServer) -> None:
    catalogue.on("POST", "/v2/tasks", Reply(201, json=samples.experiment_task()))
    task = tasks.create_run_experiment_task(
        name="generate", dataset="qa", run_configuration=samples.RUN_CONFIGURATION
    )
    assert task.run_configuration.messages[0].content == "{question}"
    assert catalogue.requests[-1].json == {
        "name": "generate",
        "type": "run_experiment",
        "dataset_id": DATASET,
        "run_configuration": samples.RUN_CONFIGURATION,
    }


def test_create_run_experiment_from_a_model(tasks: Any, catalogue: ScriptedServer) -> None:
    model: Any = TypeAdapter(RunConfigurationInput).validate_python(samples.RUN_CONFIGURATION)
    tasks.create_run_experiment_task(name="generate", dataset=DATASET, run_configuration=model)
    assert catalogue.requests[-1].json["run_configuration"] == samples.RUN_CONFIGURATION


@pytest.mark.parametrize(
    "arguments",
    [
        {"dataset": None},
        {"dataset": ""},
        {"run_configuration": None},
        {"run_configuration": {}},
        {"run_configuration": {"experiment_type": "llm_generation"}},
        {"run_configuration": {**samples.RUN_CONFIGURATION, "temperature": 1}},
        {"name": ""},
    ],
    ids=str,
)
def test_create_run_experiment_refuses(
    tasks: Any, server: ScriptedServer, arguments: dict[str, Any]
) -> None:
    good = {
        "name": "generate",
        "dataset": DATASET,
        "run_configuration": samples.RUN_CONFIGURATION,
    }
    with pytest.raises(ValueError, match=next(iter(arguments))):
        tasks.create_run_experiment_task(**{**good, **arguments})
    assert server.requests == []


@pytest.mark.parametrize("field", ["evaluators", "project", "sampling_rate", "experiments"])
def test_create_run_experiment_has_no_evaluation_fields(tasks: Any, field: str) -> None:
    with pytest.raises(TypeError, match=field):
        tasks.create_run_experiment_task(
            name="x", dataset=DATASET, run_configuration={}, **{field: None}
        )


# Updating


def stored(server: ScriptedServer, task: dict[str, Any]) -> None:
    server.on("GET", f"/v2/tasks/{TASK}", Reply(json=task))
    server.on("PATCH", f"/v2/tasks/{TASK}", Reply(json=task))
    server.on("GET", "/v2/evaluators", listing("evaluators", named("exact", EVALUATOR)))


@pytest.mark.parametrize(
    ("task", "changes", "body"),
    [
        (samples.task(), {"name": "new"}, {"name": "new"}),
        (samples.task(), {"query_filter": None}, {"query_filter": None}),
        (samples.task(), {"query_filter": "a"}, {"query_filter": "a"}),
        (samples.task(), {"evaluators": ["exact"]}, {"evaluators": [{"evaluator_id": EVALUATOR}]}),
        (samples.project_task(), {"sampling_rate": 0.0}, {"sampling_rate": 0.0}),
        (samples.project_task(), {"is_continuous": False}, {"is_continuous": False}),
        (
            samples.experiment_task(),
            {"run_configuration": samples.RUN_CONFIGURATION, "name": "new"},
            {"run_configuration": samples.RUN_CONFIGURATION, "name": "new"},
        ),
        (samples.task(type="security_audit"), {"query_filter": "a"}, {"query_filter": "a"}),
    ],
)
def test_update_writes(
    tasks: Any, server: ScriptedServer, task: dict[str, Any], changes: Any, body: Any
) -> None:
    stored(server, task)
    tasks.update(task=TASK, **changes)
    written = server.requests[-1]
    assert written.method == "PATCH"
    assert written.headers["content-type"] == "application/merge-patch+json"
    assert written.json == body


@pytest.mark.parametrize(
    ("task", "changes", "fields"),
    [
        (samples.task(), {"run_configuration": {}, "name": "x"}, ["run_configuration"]),
        (samples.task(), {"sampling_rate": 0.5, "is_continuous": True}, None),
        (samples.task(), {"name": None, "evaluators": None}, None),
        (samples.task(), {"name": "", "evaluators": []}, ["evaluators", "name"]),
        (samples.project_task(), {"sampling_rate": 2.0, "name": 5}, ["name", "sampling_rate"]),
        (samples.project_task(), {"sampling_rate": None}, ["sampling_rate"]),
        (
            samples.experiment_task(),
            {"sampling_rate": None, "query_filter": None, "evaluators": ["x"], "name": "x"},
            ["sampling_rate", "query_filter", "evaluators"],
        ),
        (samples.experiment_task(), {"run_configuration": None}, ["run_configuration"]),
        (
            samples.experiment_task(),
            {"run_configuration": {}},
            ["run_configuration.experiment_type"],
        ),
    ],
)
def test_update_refuses_before_writing(
    tasks: Any, server: ScriptedServer, task: Any, changes: Any, fields: list[str] | None
) -> None:
    stored(server, task)
    with pytest.raises(InvalidRequest) as caught:
        tasks.update(task=TASK, **changes)
    assert sorted(set(wrong(caught))) == sorted(fields or changes)
    assert "PATCH" not in {request.method for request in server.requests}


def test_update_lists_the_allowed_fields(tasks: Any, server: ScriptedServer) -> None:
    stored(server, samples.experiment_task())
    with pytest.raises(InvalidRequest, match="Allowed: name, run_configuration") as caught:
        tasks.update(task=TASK, query_filter="x")
    assert caught.value.errors[0].allowed == ("name", "run_configuration")


def test_update_needs_something(tasks: Any, server: ScriptedServer) -> None:
    for nothing in ({}, {"name": UNSET, "query_filter": UNSET}):
        with pytest.raises(InvalidRequest, match="at least one field"):
            tasks.update(task=TASK, **nothing)
    assert server.requests == []


def test_update_by_name_needs_no_second_look(tasks: Any, server: ScriptedServer) -> None:
    """The listing already tells the type."""
    stored(server, samples.task())
    server.on("GET", "/v2/tasks", listing("tasks", samples.task()))
    tasks.update(task="nightly", space=SPACE, name="new")
    assert server.calls == ["GET /v2/tasks", f"PATCH /v2/tasks/{TASK}"]


def test_update_looks_evaluators_up_in_the_space_of_the_task(
    tasks: Any, server: ScriptedServer
) -> None:
    stored(server, samples.task())
    tasks.update(task=TASK, evaluators=["exact"])
    assert server.requests[1].query["space_id"] == SPACE


def test_delete(tasks: Any, server: ScriptedServer) -> None:
    server.on("DELETE", f"/v2/tasks/{TASK}", Reply(204))
    assert tasks.delete(task=TASK) is None
    assert server.calls == [f"DELETE /v2/tasks/{TASK}"]


# Triggering


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
