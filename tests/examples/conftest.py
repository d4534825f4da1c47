"""The example data and its evaluator, loaded as a user of the platform would load them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

Row = dict[str, str]
Evaluate = Callable[..., dict[str, object]]


def read_rows(name: str) -> list[Row]:
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def questions() -> list[Row]:
    return read_rows("questions.jsonl")


@pytest.fixture(scope="session")
def outputs() -> dict[str, list[Row]]:
    return {name: read_rows(f"outputs-{name}.jsonl") for name in ("baseline", "candidate")}


@pytest.fixture(scope="session")
def evaluate() -> Evaluate:
    """Runs the file in an empty namespace: as the code of an evaluator it has no module."""
    path = EXAMPLES / "evaluators" / "answer_correctness.py"
    namespace: dict[str, Evaluate] = {}
    exec(compile(path.read_text(encoding="utf-8"), path.name, "exec"), namespace)
    return namespace["evaluate"]
