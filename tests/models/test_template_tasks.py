"""Template evaluation tasks, from the trigger to the scores, through real workers."""

import pytest

from evalwright.errors import Unprocessable
from evalwright.types import TaskRun
from fixtures_server import RunningServer
from models.scenes import CAPITALS, KEY, Scene, counts
from scripted_models import Answer, ScriptedModels, by_prompt, fixed, judgement
from server.client import Api
from spans.exports import export_of, send, span

NAME = "eval.correctness"


def says(prompt: str) -> Answer:
    """Judge as a model that knows its geography."""
    right = any(f"Is {city} the capital of {country}?" in prompt for country, city in CAPITALS)
    return judgement("correct" if right else "incorrect", "I looked it up.")


def test_a_model_judges_every_row(scene: Scene, models: ScriptedModels) -> None:
    models.script = by_prompt(says)
    experiment = scene.experiment("Paris", "Mombasa", "Lima")
    run = scene.run(scene.evaluation(experiment, scene.evaluator()))
    assert counts(run) == ("completed", 3, 0, 0)
    assert (run.failure_reason, run.note) == (None, None)
    rows = scene.rows(experiment)
    assert [row[f"{NAME}.label"] for row in rows] == ["correct", "incorrect", "correct"]
    assert [row[f"{NAME}.score"] for row in rows] == [1.0, 0.0, 1.0]
    assert {row[f"{NAME}.explanation"] for row in rows} == {"I looked it up."}
    assert {row[f"{NAME}.prompt_tokens"] for row in rows} == {7}
    assert {row[f"{NAME}.completion_tokens"] for row in rows} == {3}
    assert {asked.headers["authorization"] for asked in models.asked} == {f"Bearer {KEY}"}


def test_a_second_run_does_only_what_is_missing(scene: Scene, models: ScriptedModels) -> None:
    models.script = by_prompt(
        lambda prompt: Answer("no", status=400) if "Mombasa" in prompt else says(prompt)
    )
    experiment = scene.experiment("Paris", "Mombasa", "Lima")
    task = scene.evaluation(experiment, scene.evaluator())
    first = scene.run(task)
    assert counts(first) == ("completed", 2, 1, 0)
    assert "no (400)" in scene.rows(experiment)[1][f"{NAME}.error"]
    models.script = by_prompt(says)
    models.forget()
    assert counts(scene.run(task)) == ("completed", 1, 0, 2)
    assert len(models.asked) == 1
    # Who wants to judge again wants to ask again: the cache is no answer.
    assert counts(scene.run(task, override_evaluations=True)) == ("completed", 3, 0, 0)
    assert len(models.asked) == 4


def test_answers_to_the_same_version_are_used_again(scene: Scene, models: ScriptedModels) -> None:
    models.script = by_prompt(says)
    evaluator = scene.evaluator()
    for _ in range(2):
        task = scene.evaluation(scene.experiment("Paris", "Rome"), evaluator)
        assert counts(scene.run(task)) == ("completed", 2, 0, 0)
    assert len(models.asked) == 2


def test_a_malformed_answer_is_an_error_of_its_row(scene: Scene, models: ScriptedModels) -> None:
    models.script = by_prompt(
        lambda prompt: judgement("perhaps") if "Rome" in prompt else says(prompt)
    )
    experiment = scene.experiment("Paris", "Rome")
    run = scene.run(scene.evaluation(experiment, scene.evaluator()))
    assert counts(run) == ("completed", 1, 1, 0)
    row = scene.rows(experiment)[1]
    assert row[f"{NAME}.score"] is None
    assert "'perhaps' is none of 'correct', 'incorrect'" in row[f"{NAME}.error"]


def test_a_wrong_key_fails_the_run_in_the_providers_words(
    scene: Scene, models: ScriptedModels
) -> None:
    models.script = fixed(Answer(f"Incorrect API key provided: {KEY}", status=401))
    run = scene.run(scene.evaluation(scene.experiment("Paris"), scene.evaluator()))
    assert run.status == "failed"
    assert isinstance(run.failure_reason, str)
    assert "Incorrect API key provided: *** (401)" in run.failure_reason
    assert "scripted" in run.failure_reason


def test_a_provider_that_never_gives_a_usable_answer_fails_the_run(
    scene: Scene, models: ScriptedModels
) -> None:
    models.script = fixed("I'd rather not.")
    run = scene.run(scene.evaluation(scene.experiment("Paris", "Oslo"), scene.evaluator()))
    assert counts(run) == ("failed", 0, 2, 0)
    assert "could judge none of 2 rows; each time: The model's answer" in str(run.failure_reason)


def test_columns_that_are_nowhere_are_named_in_a_note(scene: Scene) -> None:
    evaluator = scene.evaluator(template="Is {answer} right?")
    run = scene.run(scene.evaluation(scene.experiment("Paris"), evaluator))
    assert counts(run) == ("completed", 0, 1, 0)
    assert "mapping 'answer' resolves on none of 1 row; available: 'country'" in str(run.note)


def test_mappings_of_the_task_are_applied(scene: Scene, models: ScriptedModels) -> None:
    models.script = by_prompt(says)
    evaluator = scene.evaluator(template="Is {answer} the capital of {country}?")
    experiment = scene.experiment("Paris")
    task = scene.evaluation(experiment, evaluator, column_mappings={"answer": "output"})
    assert counts(scene.run(task)) == ("completed", 1, 0, 0)


def test_models_judge_spans_too(
    scene: Scene, models: ScriptedModels, running_server: RunningServer
) -> None:
    """Columns of spans are attributes, whose names have dots."""
    models.script = by_prompt(says)
    project = scene.client.projects.create(name="atlas", space=scene.space)
    sent = [span(input__value="France", output__value=city) for city in ("Paris", "Lyon")]
    api = Api(running_server.url)
    assert send(api, export_of(sent, "atlas"), X_Evalwright_Space=scene.space).status == 200
    api.pool.clear()
    template = "Is {attributes.output.value} the capital of {input.value}?"
    task = scene.client.tasks.create_evaluation_task(
        name="spans",
        task_type="template_evaluation",
        project=project.id,
        evaluators=[{"evaluator_id": scene.evaluator(template=template)}],
    )
    assert counts(scene.run(task.id)) == ("completed", 2, 0, 0)
    found = [each.model_dump() for each in scene.client.spans.list(project=project.id).spans]
    judged = {each["context"]["span_id"]: each["evaluations"][0]["label"] for each in found}
    ids = [each.span_id.hex() for each in sent]
    assert judged == dict(zip(ids, ["correct", "incorrect"], strict=True))


def test_cancelling_is_quick_and_keeps_what_is_done(scene: Scene, models: ScriptedModels) -> None:
    """Even while the model keeps everybody waiting."""
    models.script = by_prompt(says)
    experiment = scene.experiment(*(city for _, city in CAPITALS))
    task = scene.evaluation(experiment, scene.evaluator())
    models.hold()
    run = scene.client.tasks.trigger_run(task=task)
    models.wait_until_asked(6)
    scene.client.tasks.cancel_run(run_id=run.id)
    ended = scene.finished(run.id)
    assert counts(ended) == ("cancelled", 0, 0, 0)
    models.release()
    assert counts(scene.run(task)) == ("completed", 6, 0, 0)


def test_the_space_decides_which_integrations_can_be_used(scene: Scene) -> None:
    task = scene.evaluation(scene.experiment("Paris"), scene.evaluator())
    other = scene.client.spaces.create(name=f"not {scene.space}").id
    scene.client.ai_integrations.update(
        integration=scene.integration, scopings=[{"space_id": other}]
    )
    error = refused(scene, task)
    assert error.status == 422
    assert "can't be used in this space" in str(error)


def test_a_model_that_is_not_there_is_found_at_the_trigger(scene: Scene) -> None:
    evaluator = scene.evaluator(model_name="smal")
    error = refused(scene, scene.evaluation(scene.experiment("Paris"), evaluator))
    assert error.status == 422
    assert "has no model 'smal'" in str(error)
    scene.client.ai_integrations.update(integration=scene.integration, enable_default_models=True)
    started = scene.client.tasks.trigger_run(
        task=scene.evaluation(scene.experiment("Paris"), evaluator)
    )
    assert isinstance(scene.finished(started.id), TaskRun)


def test_a_deleted_integration_is_named_at_the_trigger(scene: Scene) -> None:
    task = scene.evaluation(scene.experiment("Paris"), scene.evaluator())
    scene.client.ai_integrations.delete(integration=scene.integration)
    error = refused(scene, task)
    assert error.status == 422
    assert "uses an AI integration that is gone" in str(error)


def refused(scene: Scene, task: str) -> Unprocessable:
    with pytest.raises(Unprocessable) as caught:
        scene.client.tasks.trigger_run(task=task)
    return caught.value
