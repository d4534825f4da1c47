"""What filters mean."""

from typing import Any

import pytest

from evalwright_server.filters import compile_filter

ROW: dict[str, Any] = {
    "n": 3,
    "half": 0.5,
    "text": "Grüße, World",
    "digits": "3",
    "yes": True,
    "no": False,
    "nothing": None,
    "order": "first",
    "output": {"answer": {"text": "42", "sure": True}, "list": [1]},
    "attributes.llm.model": "small",
    "attributes.llm": {"model": "shadowed", "vendor": "acme"},
    "eval.Tone & Style.label": "rude",
    "back": "100%_\\x",
    "lines": "a\nb",
    "Ünï": 1,
}


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("n = 3", True), ("n = 3.0", True), ("n == 3", True), ("n = -3", False), ("n = 3e0", True),
        ("n != 4", True), ("n <> 3", False), ("n < 4", True), ("n <= 3", True), ("n > 3", False),
        ("n >= 3", True), ("3 = n", True), ("4 > n", True), ("half = .5", True), ("n > half", True),
        ("text = 'Grüße, World'", True), ("text = 'grüße, world'", False), ("text < 'H'", True),
        ("text = 'it''s'", False), ("Ünï = 1", True),
        ("yes", True), ("no", False), ("NOT no", True), ("yes = TRUE", True), ("yes = true", True),
        ("no = FALSE", True), ("TRUE", True), ("FALSE OR yes", True), ("nothing", False),
        ("NOT nothing", False), ("text", False), ("NOT text", False),
        # null is neither equal nor unequal
        ("nothing = 1", False), ("nothing != 1", False), ("NOT nothing = 1", False),
        ("nothing IS NULL", True), ("nothing IS NOT NULL", False), ("n IS NULL", False),
        ("n IS NOT NULL", True), ("missing IS NULL", True), ("missing = 1", False),
        ("missing != 1", False), ("NOT (missing = 1)", False), ("missing = missing", False),
        ("missing = 1 OR n = 3", True), ("missing = 1 AND n = 3", False),
        ("NOT (missing = 1 AND n = 4)", True), ("NOT (missing = 1 OR n = 4)", False),
        # values of different types are not equal, and in no order
        ("digits = 3", False), ("digits != 3", True), ("digits < 4", False),
        ("NOT digits < 4", False), ("yes = 1", False), ("yes != 1", True), ("yes > no", False),
        ("n IN (1, 3)", True), ("n IN (3)", True), ("n NOT IN (1, 2)", True), ("n IN ('3')", False),
        ("text IN ('a', 'Grüße, World')", True), ("nothing IN (1)", False),
        ("nothing NOT IN (1)", False), ("n IN (-3, 3.0)", True), ("yes IN (TRUE)", True),
        ("text LIKE '%World'", True), ("text LIKE '%world'", False), ("text LIKE 'Gr__e%'", True),
        ("text LIKE 'World'", False), ("text NOT LIKE '%x%'", True), ("text LIKE '%'", True),
        ("text LIKE ''", False), ("nothing LIKE '%'", False), ("nothing NOT LIKE '%'", False),
        ("text LIKE '%.*%'", False), ("lines LIKE 'a_b'", True), ("lines LIKE 'a%'", True),
        (r"back LIKE '100\%\_\\x'", True), (r"back LIKE '100\%'", False),
        (r"back LIKE '%\x'", True),
        ("n LIKE '3'", True), ("output LIKE '%\"text\":\"42\"%'", True),
        # names
        ("output.answer.text = '42'", True), ("output.answer.sure", True),
        ("output.answer.more IS NULL", True), ("output.answer.text.more IS NULL", True),
        ("output.list IS NOT NULL", True), ("n.more IS NULL", True),
        ("attributes.llm.model = 'small'", True), ("attributes.llm.vendor = 'acme'", True),
        ('"attributes.llm.model" = \'small\'', True), ('"attributes.llm".vendor = \'acme\'', True),
        ('"eval.Tone & Style.label" = \'rude\'', True), ("order = 'first'", True),
        ('"order" = \'first\'', True), ("a.b.c.d.e.f.g IS NULL", True), ("N IS NULL", True),
        ("current_date IS NULL AND date IS NULL AND select IS NULL", True), ("if IS NULL", True),
        # precedence
        ("n = 3 OR n = 4 AND n = 5", True), ("(n = 3 OR n = 4) AND n = 5", False),
        ("NOT n = 4 AND yes", True), ("NOT (n = 4 AND yes)", True), ("NOT NOT yes", True),
        ("((n)) = (3)", True), ("n = 3 -- a remark", True), ("n\n=\n3", True),
        ("yes and n in (3) or no", True),
    ],
)  # fmt: skip
def test_rows_pass(text: str, passes: bool) -> None:
    assert compile_filter(text)(ROW) is passes


def test_a_long_chain_is_no_deep_nesting() -> None:
    assert compile_filter(" OR ".join(f"n={number}" for number in range(1000)))(ROW)


def test_some_nesting_is_fine() -> None:
    assert compile_filter("(" * 20 + "n = 3" + ")" * 20)(ROW)
    assert compile_filter("NOT " * 20 + "n = 3")(ROW)


def test_an_exploding_pattern_takes_linear_time() -> None:
    """Translated to a backtracking engine this would outlive the test run."""
    passes = compile_filter(f"text LIKE '{'%a' * 40}%b'")
    assert passes({"text": "a" * 20_000}) is False


def test_a_text_that_is_no_unicode_can_be_matched() -> None:
    assert compile_filter("text LIKE 'a_b'")({"text": "a\ud800b"})
