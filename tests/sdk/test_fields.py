"""Wording what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright._fields import dotted, nearest, pointed, ranked, shown
from evalwright.errors import FieldError, InvalidRequest


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
