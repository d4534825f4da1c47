"""Things on a server that tests of models work with, made through the SDK."""

import itertools
from dataclasses import dataclass
from typing import Any

from evalwright import Evalwright
from evalwright.types import TaskRun
from scripted_models import ScriptedModels

KEY = "sk-not-to-be-seen-0123456789"
HEADER = "header-not-to-be-seen-0123456789"
CAPITALS = [
    ("France", "Paris"),
    ("Kenya", "Nairobi"),
    ("Peru", "Lima"),
    ("Japan", "Tokyo"),
    ("Italy", "Rome"),
    ("Norway", "Oslo"),
]
TEMPLATE = "Is {output} the capital of {country}?"
_numbers = itertools.count()


@dataclass
class Scene:
    """A space with a dataset of capitals, and an AI integration with scripted models."""

    client: Evalwright
    space: str
    dataset: str
    integration: str

    def evaluator(self, **changes: Any) -> str:
        """Create a template evaluator and return its ID."""
        model = changes.pop("model_name", "small")
        config = {
            "name": "correctness",
            "template": TEMPLATE,
            "include_explanations": True,
            "use_function_calling_if_available": True,
            "classification_choices": {"correct": 1, "incorrect": 0},
            "llm_config": {
                "ai_integration_id": self.integration,
                "model_name": model,
                "invocation_parameters": {"temperature": 0},
                "provider_parameters": {},
            },
            **changes,
        }
        name = f"evaluator {next(_numbers)}"
        made = self.client.evaluators.create_template_evaluator(
            name=name, space=self.space, template_config=config
        )
        return made.id

    def experiment(self, *outputs: str) -> str:
        """Create an experiment with these outputs and return its ID."""
        page = self.client.datasets.list_examples(dataset=self.dataset, limit=100)
        runs = [
            {"example_id": example.id, "output": output}
            for example, output in zip(page.examples, outputs, strict=False)
        ]
        name = f"experiment {next(_numbers)}"
        made = self.client.experiments.create(name=name, dataset=self.dataset, experiment_runs=runs)
        return made.id

    def evaluation(self, experiment: str, *evaluators: str, **entry: Any) -> str:
        """Create a template evaluation task and return its ID."""
        made = self.client.tasks.create_evaluation_task(
            name=f"evaluation {next(_numbers)}",
            task_type="template_evaluation",
            dataset=self.dataset,
            experiments=[experiment],
            evaluators=[{"evaluator_id": each, **entry} for each in evaluators],
        )
        return made.id

    def generation(self, **changes: Any) -> str:
        """Create a run_experiment task that asks for capitals and return its ID."""
        configuration = {
            "experiment_type": "llm_generation",
            "ai_integration_id": self.integration,
            "model_name": "small",
            "messages": [
                {"role": "system", "content": "Answer with one word."},
                {"role": "user", "content": "What is the capital of {country}?"},
            ],
            "input_variable_format": "f_string",
            "invocation_parameters": {"temperature": 0.5, "max_tokens": 10},
            **changes,
        }
        return self.task(configuration)

    def task(self, configuration: dict[str, Any]) -> str:
        """Create a run_experiment task and return its ID."""
        made = self.client.tasks.create_run_experiment_task(
            name=f"task {next(_numbers)}", dataset=self.dataset, run_configuration=configuration
        )
        return made.id

    def run(self, task: str, **arguments: Any) -> TaskRun:
        """Run a task to its end."""
        started = self.client.tasks.trigger_run(task=task, **arguments)
        return self.finished(started.id)

    def finished(self, run: str) -> TaskRun:
        """Wait for the end of a run."""
        return self.client.tasks.wait_for_run(run_id=run, timeout=60)

    def rows(self, experiment: str | None) -> list[dict[str, Any]]:
        """Return the runs of an experiment as mappings."""
        assert isinstance(experiment, str)
        page = self.client.experiments.list_runs(experiment=experiment, limit=100)
        return [run.model_dump() for run in page.experiment_runs]


def build_scene(client: Evalwright, models: ScriptedModels, **integration: Any) -> Scene:
    """Make a scene in a new space."""
    number = next(_numbers)
    space = client.spaces.create(name=f"models {number}").id
    dataset = client.datasets.create(
        name="capitals",
        space=space,
        examples=[{"country": country, "expected": capital} for country, capital in CAPITALS],
    )
    access = client.ai_integrations.create(
        **{
            "name": f"scripted {number}",
            "provider": "custom",
            "api_key": KEY,
            "base_url": models.url,
            "headers": {"x-token": HEADER},
            "model_names": ["small", "large"],
            **integration,
        }
    )
    return Scene(client, space, dataset.id, access.id)


def capital(prompt: str) -> str:
    """Answer as a model that knows its geography."""
    return next(city for country, city in CAPITALS if country in prompt)


def counts(run: TaskRun) -> tuple[str, int, int, int]:
    """Return how a run ended."""
    return run.status.value, run.num_successes, run.num_errors, run.num_skipped
