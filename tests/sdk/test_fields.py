"""Wording what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from evalwright._fields import build, nearest, ranked, shown
from evalwright._places import dotted, pointed
from evalwright.errors import FieldError, InvalidRequest
from evalwright.types import (
    CreateAiIntegrationRequest,
    CreateCodeEvaluationTaskRequest,
    CreateRunExperimentTaskRequest,
    EvaluatorVersionCodeCreate,
)


def test_one_wrong_field_stands_alone() -> None:
    error = InvalidRequest([FieldError("name", "is required")])
    assert str(error) == "name: is required"


def test_several_wrong_fields_stand_on_lines() -> None:
    error = InvalidRequest(
        [
            FieldError("max_spans", "is too small", got="0", expected="1 or more"),
            FieldError("spase", "is not known here", allowed=("name", "space"), nearest="space"),
        ]
    )
    assert str(error) == (
        "2 fields are wrong:\n"
        "  max_spans: is too small; expected 1 or more, got 0\n"
        "  spase: is not known here; did you mean 'space'? Allowed: name, space."
    )
    assert isinstance(error, ValueError)


def test_what_was_given_is_shown_without_expectation() -> None:
    assert str(FieldError("", "is odd", got="3")) == "is odd (got 3)"


def test_what_is_allowed_is_listed_once() -> None:
    error = FieldError("state", "'done' is none of running, failed", allowed=("running", "failed"))
    assert str(error) == "state: 'done' is none of running, failed"


def test_long_values_are_cut() -> None:
    assert len(shown("x" * 1000)) == 80


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("/evaluators/0/evaluator_id", "evaluators[0].evaluator_id"),
        ("/a~1b/m~0n", "a/b.m~n"),
        ("", ""),
        ("query:limit", "limit"),
        ("header:Prefer", "Prefer"),
    ],
)
def test_pointers_of_the_server_read_like_arguments(pointer: str, place: str) -> None:
    assert pointed(pointer) == place


def test_places() -> None:
    assert dotted(["a", 0, "b", 1, 2]) == "a[0].b[1][2]"


@given(st.text())
def test_no_pointer_breaks_it(pointer: str) -> None:
    pointed(pointer)


def test_nearest_ignores_capitals() -> None:
    assert nearest("EXACTMATCH", ["ExactMatch", "MatchesRegex"]) == "ExactMatch"
    assert nearest("zzz", ["ExactMatch"]) is None
    assert ranked("ab", ["ab", "abc", "xyz"], limit=3) == ["ab", "abc"]


@pytest.mark.parametrize(
    ("model", "members", "text"),
    [
        (
            CreateCodeEvaluationTaskRequest,
            {"name": "x", "evaluators": [{"evaluator_id": "e", "colum_mappings": {}}]},
            (
                "evaluators[0].colum_mappings: is not known here; did you mean 'column_mappings'? "
                "Allowed: evaluator_id, evaluator_version_id, query_filter, column_mappings."
            ),
        ),
        (
            CreateCodeEvaluationTaskRequest,
            {"name": "x", "evaluators": [{"evaluator_id": "e", "column_mappings": {"a": 1}}]},
            "evaluators[0].column_mappings.a: should be a valid string (got 1)",
        ),
        (
            EvaluatorVersionCodeCreate,
            {"commit_message": "", "code_config": {"type": "manged"}},
            (
                "code_config.type: is not known here (got 'manged'); did you mean 'managed'? "
                "Allowed: managed, custom."
            ),
        ),
        (
            EvaluatorVersionCodeCreate,
            {"commit_message": "", "code_config": {}},
            "code_config.type: is required",
        ),
        (
            EvaluatorVersionCodeCreate,
            {
                "commit_message": "",
                "code_config": {"type": "custom", "name": "n", "code": "c", "variables": "output"},
            },
            "code_config.variables: should be a valid array (got 'output')",
        ),
        (
            CreateRunExperimentTaskRequest,
            {
                "name": "x",
                "dataset_id": "d",
                "run_configuration": {
                    "experiment_type": "llm_generation",
                    "ai_integration_id": "i",
                    "messages": [{"role": "user", "contents": "hi"}],
                    "input_variable_format": "none",
                },
            },
            (
                "run_configuration.messages[0].contents: is not known here; "
                "did you mean 'content'? Allowed: role, content, tool_call_id, tool_calls."
            ),
        ),
    ],
)
def test_errors_deep_inside_name_the_place_and_what_fits(
    model: type[BaseModel], members: dict[str, object], text: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        build(model, members)
    assert str(caught.value) == text


def test_secrets_stay_out_of_texts() -> None:
    members = {"name": "x", "provider": "openAI", "api_key": 12345, "headers": {"X-Key": 67890}}
    with pytest.raises(InvalidRequest) as caught:
        build(CreateAiIntegrationRequest, members)
    assert [error.path for error in caught.value.errors] == ["api_key", "headers.X-Key"]
    assert "12345" not in str(caught.value)
    assert "67890" not in str(caught.value)
