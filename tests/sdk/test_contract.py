"""The clients against the reference server: both twins do the whole round of every resource."""

import uuid
from typing import Any

import pytest

from evalwright import Evalwright
from evalwright.errors import (
    BadRequest,
    Conflict,
    InvalidRequest,
    NameNotFound,
    NotFound,
    Unauthorized,
    WaitTimeout,
)
from evalwright.types import TaskRun, TaskRunStatus
from sdk.contract import MANAGED, ROWS

pytestmark = pytest.mark.slow


def test_spaces(client: Any, space: str) -> None:
    found = client.spaces.get(space=space)
    assert found.description == "for a test"
    changed = client.spaces.update(space=space, description="")
    assert (changed.id, changed.description) == (found.id, "")
    assert found.id in {row.id for row in client.spaces.iter(name=space.upper(), page_size=1)}
    assert client.spaces.list(name=space).spaces[0].id == found.id
    with pytest.raises(InvalidRequest, match="at least one field"):
        client.spaces.update(space=space)
    client.spaces.delete(space=space)
    with pytest.raises(NotFound):
        client.spaces.get(space=found.id)
    with pytest.raises(NameNotFound):
        client.spaces.get(space=space)


def test_projects(client: Any, space: str) -> None:
    made = client.projects.create(name="chat", space=space)
    assert client.projects.get(project="chat", space=space) == made
    assert [row.id for row in client.projects.iter(space=space)] == [made.id]
    assert client.projects.list(space=space, name="cha").projects == [made]
    with pytest.raises(Conflict):
        client.projects.create(name="chat", space=space)
    client.projects.delete(project="chat", space=space)
    assert client.projects.list(space=space).projects == []


def test_datasets(client: Any, space: str) -> None:
    made = client.datasets.create(name="qa", space=space, examples=ROWS)
    version = client.datasets.append_examples(
        dataset="qa", space=space, examples=[{"question": "?", "reference": None}]
    )
    assert version.id == made.id
    assert len(version.example_ids) == 1
    changed = client.datasets.update_examples(
        dataset=made.id,
        examples=[{"id": version.example_ids[0], "reference": "!"}],
        new_version="second",
    )
    names = {entry.id: entry.name for entry in client.datasets.get(dataset=made.id).versions}
    assert names[changed.dataset_version_id] == "second"
    rows = list(client.datasets.iter_examples(dataset="qa", space=space, page_size=5))
    assert [row.reference for row in rows] == [*(row["reference"] for row in ROWS), "!"]
    page = client.datasets.list_examples(dataset="qa", space=space, limit=2)
    assert (len(page.examples), page.pagination.has_more) == (2, True)
    assert [row.id for row in client.datasets.iter(space=space)] == [made.id]
    assert client.datasets.list(space=space).datasets[0].id == made.id
    client.datasets.delete(dataset="qa", space=space)
    assert list(client.datasets.iter(space=space)) == []


def test_values_that_json_lacks(client: Any, space: str) -> None:
    """NaN is how tables say that a cell is empty."""
    made = client.datasets.create(name="nan", space=space, examples=[{"a": float("nan"), "b": 1}])
    row = next(iter(client.datasets.iter_examples(dataset=made.id)))
    assert (row.a, row.b) == (None, 1)
    for value in (object(), "\ud800", b"\xff"):
        with pytest.raises(InvalidRequest, match="JSON"):
            client.datasets.create(name="bad", space=space, examples=[{"a": value}])


def test_more_examples_than_one_request_may_carry(client: Any, space: str) -> None:
    rows = [{"n": n} for n in range(1001)]
    made = client.datasets.create(name="many", space=space, examples=rows)
    seen = [row.n for row in client.datasets.iter_examples(dataset=made.id)]
    assert seen == list(range(1001))


@pytest.mark.parametrize("examples", [[], None, "rows", {"a": 1}, [1], [{}]])
def test_examples_that_are_none(client: Any, space: str, examples: Any) -> None:
    with pytest.raises(InvalidRequest, match="examples"):
        client.datasets.create(name="bad", space=space, examples=examples)


def test_experiments(client: Any, scene: str) -> None:
    good = client.experiments.get(experiment="good", dataset="qa", space=scene)
    assert client.experiments.get(experiment="good", space=scene) == good
    names = [row.name for row in client.experiments.iter(dataset="qa", space=scene, page_size=1)]
    assert names == ["bad", "good"]
    assert len(client.experiments.list(space=scene, limit=1).experiments) == 1
    runs = list(client.experiments.iter_runs(experiment=good.id, page_size=5))
    assert [run.output for run in runs] == [row["reference"] for row in ROWS]
    assert len(client.experiments.list_runs(experiment=good.id, limit=3).experiment_runs) == 3
    client.experiments.delete(experiment=good.id)
    with pytest.raises(NameNotFound, match=r"no experiment named 'good' in dataset 'qa'"):
        client.experiments.get(experiment="good", dataset="qa", space=scene)


def test_evaluators(client: Any, space: str) -> None:
    made = client.evaluators.create_code_evaluator(
        name="exact", space=space, code_config=MANAGED, description="judges"
    )
    second = client.evaluators.create_version(
        evaluator="exact",
        space=space,
        commit_message="looser",
        code_config={**MANAGED, "variables": ["output", "answer"]},
    )
    assert client.evaluators.get(evaluator=made.id).version.id == second.id
    old = client.evaluators.get(evaluator="exact", space=space, version_id=made.version.id)
    assert old.version.code_config.variables == ["output", "reference"]
    assert client.evaluators.get_version(version_id=second.id).commit_message == "looser"
    versions = client.evaluators.list_versions(evaluator=made.id).evaluator_versions
    assert [version.id for version in versions] == [second.id, made.version.id]
    changed = client.evaluators.update(evaluator=made.id, description=None)
    assert (changed.name, changed.description) == ("exact", None)
    assert [row.id for row in client.evaluators.iter(space=space)] == [made.id]
    assert client.evaluators.list(space=space).evaluators[0].id == made.id
    client.evaluators.delete(evaluator="exact", space=space)
    assert list(client.evaluators.iter(space=space)) == []


def test_versions_have_one_configuration(client: Any) -> None:
    for configurations in ({}, {"code_config": MANAGED, "template_config": {}}):
        with pytest.raises(InvalidRequest, match="pass exactly one"):
            client.evaluators.create_version(evaluator="x", commit_message="y", **configurations)


def test_ai_integrations_and_template_evaluators(client: Any, space: str) -> None:
    name = f"llm {uuid.uuid4().hex[:8]}"
    made = client.ai_integrations.create(
        name=name, provider="custom", api_key="s3cret", base_url="http://127.0.0.1:1/v1"
    )
    assert made.has_api_key
    assert "s3cret" not in made.model_dump_json()
    changed = client.ai_integrations.update(integration=name, api_key=None, model_names=["m"])
    assert (changed.has_api_key, changed.model_names) == (False, ["m"])
    assert client.ai_integrations.get(integration=made.id).name == name
    assert [row.id for row in client.ai_integrations.iter(name=name)] == [made.id]
    assert client.ai_integrations.list(name=name).ai_integrations[0].id == made.id
    evaluator = client.evaluators.create_template_evaluator(
        name="judge",
        space=space,
        template_config={
            "name": "judge",
            "template": "Is {output} right?",
            "include_explanations": True,
            "use_function_calling_if_available": False,
            "classification_choices": {"yes": 1.0, "no": 0},
            "llm_config": {
                "ai_integration_id": made.id,
                "model_name": "m",
                "invocation_parameters": {},
                "provider_parameters": {},
            },
        },
    )
    assert evaluator.version.template_config.classification_choices == {"yes": 1.0, "no": 0.0}
    client.evaluators.delete(evaluator=evaluator.id)
    client.ai_integrations.delete(integration=made.id)
    with pytest.raises(NotFound):
        client.ai_integrations.get(integration=made.id)


def test_a_task_from_name_to_scores(client: Any, scene: str) -> None:
    """The whole way: trigger by name, follow, read what came out."""
    seen: list[TaskRun] = []
    started = client.tasks.trigger_run(task="nightly", space=scene)
    run = client.tasks.wait_for_run(run_id=started.id, timeout=60.0, on_progress=seen.append)
    assert run.status is TaskRunStatus.COMPLETED
    assert (run.num_successes, run.num_errors) == (24, 0)
    assert seen[-1] == run
    scores = {
        name: [
            row.model_dump()["eval.exact.score"]
            for row in client.experiments.iter_runs(experiment=name, dataset="qa", space=scene)
        ]
        for name in ("good", "bad")
    }
    assert scores == {"good": [1.0] * 12, "bad": [0.0] * 12}
    assert client.tasks.get(task="nightly", space=scene).last_run_at is not None
    assert [row.id for row in client.tasks.iter_runs(task="nightly", space=scene)] == [run.id]
    assert client.tasks.list_runs(task="nightly", space=scene, status="failed").task_runs == []
    assert client.runs.get(run_id=run.id).state == "succeeded"
    assert [row.id for row in client.runs.list(ids=[run.id]).runs] == [run.id]
    assert [row.id for row in client.runs.iter(space=scene)] == [run.id]
    with pytest.raises(BadRequest):
        client.tasks.cancel_run(run_id=run.id)
    with pytest.raises(Conflict):
        client.runs.cancel(run_id=run.id)


def test_the_same_key_is_the_same_run(client: Any, scene: str) -> None:
    key = uuid.uuid4().hex
    first = client.tasks.trigger_run(task="nightly", space=scene, idempotency_key=key)
    again = client.tasks.trigger_run(task="nightly", space=scene, idempotency_key=key)
    assert first.id == again.id
    with pytest.raises(Conflict):
        client.tasks.trigger_run(
            task="nightly", space=scene, idempotency_key=key, override_evaluations=True
        )
    client.tasks.wait_for_run(run_id=first.id, timeout=60.0)


def test_a_task_is_changed_and_deleted(client: Any, scene: str) -> None:
    task = client.tasks.update(task="nightly", space=scene, name="weekly", query_filter=None)
    assert client.tasks.get(task="weekly", space=scene).id == task.id
    assert [row.id for row in client.tasks.iter(space=scene, dataset="qa")] == [task.id]
    with pytest.raises(InvalidRequest, match="run_configuration"):
        client.tasks.update(task=task.id, run_configuration={})
    client.tasks.delete(task=task.id)
    with pytest.raises(NameNotFound):
        client.tasks.get(task="weekly", space=scene)


def test_a_run_experiment_task(client: Any, scene: str) -> None:
    integration = client.ai_integrations.create(
        name=f"llm {uuid.uuid4().hex[:8]}", provider="custom", base_url="http://127.0.0.1:1/v1"
    )
    configuration = {
        "experiment_type": "llm_generation",
        "ai_integration_id": integration.id,
        "messages": [{"role": "user", "content": "{question}"}],
        "input_variable_format": "f_string",
    }
    task = client.tasks.create_run_experiment_task(
        name="generate", dataset="qa", space=scene, run_configuration=configuration
    )
    assert task.evaluators == []
    with pytest.raises(InvalidRequest, match="Allowed: name, run_configuration"):
        client.tasks.update(task="generate", space=scene, sampling_rate=0.5)
    with pytest.raises(InvalidRequest, match="experiment_name: is required"):
        client.tasks.trigger_run(task="generate", space=scene)
    client.ai_integrations.delete(integration=integration.id)


def test_a_wait_that_is_too_short(client: Any, scene: str) -> None:
    slow = {"type": "custom", "name": "slow", "code": SLOW, "variables": ["output"]}
    client.evaluators.create_code_evaluator(name="slow", space=scene, code_config=slow)
    client.tasks.update(task="nightly", space=scene, evaluators=["slow"])
    run = client.tasks.trigger_run(task="nightly", space=scene)
    with pytest.raises(WaitTimeout) as caught:
        client.tasks.wait_for_run(run_id=run.id, timeout=0.2)
    assert caught.value.run is not None
    assert caught.value.run.id == run.id
    client.tasks.cancel_run(run_id=run.id)
    ended = client.tasks.wait_for_run(run_id=run.id, timeout=60.0)
    assert ended.status is TaskRunStatus.CANCELLED


SLOW = """
import time

def evaluate(output, **kwargs):
    time.sleep(60)
    return True
"""


def test_what_the_server_refuses_is_an_invalid_request(client: Any) -> None:
    with pytest.raises(InvalidRequest, match="limit") as caught:
        client.tasks.list(limit=101)
    assert isinstance(caught.value, BadRequest)
    assert caught.value.errors[0].path == "limit"
    assert caught.value.request_id


def test_a_wrong_key(start_server: Any) -> None:
    server = start_server(api_keys=("right",))
    with Evalwright(base_url=server.url, api_key="wrong") as client, pytest.raises(Unauthorized):
        client.spaces.list()
    with Evalwright(base_url=server.url, api_key="right") as client:
        assert client.spaces.list().pagination.has_more is False
