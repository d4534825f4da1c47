"""Both clients against the reference server, and something there to work with."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from evalwright import AsyncEvalwright, Evalwright
from fixtures_server import RunningServer
from sdk.blocking import Blocking

MANAGED = {
    "type": "managed",
    "name": "exact",
    "managed_evaluator": "ExactMatch",
    "variables": ["output", "reference"],
}
ROWS = [{"question": f"{n} + {n}", "reference": str(2 * n)} for n in range(12)]


class Whole:
    """An async client whose parts are driven from plain code."""

    def __init__(self, client: AsyncEvalwright, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> Blocking:
        return Blocking(getattr(self._client, name), self._runner)


@pytest.fixture(params=["sync", "async"])
def client(request: pytest.FixtureRequest, running_server: RunningServer) -> Iterator[Any]:
    if request.param == "sync":
        with Evalwright(base_url=running_server.url) as plain:
            yield plain
        return
    with asyncio.Runner() as runner:
        other = AsyncEvalwright(base_url=running_server.url)
        yield Whole(other, runner)
        runner.run(other.aclose())


@pytest.fixture
def space(client: Any) -> str:
    """A space of this test's own, by name."""
    name = f"space {uuid.uuid4().hex[:8]}"
    client.spaces.create(name=name, description="for a test")
    return name


@pytest.fixture
def scene(client: Any, space: str) -> str:
    """A space with a dataset, two experiments, an evaluator and a task."""
    client.datasets.create(name="qa", space=space, examples=ROWS)
    examples = list(client.datasets.iter_examples(dataset="qa", space=space, page_size=5))
    for name, right in (("good", True), ("bad", False)):
        runs = [
            {"example_id": row.id, "output": row.reference if right else "?"} for row in examples
        ]
        client.experiments.create(name=name, dataset="qa", space=space, experiment_runs=runs)
    client.evaluators.create_code_evaluator(name="exact", space=space, code_config=MANAGED)
    client.tasks.create_evaluation_task(
        name="nightly",
        task_type="code_evaluation",
        dataset="qa",
        space=space,
        experiments=["good", "bad"],
        evaluators=["exact"],
    )
    return space
