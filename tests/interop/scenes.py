"""Things on a server that these tests work with, made by the client under test."""

import itertools
from dataclasses import dataclass
from typing import Any

from arize import ArizeClient
from arize.experiments.types import ExperimentTaskFieldNames

from interop import clients

_numbers = itertools.count()


def unique(noun: str) -> str:
    """Return a name nobody else has."""
    return f"{noun} {next(_numbers):04}"


@dataclass(frozen=True)
class Scene:
    """A space with a dataset, an experiment over it, a code evaluator and a project."""

    client: ArizeClient
    space: Any
    dataset: Any
    examples: list[str]
    experiment: Any
    evaluator: Any
    project: Any

    def task(self, **changes: Any) -> Any:
        """Create an evaluation task over the experiment."""
        arguments = {
            "name": unique("task"),
            "task_type": clients.TaskType.CODE_EVALUATION,
            "dataset": self.dataset.id,
            "experiment_ids": [self.experiment.id],
            "evaluators": [clients.applied(self.evaluator.id)],
            **changes,
        }
        return self.client.tasks.create_evaluation_task(**arguments)

    def project_task(self, **changes: Any) -> Any:
        """Create an evaluation task over the project."""
        over = {"dataset": None, "experiment_ids": None, "project": self.project.id}
        return self.task(**over, **changes)

    def slow_task(self) -> Any:
        """Create a task whose runs take longer than any test."""
        code = "import time\ndef evaluate(output):\n    time.sleep(600)\n    return True\n"
        evaluator = self.client.evaluators.create_code_evaluator(
            name=unique("slow"),
            space=self.space.id,
            commit_message="first",
            code_config=clients.custom_code(code, ["output"]),
        )
        return self.task(evaluators=[clients.applied(evaluator.id)])

    def make_experiment(self, name: str, outputs: list[str]) -> Any:
        """Create an experiment from outputs."""
        return self.client.experiments.create(
            name=name,
            dataset=self.dataset.id,
            experiment_runs=[
                {"example_id": example, "answer": output}
                for example, output in zip(self.examples, outputs, strict=True)
            ],
            task_fields=ExperimentTaskFieldNames(example_id="example_id", output="answer"),
            force_http=True,
        )


def build_scene(client: ArizeClient) -> Scene:
    """Make a scene in a new space."""
    organization = client.organizations.list().organizations[0]
    space = client.spaces.create(name=unique("space"), organization_id=organization.id)
    rows = [{"question": f"q{n}", "expected": f"a{n}"} for n in range(3)]
    dataset = client.datasets.create(name="facts", space=space.id, examples=rows, force_http=True)
    page = client.datasets.list_examples(dataset=dataset.id)
    evaluator = client.evaluators.create_code_evaluator(
        name="exact", space=space.id, commit_message="first", code_config=clients.exact_match()
    )
    project = client.projects.create(name="chat", space=space.id)
    examples = [example.id for example in page.examples]
    bare = Scene(client, space, dataset, examples, None, evaluator, project)
    experiment = bare.make_experiment("first", ["a0", "wrong", "a2"])
    return Scene(client, space, dataset, examples, experiment, evaluator, project)
