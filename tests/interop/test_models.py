"""Tasks that ask models: run_experiment tasks, and evaluations by template."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from arize import ArizeClient
from arize._generated.api_client.exceptions import ConflictException

from interop import clients
from interop.clients import bare, word
from interop.scenes import Scene, unique
from interop.server_process import models_process

END = {"poll_interval": 0.2, "timeout": 60.0}


@pytest.fixture(scope="module")
def provider(python: str) -> Iterator[str]:
    """The address of a provider of models."""
    with models_process(python) as url:
        yield url


@pytest.fixture
def integration(client: ArizeClient, provider: str) -> Any:
    """An AI integration that reaches it."""
    return client.ai_integrations.create(
        name=unique("provider"),
        provider=word("custom"),
        api_key="secret",
        base_url=provider,
        model_names=["judge", "writer"],
    )


@pytest.fixture
def generate(scene: Scene, integration: Any) -> Callable[..., Any]:
    """A function that creates a task whose outputs a prompt makes."""

    def create(**changes: Any) -> Any:
        return scene.client.tasks.create_run_experiment_task(
            name=unique("generation"),
            dataset=scene.dataset.id,
            run_configuration=clients.generation(integration.id, **changes),
        )

    return create


def outputs(client: ArizeClient, experiment_id: str) -> list[str | None]:
    """The outputs of an experiment, by example."""
    page = client.experiments.list_runs(experiment=experiment_id)
    return sorted(row.output for row in page.experiment_runs)


def test_a_run_configuration_comes_back_whole(
    scene: Scene, integration: Any, generate: Callable[..., Any]
) -> None:
    task = generate()
    assert task == scene.client.tasks.get(task=task.name, space=scene.space.name)
    assert task.type == word("run_experiment")
    assert (task.dataset_id, task.project_id) == (scene.dataset.id, None)
    assert (task.evaluators, task.experiment_ids) == ([], [])
    config = bare(task.run_configuration)
    assert (config.experiment_type, config.ai_integration_id) == (
        word("llm_generation"),
        integration.id,
    )
    assert [each.role.value for each in config.messages] == [word("system"), word("user")]
    assert config.input_variable_format.value == word("mustache")
    assert config.invocation_parameters.response_format.type.value == word("text")
    kind = clients.TaskType.RUN_EXPERIMENT
    listed = scene.client.tasks.list(space=scene.space.id, task_type=kind)
    assert [each.id for each in listed.tasks] == [task.id]


def test_update_takes_the_fields_of_the_kind(
    scene: Scene, integration: Any, generate: Callable[..., Any]
) -> None:
    task, update = generate(), scene.client.tasks.update
    assert update(task=task.id, name=f"{task.name} b").name == f"{task.name} b"
    other = clients.generation(integration.id, model_name="other")
    changed = update(task=task.id, run_configuration=other)
    assert bare(changed.run_configuration).model_name == "other"
    for foreign in ({"sampling_rate": 0.5}, {"query_filter": None}, {"is_continuous": True}):
        with pytest.raises(ValueError, match="run_experiment"):
            update(task=task.id, **foreign)
    with pytest.raises(ValueError, match="At least one"):
        update(task=task.id)


def test_a_run_makes_an_experiment(scene: Scene, generate: Callable[..., Any]) -> None:
    tasks = scene.client.tasks
    run = tasks.trigger_run(task=generate().id, experiment_name="made", max_examples=2)
    assert run.status == word("pending")
    ended = tasks.wait_for_run(run_id=run.id, **END)
    assert (ended.status, ended.num_successes) == (word("completed"), 2)
    experiment = scene.client.experiments.get(experiment="made", dataset=scene.dataset.id)
    assert ended.experiment_id == experiment.id
    assert outputs(scene.client, experiment.id) == ["a0", "a1"]


def test_chosen_examples_are_run_and_then_judged(
    scene: Scene, generate: Callable[..., Any]
) -> None:
    """Every member of the request at once, except the two that exclude each other."""
    tasks, judge = scene.client.tasks, scene.task()
    version = scene.client.datasets.get(dataset=scene.dataset.id).versions[0].id
    run = tasks.trigger_run(
        task=generate().name,
        space=scene.space.name,
        experiment_name="chosen",
        dataset_version_id=version,
        example_ids=scene.examples[1:],
        tracing_metadata={"team": "tests"},
        evaluation_task_ids=[judge.id],
    )
    ended = tasks.wait_for_run(run_id=run.id, **END)
    assert ended.status == word("completed")
    assert outputs(scene.client, ended.experiment_id) == ["a1", "a2"]
    (judging,) = tasks.list_runs(task=judge.id).task_runs
    assert tasks.wait_for_run(run_id=judging.id, **END).num_successes == 2
    page = scene.client.experiments.list_runs(experiment=ended.experiment_id)
    scores = [row.additional_properties["eval.exact.score"] for row in page.experiment_runs]
    assert scores == [1.0, 1.0]


def test_the_name_of_an_experiment_is_taken_once(
    scene: Scene, generate: Callable[..., Any]
) -> None:
    with pytest.raises(ConflictException) as caught:
        scene.client.tasks.trigger_run(task=generate().id, experiment_name="first")
    assert caught.value.data.status == 409


def test_what_the_kind_does_not_take_is_refused(scene: Scene, generate: Callable[..., Any]) -> None:
    task, trigger = generate(), scene.client.tasks.trigger_run
    with pytest.raises(ValueError, match="experiment_name"):
        trigger(task=task.id)
    with pytest.raises(ValueError, match="max_spans"):
        trigger(task=task.id, experiment_name="x", max_spans=1)
    with pytest.raises(ValueError, match="example_ids"):
        trigger(task=task.id, experiment_name="x", max_examples=1, example_ids=["x"])
    with pytest.raises(clients.Unprocessable) as caught:
        trigger(task=task.id, experiment_name="x", example_ids=["nothing"])
    assert "example_ids" in caught.value.data.detail


def test_runs_of_experiments_can_be_cancelled(
    scene: Scene, generate: Callable[..., Any], integration: Any
) -> None:
    """Nobody answers at the address: the run goes on trying until it is told to stop."""
    scene.client.ai_integrations.update(integration=integration.id, base_url="http://127.0.0.1:9")
    tasks = scene.client.tasks
    run = tasks.trigger_run(task=generate().id, experiment_name="stopped")
    tasks.cancel_run(run_id=run.id)
    assert tasks.wait_for_run(run_id=run.id, **END).status == word("cancelled")


def test_a_template_judges_an_experiment(scene: Scene, integration: Any) -> None:
    evaluator = scene.client.evaluators.create_template_evaluator(
        name="judge",
        space=scene.space.id,
        commit_message="first",
        template_config=clients.template(integration.id),
    )
    task = scene.task(
        task_type=clients.TaskType.TEMPLATE_EVALUATION,
        evaluators=[clients.applied(evaluator.id, column_mappings={"output": "output"})],
    )
    assert task.type == word("template_evaluation")
    run = scene.client.tasks.trigger_run(task=task.id)
    ended = scene.client.tasks.wait_for_run(run_id=run.id, **END)
    assert (ended.status, ended.num_successes, ended.num_errors) == (word("completed"), 3, 0)
    page = scene.client.experiments.list_runs(experiment=scene.experiment.id)
    rows = [row.additional_properties for row in page.experiment_runs]
    assert [row["eval.correct.label"] for row in rows] == ["right", "wrong", "right"]
    assert [row["eval.correct.score"] for row in rows] == [1.0, 0.0, 1.0]
    assert {row["eval.correct.explanation"] for row in rows} == {"numbers were compared"}


def test_a_template_makes_an_experiment(scene: Scene, integration: Any) -> None:
    config = {
        "experiment_type": word("template_evaluation"),
        "ai_integration_id": integration.id,
        "model_name": "judge",
        "template": "Question: {{asked}} Answer: {{expected}}",
        "provide_explanation": True,
        "classification_choices": {"right": 1, "wrong": 0},
        "column_mapping": {"asked": "question"},
    }
    tasks = scene.client.tasks
    task = tasks.create_run_experiment_task(
        name=unique("template"),
        dataset="facts",
        space=scene.space.name,
        run_configuration=clients.run_configuration(config),
    )
    read = bare(task.run_configuration)
    assert (read.template, read.column_mapping) == (
        "Question: {{asked}} Answer: {{expected}}",
        {"asked": "question"},
    )
    run = tasks.trigger_run(task=task.id, experiment_name="judged")
    ended = tasks.wait_for_run(run_id=run.id, **END)
    assert (ended.status, ended.num_successes) == (word("completed"), 3)
