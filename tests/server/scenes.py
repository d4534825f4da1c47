"""Things on a server that tests work with."""

import itertools
from dataclasses import dataclass
from typing import Any

from server.client import Api, at

Json = dict[str, Any]
_numbers = itertools.count()


def unique_name(word: str) -> str:
    """Return a name nobody else has."""
    return f"{word} {next(_numbers)}"


MATCHES: Json = {
    "type": "managed",
    "name": "matches",
    "managed_evaluator": "ExactMatch",
    "variables": ["output", "expected"],
}


@dataclass(frozen=True)
class Scene:
    """A space with a dataset, an experiment over it and a code evaluator."""

    space: str
    dataset: str
    examples: list[str]
    experiment: str
    evaluator: str
    project: str

    def task(self, **changes: object) -> Json:
        """The body that creates an evaluation task; None takes a member out."""
        body = {
            "name": unique_name("task"),
            "type": "code_evaluation",
            "dataset_id": self.dataset,
            "experiment_ids": [self.experiment],
            "evaluators": [{"evaluator_id": self.evaluator}],
            **changes,
        }
        return {name: value for name, value in body.items() if value is not None}

    def project_task(self, **changes: object) -> Json:
        """The same over a project."""
        changes = {"dataset_id": None, "experiment_ids": None, **changes}
        return self.task(project_id=self.project, **changes)


def build_scene(api: Api) -> Scene:
    """Make a scene in a new space."""
    space = api.make("/v2/spaces", {"name": unique_name("space")})["id"]
    rows = [{"question": f"q{n}", "expected": f"a{n}"} for n in range(3)]
    dataset = api.make("/v2/datasets", {"name": "facts", "space_id": space, "examples": rows})
    page = api.get(at("/v2/datasets/{}/examples", dataset["id"])).body
    examples = [example["id"] for example in page["examples"]]
    runs = [{"example_id": each, "output": f"a{n}"} for n, each in enumerate(examples)]
    experiment = api.make(
        "/v2/experiments",
        {"name": "first", "dataset_id": dataset["id"], "experiment_runs": runs},
    )
    evaluator = api.make(
        "/v2/evaluators",
        {
            "name": "exact",
            "space_id": space,
            "type": "code",
            "version": {"commit_message": "first", "code_config": MATCHES},
        },
    )
    project = api.make("/v2/projects", {"name": "chat", "space_id": space})
    return Scene(space, dataset["id"], examples, experiment["id"], evaluator["id"], project["id"])
