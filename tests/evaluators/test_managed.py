"""The evaluators that come with the server."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright_server.evaluators import (
    EvaluationError,
    EvaluationResult,
    Outcome,
    build_evaluator,
    check_code_config,
)
from evalwright_server.sandbox import Sandbox

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)  # fmt: skip
TYPES = {"pattern": "REGEX", "keywords": "STRING_ARRAY"}


def config(kind: str, variables: list[str] | None = None, **params: Any) -> dict[str, Any]:
    default = ["output", "expected"] if kind == "ExactMatch" else ["output"]
    return {
        "type": "managed",
        "name": "check",
        "managed_evaluator": kind,
        "variables": default if variables is None else variables,
        "static_params": [
            {"name": name, "type": TYPES.get(name, "STRING"), "default_value": value}
            for name, value in params.items()
        ],
    }


async def judge(stored: dict[str, Any], *rows: dict[str, Any], **mappings: str) -> list[Outcome]:
    evaluator = build_evaluator(stored, column_mappings=mappings or None, sandbox=Sandbox())
    assert evaluator.name == "check"
    return await evaluator.evaluate(rows)


@pytest.mark.parametrize(
    ("kind", "params", "row", "score", "label"),
    [
        ("MatchesRegex", {"pattern": r"\d{4}"}, {"output": "in 1987"}, 1.0, "match"),
        ("MatchesRegex", {"pattern": r"^\d{4}$"}, {"output": "in 1987"}, 0.0, "no match"),
        ("MatchesRegex", {"pattern": r"(?i)YES"}, {"output": "yes"}, 1.0, "match"),
        ("MatchesRegex", {"pattern": "é+"}, {"output": "caféé"}, 1.0, "match"),
        ("MatchesRegex", {"pattern": "^12$"}, {"output": 12}, 1.0, "match"),
        ("MatchesRegex", {"pattern": "null"}, {"output": None}, 1.0, "match"),
        ("MatchesRegex", {"pattern": "a"}, {"output": "\ud800a"}, 1.0, "match"),
        ("JSONParseable", {}, {"output": '{"a": [1, 2.5e3, null]}'}, 1.0, "parseable"),
        ("JSONParseable", {}, {"output": "{'a': 1}"}, 0.0, "not parseable"),
        ("JSONParseable", {}, {"output": ""}, 0.0, "not parseable"),
        ("JSONParseable", {}, {"output": "NaN"}, 0.0, "not parseable"),
        ("JSONParseable", {}, {"output": "[" * 100_000}, 0.0, "not parseable"),
        ("JSONParseable", {}, {"output": {"a": 1}}, 1.0, "parseable"),
        ("ContainsAnyKeyword", {"keywords": ["a", "b"]}, {"output": "xbx"}, 1.0, "found"),
        ("ContainsAnyKeyword", {"keywords": ["a", "b"]}, {"output": "xBx"}, 0.0, "not found"),
        ("ContainsAllKeywords", {"keywords": ["a", "b"]}, {"output": "ba"}, 1.0, "all found"),
        ("ContainsAllKeywords", {"keywords": ["a", "b"]}, {"output": "b"}, 0.0, "some missing"),
        ("ExactMatch", {}, {"output": "a", "expected": "a"}, 1.0, "match"),
        ("ExactMatch", {}, {"output": "a", "expected": "a "}, 0.0, "no match"),
        ("ExactMatch", {}, {"output": "1", "expected": 1}, 1.0, "match"),
        ("ExactMatch", {}, {"output": 1.0, "expected": 1}, 0.0, "no match"),
        (
            "ExactMatch", {}, {"output": {"a": 1, "b": 2}, "expected": {"b": 2, "a": 1}},
            1.0, "match",
        ),
    ],
)  # fmt: skip
async def test_verdicts(
    kind: str, params: dict[str, Any], row: dict[str, Any], score: float, label: str
) -> None:
    (outcome,) = await judge(config(kind, **params), row)
    assert isinstance(outcome, EvaluationResult)
    assert (outcome.score, outcome.label) == (score, label)
    assert outcome.explanation


async def test_explanations_say_what_was_found() -> None:
    regex = await judge(config("MatchesRegex", pattern=r"\d+"), {"output": "in 1987"})
    assert regex == [EvaluationResult(1.0, "match", r"'1987' at character 3 matches '\\d+'.")]
    keywords = config("ContainsAllKeywords", keywords=["a", "b", "c"])
    assert await judge(keywords, {"output": "b"}) == [
        EvaluationResult(0.0, "some missing", "Missing: ['a', 'c'].")
    ]
    exact = await judge(config("ExactMatch"), {"output": "x" * 500, "expected": "y"})
    assert exact == [EvaluationResult(0.0, "no match", f"Expected 'y', found '{'x' * 200}…'.")]


async def test_a_regex_that_explodes_elsewhere_takes_linear_time() -> None:
    """With a backtracking engine this would outlive the test run."""
    stored = config("MatchesRegex", pattern="(a+)+$")
    (outcome,) = await judge(stored, {"output": "a" * 50_000 + "b"})
    assert outcome == EvaluationResult(0.0, "no match", "Nothing in the text matches '(a+)+$'.")


async def test_variables_read_the_columns_they_are_mapped_to() -> None:
    stored = config("ExactMatch", variables=["text", "reference"])
    row = {"output": "a", "answer": "a"}
    outcomes = await judge(stored, row, text="output", reference="answer")
    assert outcomes == [EvaluationResult(1.0, "match", "The text is as expected.")]


async def test_a_missing_column_costs_its_row_only() -> None:
    stored = config("ExactMatch", variables=["text", "expected"])
    rows = [{"output": "a"}, {"output": "a", "expected": "a"}]
    missing, judged = await judge(stored, *rows, text="output")
    assert missing == EvaluationError(
        "The row has no column 'expected'; its columns are 'output'."
        " Set column_mappings to map a variable."
    )
    assert isinstance(judged, EvaluationResult)


async def test_every_missing_column_is_named_with_its_variable() -> None:
    (outcome,) = await judge(config("ExactMatch"), {}, output="a", expected="b")
    assert isinstance(outcome, EvaluationError)
    assert "column 'a' (for variable 'output') and column 'b'" in outcome.message
    assert "its columns are none" in outcome.message


async def test_a_value_nested_beyond_reason_costs_its_row_only() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    outcomes = await judge(config("JSONParseable"), {"output": deep}, {"output": "1"})
    assert isinstance(outcomes[0], EvaluationError)
    assert isinstance(outcomes[1], EvaluationResult)


@given(JSON)
async def test_any_value_can_be_judged(value: Any) -> None:
    for stored in (
        config("MatchesRegex", pattern="."),
        config("JSONParseable"),
        config("ContainsAnyKeyword", keywords=["a"]),
        config("ExactMatch"),
    ):
        (outcome,) = await judge(stored, {"output": value, "expected": value})
        assert isinstance(outcome, EvaluationResult)
        assert outcome.score in {0.0, 1.0}
        (outcome.explanation or "").encode()


@pytest.mark.parametrize(
    ("stored", "pointers"),
    [
        (config("MatchesRegex", pattern="a"), []),
        (config("ContainsAnyKeyword", pattern="a"), ["/static_params/0/type"]),
        (config("MatchesRegex"), ["/static_params"]),
        (config("MatchesRegex", pattern="("), ["/static_params/0/default_value"]),
        (config("MatchesRegex", pattern="(?=a)"), ["/static_params/0/default_value"]),
        (config("MatchesRegex", pattern="\ud800"), ["/static_params/0/default_value"]),
        (config("MatchesRegex", pattern=""), ["/static_params/0/default_value"]),
        (config("MatchesRegex", variables=["a", "b"], pattern="("),
         ["/variables", "/static_params/0/default_value"]),
        (config("JSONParseable", pattern="a"), ["/static_params"]),
        (config("ContainsAnyKeyword", keywords=[]), ["/static_params/0/default_value"]),
        (config("ContainsAnyKeyword", keywords="a"), ["/static_params/0"]),
        (config("ContainsAnyKeyword", keywords=["a"], pattern="b"), ["/static_params"]),
        (config("ExactMatch", variables=["a"]), ["/variables"]),
        (config("ExactMatch", variables=["a", "a"]), ["/variables"]),
        (config("Nonsense"), ["/managed_evaluator"]),
        ({**config("JSONParseable"), "name": "a/b"}, ["/name"]),
        ({**config("JSONParseable"), "name": 5, "variables": [1]}, ["/name", "/variables/0"]),
        ({**config("JSONParseable"), "query_filter": "a = 1"}, []),
        ({**config("JSONParseable"), "query_filter": None}, []),
        ({**config("JSONParseable"), "query_filter": "lower(a) = 1"}, ["/query_filter"]),
        ({"type": "managed"}, ["/name", "/variables", "/managed_evaluator"]),
        ({"type": "other"}, ["/type"]),
        ({}, ["/type"]),
    ],
)  # fmt: skip
def test_configurations_are_checked(stored: dict[str, Any], pointers: list[str]) -> None:
    assert [error.pointer for error in check_code_config(stored)] == pointers
    if pointers:
        with pytest.raises(ValueError, match=pointers[0]):
            build_evaluator(stored, column_mappings=None, sandbox=Sandbox())


def test_a_single_parameter_of_another_name_is_taken() -> None:
    """Only number and type of the parameters are fixed by the managed evaluators."""
    stored = config("MatchesRegex", regex="a")
    stored["static_params"][0]["type"] = "REGEX"
    assert check_code_config(stored) == []


def test_an_unsupported_regex_is_explained() -> None:
    (error,) = check_code_config(config("MatchesRegex", pattern="(?=a)"))
    assert "RE2" in error.message
    assert "look-around" in error.message
