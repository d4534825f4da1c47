"""run_experiment tasks, from the trigger to the filled experiment, through real workers."""

import json
from collections.abc import Callable

import pytest

from evalwright.errors import APIError, Conflict, NotFound, Unprocessable
from evalwright_api import api
from evalwright_api.client import Client
from evalwright_api.models import DeleteDatasetExamplesRequest
from fixtures_server import RunningServer
from models.scenes import CAPITALS, Scene, capital, counts
from scripted_models import Answer, Question, ScriptedModels, by_prompt, fixed, judgement


def ask(question: Question) -> str:
    """Answer the question of the user, behind the system's word."""
    return capital(question.prompt)


@pytest.fixture(autouse=True)
def _geography(models: ScriptedModels) -> None:
    models.script = ask


def test_a_prompt_is_answered_for_every_example(scene: Scene, models: ScriptedModels) -> None:
    run = scene.run(scene.generation(), experiment_name="first")
    assert counts(run) == ("completed", 6, 0, 0)
    assert (run.progress.total, run.progress.done) == (6, 6)
    experiment = scene.client.experiments.get(experiment="first", dataset=scene.dataset)
    assert run.experiment_id == experiment.id
    rows = scene.rows(run.experiment_id)
    by_example = {row["example_id"]: row for row in rows}
    examples = scene.client.datasets.list_examples(dataset=scene.dataset).examples
    assert [by_example[example.id]["output"] for example in examples] == [c for _, c in CAPITALS]
    row = rows[0]
    assert (row["error"], row["model_name"], row["is_cached"]) == (None, "small", False)
    assert (row["prompt_tokens"], row["completion_tokens"], row["total_tokens"]) == (7, 3, 10)
    assert row["latency_ms"] > 0
    asked = models.asked[0].body
    assert (asked["temperature"], asked["max_tokens"]) == (0.5, 10)
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]


def test_a_run_belongs_to_its_experiment_from_the_start(
    scene: Scene, models: ScriptedModels
) -> None:
    """The name is taken as soon as anybody can know of the run."""
    models.hold()
    task = scene.generation()
    run = scene.client.tasks.trigger_run(task=task, experiment_name="first")
    assert run.experiment_id is not None
    with pytest.raises(Conflict, match="'first' is taken in this dataset"):
        scene.client.tasks.trigger_run(task=task, experiment_name="first")
    models.release()
    assert counts(scene.finished(run.id)) == ("completed", 6, 0, 0)


def test_an_idempotency_key_makes_one_experiment(scene: Scene) -> None:
    task = scene.generation()
    twice = [
        scene.client.tasks.trigger_run(task=task, experiment_name="x", idempotency_key="once")
        for _ in range(2)
    ]
    assert twice[0].id == twice[1].id
    assert len(scene.client.experiments.list(dataset=scene.dataset).experiments) == 1
    scene.finished(twice[0].id)


@pytest.mark.parametrize(
    ("choose", "cities"),
    [
        (lambda _ids: {"max_examples": 2}, ["Paris", "Nairobi"]),
        (lambda _ids: {"max_examples": 100}, [city for _, city in CAPITALS]),
        (lambda ids: {"example_ids": [ids[4], ids[1], ids[4]]}, ["Nairobi", "Rome"]),
        (lambda _ids: {"query_filter": "country != 'France'", "max_examples": 1}, ["Nairobi"]),
        (lambda ids: {"query_filter": "country = 'Italy'", "example_ids": ids[2:]}, ["Rome"]),
        (lambda _ids: {"query_filter": "country IN ('Kenya', 'Italy')"}, ["Nairobi", "Rome"]),
    ],
)
def test_examples_are_chosen(
    scene: Scene, choose: Callable[[list[str]], dict[str, object]], cities: list[str]
) -> None:
    examples = scene.client.datasets.list_examples(dataset=scene.dataset).examples
    arguments = choose([example.id for example in examples])
    run = scene.run(scene.generation(), experiment_name="some", **arguments)
    assert sorted(row["output"] for row in scene.rows(run.experiment_id)) == sorted(cities)
    assert (run.num_successes, run.progress.total) == (len(cities), len(cities))


def test_a_filter_that_nothing_passes_is_named(scene: Scene, models: ScriptedModels) -> None:
    run = scene.run(scene.generation(), experiment_name="none", query_filter="country = 'Chile'")
    assert (counts(run), run.progress.total) == (("completed", 0, 0, 0), 0)
    assert run.note == "0 of 6 examples matched query_filter \"country = 'Chile'\""
    assert models.asked == []


def test_a_wrong_filter_is_refused(scene: Scene) -> None:
    with pytest.raises(APIError, match="at character") as caught:
        scene.client.tasks.trigger_run(
            task=scene.generation(), experiment_name="x", query_filter="country ="
        )
    assert caught.value.status == 400


def test_what_ran_is_listed_by_example(scene: Scene, models: ScriptedModels) -> None:
    run = scene.run(scene.generation(), experiment_name="first", max_examples=2)
    results = scene.client.tasks.list_run_results(run_id=run.id).results
    rows = {row["id"]: row["example_id"] for row in scene.rows(run.experiment_id)}
    assert {result.row_id: result.example_id for result in results} == rows
    assert {(result.outcome, result.evaluator_name) for result in results} == {("judged", None)}
    skipped = scene.client.tasks.list_run_results(run_id=run.id, outcome="skipped")
    assert skipped.results == []


def test_a_version_is_chosen(scene: Scene, models: ScriptedModels) -> None:
    """The examples of the version, with what they contained then."""
    examples = scene.client.datasets.list_examples(dataset=scene.dataset).examples
    old = scene.client.datasets.get(dataset=scene.dataset).versions[0].id
    scene.client.datasets.update_examples(
        dataset=scene.dataset,
        examples=[{"id": examples[0].id, "country": "Kenya"}],
        new_version="second",
    )
    before = scene.run(scene.generation(), experiment_name="old", dataset_version_id=old)
    after = scene.run(scene.generation(), experiment_name="new")
    first = examples[0].id
    outputs = [
        next(row["output"] for row in scene.rows(run.experiment_id) if row["example_id"] == first)
        for run in (before, after)
    ]
    assert outputs == ["Paris", "Nairobi"]
    made = scene.client.experiments.get(experiment="old", dataset=scene.dataset)
    assert made.dataset_version_id == old


def test_tracing_metadata_stands_in_every_row(scene: Scene) -> None:
    run = scene.run(scene.generation(), experiment_name="traced", tracing_metadata={"release": "7"})
    rows = scene.rows(run.experiment_id)
    assert all(row["tracing_metadata"] == {"release": "7"} for row in rows)


def test_rows_fail_one_by_one(scene: Scene, models: ScriptedModels) -> None:
    def say(question: Question) -> Answer | str:
        refuses = "Peru" in question.prompt
        return Answer("content is too dear", status=400) if refuses else ask(question)

    models.script = say
    run = scene.run(scene.generation(), experiment_name="one fails")
    assert counts(run) == ("completed", 5, 1, 0)
    [failed] = [row for row in scene.rows(run.experiment_id) if row["error"] is not None]
    assert failed["output"] is None
    assert "content is too dear (400)" in failed["error"]


def test_a_missing_column_fails_the_run_with_the_columns_there_are(scene: Scene) -> None:
    messages = [{"role": "user", "content": "{{ nation }}"}]
    task = scene.generation(messages=messages, input_variable_format="mustache")
    run = scene.run(task, experiment_name="missing")
    assert counts(run) == ("failed", 0, 6, 0)
    assert "no output for any of 6 examples; each time: The row has no column 'nation'" in str(
        run.failure_reason
    )


def test_a_wrong_key_fails_the_run(scene: Scene, models: ScriptedModels) -> None:
    models.script = fixed(Answer("Incorrect API key provided", status=401))
    run = scene.run(scene.generation(), experiment_name="locked out")
    assert run.status == "failed"
    assert "Incorrect API key provided (401)" in str(run.failure_reason)


def test_placeholders_are_left_alone_where_that_is_wanted(
    scene: Scene, models: ScriptedModels
) -> None:
    models.script = fixed("fine")
    messages = [{"role": "user", "content": "{country} {{country}}"}]
    task = scene.generation(messages=messages, input_variable_format="none")
    scene.run(task, experiment_name="raw", max_examples=1)
    assert models.asked[0].prompt == "{country} {{country}}"


def test_tools_are_offered_and_calls_are_outputs(scene: Scene, models: ScriptedModels) -> None:
    models.script = fixed(Answer(arguments='{"city": "Paris"}', finish_reason="tool_calls"))
    tool = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
    task = scene.generation(tool_config={"tools": [tool], "tool_choice": "look_up"})
    run = scene.run(task, experiment_name="tools", max_examples=1)
    [row] = scene.rows(run.experiment_id)
    call = {"id": "call_1", "name": "look_up", "arguments": '{"city": "Paris"}'}
    assert json.loads(row["output"]) == [call]
    assert row["tool_calls"] == [call]
    choice = models.asked[0].body["tool_choice"]
    assert choice == {"type": "function", "function": {"name": "look_up"}}


def test_a_model_without_a_name_is_the_integrations_first(
    scene: Scene, models: ScriptedModels
) -> None:
    configuration = {
        "experiment_type": "llm_generation",
        "ai_integration_id": scene.integration,
        "messages": [{"role": "user", "content": "{country}"}],
        "input_variable_format": "f_string",
    }
    scene.run(scene.task(configuration), experiment_name="default", max_examples=1)
    assert models.asked[0].body["model"] == "small"


def test_judgements_are_outputs_of_their_own_kind(scene: Scene, models: ScriptedModels) -> None:
    models.script = by_prompt(
        lambda prompt: judgement("yes" if "Paris" in prompt else "no", "I know.")
    )
    task = scene.task(
        {
            "experiment_type": "template_evaluation",
            "ai_integration_id": scene.integration,
            "model_name": "large",
            "template": "Is {{city}} the capital of {{country}}?",
            "provide_explanation": True,
            "classification_choices": {"yes": 1, "no": 0},
            "column_mapping": {"city": "expected"},
        }
    )
    run = scene.run(task, experiment_name="judged", max_examples=2)
    assert counts(run) == ("completed", 2, 0, 0)
    rows = sorted(scene.rows(run.experiment_id), key=lambda row: str(row["output"]))
    assert [(r["output"], r["output_label"], r["output_score"]) for r in rows] == [
        ("no", "no", 0.0),
        ("yes", "yes", 1.0),
    ]
    assert rows[0]["output_explanation"] == "I know."
    assert (rows[0]["model_name"], rows[0]["total_tokens"]) == ("large", 10)


def test_evaluation_tasks_follow(scene: Scene, models: ScriptedModels) -> None:
    """Over the new experiment, once it is filled."""

    def say(question: Question) -> Answer | str:
        return judgement("correct") if "Is " in question.prompt else ask(question)

    models.script = say
    elsewhere = scene.experiment("Paris")
    evaluations = [scene.evaluation(elsewhere, scene.evaluator()) for _ in range(2)]
    scene.client.tasks.delete(task=evaluations.pop())
    run = scene.run(scene.generation(), experiment_name="followed", evaluation_task_ids=evaluations)
    assert counts(run) == ("completed", 6, 0, 0)
    [follower] = scene.client.tasks.list_runs(task=evaluations[0]).task_runs
    assert follower.created_by_user_id == run.created_by_user_id
    assert counts(scene.finished(follower.id)) == ("completed", 6, 0, 0)
    assert all(r["eval.correctness.score"] == 1.0 for r in scene.rows(run.experiment_id))
    assert "eval.correctness.score" not in scene.rows(elsewhere)[0]


def test_what_can_not_follow_is_said_in_a_note(scene: Scene, models: ScriptedModels) -> None:
    evaluation = scene.evaluation(scene.experiment("Paris"), scene.evaluator())
    models.hold()
    run = scene.client.tasks.trigger_run(
        task=scene.generation(), experiment_name="alone", evaluation_task_ids=[evaluation]
    )
    models.wait_until_asked(6)
    scene.client.tasks.delete(task=evaluation)
    models.release()
    ended = scene.finished(run.id)
    assert counts(ended) == ("completed", 6, 0, 0)
    assert "an evaluation task was deleted" in str(ended.note)


def test_nothing_follows_a_run_that_was_cancelled(scene: Scene, models: ScriptedModels) -> None:
    evaluation = scene.evaluation(scene.experiment("Paris"), scene.evaluator())
    models.hold()
    run = scene.client.tasks.trigger_run(
        task=scene.generation(), experiment_name="stopped", evaluation_task_ids=[evaluation]
    )
    models.wait_until_asked(6)
    scene.client.tasks.cancel_run(run_id=run.id)
    ended = scene.finished(run.id)
    assert counts(ended) == ("cancelled", 0, 0, 0)
    assert scene.client.tasks.list_runs(task=evaluation).task_runs == []


def test_a_run_outlives_its_experiment(scene: Scene, models: ScriptedModels) -> None:
    models.hold()
    run = scene.client.tasks.trigger_run(task=scene.generation(), experiment_name="doomed")
    models.wait_until_asked(6)
    scene.client.experiments.delete(experiment="doomed", dataset=scene.dataset)
    models.release()
    ended = scene.finished(run.id)
    assert counts(ended) == ("completed", 0, 0, 6)
    assert ended.experiment_id is None


def test_an_empty_version_is_noted(scene: Scene, running_server: RunningServer) -> None:
    examples = scene.client.datasets.list_examples(dataset=scene.dataset).examples
    task = scene.generation()
    removal = DeleteDatasetExamplesRequest(
        dataset_version_id="", example_ids=[example.id for example in examples]
    )
    with Client(running_server.url) as client:
        client.send(api.datasets.delete_dataset_examples(scene.dataset, body=removal))
    run = scene.run(task, experiment_name="empty")
    assert counts(run) == ("completed", 0, 0, 0)
    assert run.note == "0 examples: the dataset version has none"


def test_a_trigger_that_can_not_work_is_refused_and_leaves_nothing(scene: Scene) -> None:
    task = scene.generation(model_name="unheard of")
    other = scene.client.datasets.create(name="other", space=scene.space, examples=[{"a": 1}])
    version = scene.client.datasets.get(dataset=other.id).versions[0].id
    with pytest.raises(Unprocessable, match="has no model 'unheard of'"):
        scene.client.tasks.trigger_run(task=task, experiment_name="x")
    with pytest.raises(NotFound, match="a version of another dataset"):
        scene.client.tasks.trigger_run(
            task=scene.generation(), experiment_name="x", dataset_version_id=version
        )
    assert scene.client.experiments.list(dataset=scene.dataset).experiments == []


def test_a_prompt_that_can_not_be_filled_is_refused_at_once(scene: Scene) -> None:
    messages = [{"role": "user", "content": "{{#each}}"}]
    with pytest.raises(APIError, match=r"run_configuration\.messages") as caught:
        scene.generation(messages=messages, input_variable_format="mustache")
    assert caught.value.status == 400
