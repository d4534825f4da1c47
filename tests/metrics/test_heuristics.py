"""Metrics that rules alone decide, by example."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright_server.metrics import METRICS, MetricItem, OfflineEngine, Score, Unscored
from evalwright_server.metrics.offline import BY_RULES

ENGINE = OfflineEngine(None, "no embedder in these tests")


def measure(key: str, output: str, expected: str | None = None, **metadata: Any) -> Any:
    item = MetricItem("?", output, expected=expected, metadata=metadata)
    return ENGINE.measure([key], [item])[0][key]


def value(key: str, output: str, expected: str | None = None, **metadata: Any) -> float:
    outcome = measure(key, output, expected, **metadata)
    assert isinstance(outcome, Score), outcome
    return outcome.value


@pytest.mark.parametrize(
    ("key", "output", "expected", "score"),
    [
        ("equals", " The  ANSWER ", "the answer", 1),
        ("equals", "ﬁne", "fine", 1),
        ("equals", "the answers", "the answer", 0),
        ("contains", "It is Paris, of course.", "paris", 1),
        ("contains", "It is Rome.", "Paris", 0),
        ("levenshtein", "kitten", "sitting", 1 - 3 / 7),
        ("levenshtein", "same", "same", 1),
        ("exact_numeric", "So the total is 1,250 dollars.", "$1250", 1),
        ("exact_numeric", "First 3, then 4.", "4", 1),
        ("exact_numeric", "It is 5 km.", "5 miles", 0),
        ("exact_numeric", "I don't know.", "5", 0),
        ("token_f1", "the cat sat", "the cat sat on the mat", 2 * 3 / (3 + 6)),
        ("rouge_l", "the cat sat", "the cat sat", 1),
        ("rouge_l", "dogs bark", "the cat sat", 0),
        ("bleu", "the cat sat on the mat", "the cat sat on the mat", 1),
        ("chrf", "the cat sat on the mat", "the cat sat on the mat", 1),
    ],
)
def test_scores(key: str, output: str, expected: str, score: float) -> None:
    assert value(key, output, expected) == pytest.approx(score, abs=1e-6)


def test_case_can_be_made_to_count() -> None:
    assert value("equals", "Paris", "paris", case_sensitive=True) == 0
    assert value("contains", "In Paris", "paris", case_sensitive=True) == 0


def test_numbers_may_be_near() -> None:
    assert value("exact_numeric", "about 101", "100", tolerance=0.02) == 1
    assert value("exact_numeric", "about 103", "100", tolerance=0.02) == 0


def test_patterns() -> None:
    assert value("regex_match", "order AB-123", pattern=r"[A-Z]{2}-\d+") == 1
    assert value("regex_match", "order", pattern=r"\d") == 0
    assert value("regex_match", "ORDER", pattern="order", case_sensitive=False) == 1


def test_a_hostile_pattern_takes_no_time() -> None:
    """RE2 has no backtracking: this one would keep Python's `re` busy for ages."""
    assert value("regex_match", "a" * 40, pattern="(a+)+$") == 1
    assert value("regex_match", "a" * 40 + "b", pattern="^(a+)+$") == 0


@pytest.mark.parametrize(
    ("output", "schema", "score"),
    [
        ('{"a": 1}', {"type": "object", "required": ["a"]}, 1),
        ('{"b": 1}', {"type": "object", "required": ["a"]}, 0),
        ('Here:\n```json\n{"a": 1}\n```', {"type": "object", "required": ["a"]}, 1),
        ("[1, 2", {}, 0),
        ("[" * 100_000, {}, 0),
    ],
)
def test_json_schemas(output: str, schema: dict[str, Any], score: float) -> None:
    assert value("json_schema", output, schema=schema) == score


@pytest.mark.parametrize("key", ["equals", "contains", "levenshtein", "exact_numeric", "rouge_l"])
def test_without_expected_there_is_no_score(key: str) -> None:
    assert "expected" in measure(key, "text").reason


@pytest.mark.parametrize(
    ("metadata", "said"),
    [({"pattern": "("}, "RE2"), ({}, "no pattern"), ({"pattern": ""}, "no pattern")],
)
def test_patterns_that_are_none(metadata: dict[str, Any], said: str) -> None:
    assert said in measure("regex_match", "text", **metadata).reason


def test_a_schema_that_is_none() -> None:
    assert "no JSON schema" in measure("json_schema", "{}", schema={"type": 7}).reason
    assert "no JSON schema" in measure("json_schema", "{}", schema="text").reason


def test_without_an_embedder_the_cure_is_told() -> None:
    assert measure("hallucination", "text").reason == "no embedder in these tests"


def test_garbled_and_looping_text_is_not_fluent() -> None:
    good = value("fluency", "The museum opens at nine and closes at five on most days of the week.")
    loop = value("fluency", "and so it is and so it is and so it is and so it is and so it is")
    garbled = value("fluency", "Ã©Ã© the â€™ \ufffd\ufffd\ufffd museum Ã¼ opens")
    assert good > 0.8 > loop
    assert good > 0.8 > garbled


@given(st.sampled_from(sorted(BY_RULES)), st.text(), st.none() | st.text())
def test_any_text_gets_a_score_or_a_reason(key: str, output: str, expected: str | None) -> None:
    outcome = measure(key, output, expected)
    assert isinstance(outcome, Score | Unscored)
    assert METRICS[key].value_type != "boolean" or getattr(outcome, "value", 0) in (0, 1)
