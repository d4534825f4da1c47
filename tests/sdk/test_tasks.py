"""Every rule of TasksClient, for both twins, over real HTTP."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from evalwright import UNSET
from evalwright.errors import AmbiguousName, InvalidRequest, NameNotFound, NotFound
from evalwright.types import RunConfigurationInput, TaskEvaluatorInput, TaskType
from sdk import samples
from sdk.samples import DATASET, EVALUATOR, EXPERIMENT, PROJECT, SPACE, TASK, named, page
from sdk.scripted_server import Reply, ScriptedServer, problem
from sdk.task_clients import listing, wrong

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
