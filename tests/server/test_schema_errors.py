"""What is said about values that break the document, in words that help to put them right."""

from typing import Any

import pytest

from evalwright_server.web.document import Document
from evalwright_server.web.judge import Judge, component


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(Document.bundled())


def said(judge: Judge, schema: str, value: Any) -> dict[str, str]:
    """Return what is said about a value, by place."""
    _, errors = judge.check(component(schema), value)
    return {error.pointer: error.message for error in errors}


EXAMPLES = {"name": "x", "space_id": "x", "examples": [{"a": 1}]}
CODE = {"type": "managed", "name": "x", "managed_evaluator": "ExactMatch", "variables": []}
CASES: dict[str, tuple[str, Any, dict[str, str]]] = {
    "another type": (
        "CreateSpaceRequest",
        {"name": 5},
        {"/name": "expected text, not a number"},
    ),
    "text that is too long": (
        "CreateSpaceRequest",
        {"name": "x" * 300},
        {"/name": "may have at most 255 characters; this has 300"},
    ),
    "a list that is too long": (
        "CreateDatasetRequest",
        {**EXAMPLES, "examples": [{"a": 1}] * 1001},
        {"/examples": "may have at most 1000 entries; this has 1001"},
    ),
    "a row without columns": (
        "CreateDatasetRequest",
        {**EXAMPLES, "examples": [{}]},
        {"/examples/0": "needs at least 1 member"},
    ),
    "a number that is too large": (
        "UpdateEvaluationTaskRequest",
        {"sampling_rate": 1.5},
        {"/sampling_rate": "must be at most 1"},
    ),
    "a name with odd characters": (
        "CreateExperimentRequest",
        {"name": 'a"b', "dataset_id": "x", "experiment_runs": [{"example_id": "x", "output": ""}]},
        {
            "/name": "has characters that are not allowed here; "
            r'expected a match of ^[^"\\]*$'
        },
    ),
    "one of several types": (
        "UpdateEvaluatorRequest",
        {"description": []},
        {"/description": "expected text or null, not a list"},
    ),
    "no tag": (
        "CodeConfigInput",
        {**CODE, "type": None},
        {"/type": "expected one of managed, custom, not null"},
    ),
    "the members of another tag": (
        "CodeConfigInput",
        {**CODE, "code": "x"},
        {"/code": "there is no such member here"},
    ),
    "a value of no branch": (
        "StaticParamInput",
        {"name": "x", "type": "STRING", "default_value": [1]},
        {"/default_value/0": "expected text, not a number"},
    ),
    "a pointer that needs escapes": (
        "CreateSpaceRequest",
        {"name": "x", "a/b~c": 1},
        {"/a~1b~0c": "there is no such member here"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_said(judge: Judge, case: str) -> None:
    schema, value, expected = CASES[case]
    assert said(judge, schema, value) == expected


def test_the_values_of_all_branches_are_offered_where_the_tag_is_missing(judge: Judge) -> None:
    _, (error,) = judge.check(component("CreateTaskRequest"), {"name": "x"})
    assert error.pointer == "/type"
    assert error.allowed == ("template_evaluation", "code_evaluation", "run_experiment")


def test_a_long_value_is_not_repeated_in_full(judge: Judge) -> None:
    value = {"name": "x", "type": "y" * 5000}
    assert len(said(judge, "CreateTaskRequest", value)["/type"]) < 200
