"""Whatever is not allowed is refused, with the place and what is allowed."""

import pytest

from evalwright_server.filters import FilterError, compile_filter


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "The filter is empty."),
        ("  \n", 0, "The filter is empty."),
        ("-- a remark", 0, "The filter is empty."),
        ("a = ", 2, "Something is missing next to '='."),
        ("a = 1 AND", 6, "Something is missing next to 'AND'."),
        ("= 1", 2, "Something is missing next to '1'."),
        ("(a = 1", 5, "Expected ) after '1'."),
        ("a = 1)", 5, "')' is not expected here."),
        ("a = 1 b", 6, "'b' is not expected here."),
        ("a = 1\nAND b = 2 c", 16, "'c' is not expected here."),
        ("a = 'open", 4, "A quote that opens here is not closed."),
        ("a = 'x' AND \"b = 1", 12, "A quote that opens here is not closed."),
        ("a = 1; DROP TABLE spaces", 5, "';' is not expected here."),
        ("a = 1;", 5, "';' is not expected here."),
        ("a = 1; b = 2", 5, "';' is not expected here."),
        ("SELECT 1", 7, "'1' is not expected here."),
        ("a = 1 UNION SELECT 1", 6, "'UNION' is not expected here."),
        ("a = b'x'", 5, "is not expected here."),
        ("`a` = 1", 1, "'a' is not expected here."),
        ("5", 0, "'5' is a value, where a comparison is expected."),
        ("'x'", 0, "is a value, where a comparison is expected."),
        ("a = 1 OR -5", 10, "is a value, where a comparison is expected."),
        ("a = NULL", 0, "Nothing equals NULL: write IS NULL or IS NOT NULL."),
        ("a IN (1, NULL)", 0, "Nothing equals NULL"),
        ("a IS TRUE", 0, "IS is for NULL only."),
        ("b = 1 AND a IS TRUE", 10, "IS is for NULL only."),
        ("a IN ()", 0, "IN needs a list of values"),
        ("a IN (SELECT 1)", 13, "Expected ) after '1'."),
        ("a IN (1, b)", 9, "'b' is a column, where only values can stand"),
        ("a LIKE b", 7, "'b' is a column, where only values can stand"),
        ("a LIKE 5", 7, "LIKE needs a text as pattern"),
        ("a LIKE 'x' ESCAPE '!'", 11, "'ESCAPE' is not expected here."),
        ("a ILIKE 'x'", 2, "'ILIKE' is not expected here."),
        ("a BETWEEN 1 AND 2", 2, "'BETWEEN' is not expected here."),
        ("lower(a) = 'x'", 0, "The function lower is not available."),
        ("b = 1 AND length(a) > 5", 10, "The function length is not available."),
        ("unknown(a) = 1", 0, "is not available."),
        ("a = sleep(5)", 4, "is not available."),
        ("a + 1 = 2", 0, "'a + 1' is not available."),
        ("a || 'x' = 'y'", 3, "Something is missing next to '|'."),
        ("a::int = 1", 1, "':' is not expected here."),
        ("a = DATE '2020-01-01'", 9, "'2020-01-01' is not expected here."),
        ("a[0] = 1", 0, "is not available."),
        ("a -> 'b' = 1", 3, "Something is missing next to '>'."),
        ("a.* = 1", 2, "can't be part of a column's name."),
        ("*", 0, "is not available."),
        ("a = :parameter", 0, "is not available."),
        ("a = ?", 0, "is not available."),
        ("CASE WHEN a THEN b END", 5, "'WHEN' is not expected here."),
        ("EXISTS (SELECT 1)", 15, "Expected ) after '1'."),
        ("(a = 1) = (b = 2)", 1, "is not available."),
        ("a = 1e999", 4, "is too large."),
        ("a IS DISTINCT FROM 1", 0, "is not available."),
        ("a = 1 XOR b = 1", 6, "'XOR' is not expected here."),
        ("x" * 10_001, 10_000, "longer than 10000 characters."),
        ("(" * 21 + "a" + ")" * 21, 20, "nested too deeply."),
        ("(" * 4000 + "a" + ")" * 4000, 20, "nested too deeply."),
        ("NOT " * 21 + "a", 84, "nested too deeply."),
        ("a = " + "- " * 3000 + "1", 0, "nested too deeply."),
        ("a" + ".b" * 4000 + " = 1", 0, "nested too deeply."),
        ("a IS NOT " * 900 + "NULL", 0, "nested too deeply."),
    ],
)
def test_refused(text: str, position: int, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    assert message in caught.value.message
    assert caught.value.position == position
    assert str(caught.value).endswith(f"(at character {position + 1})")


def test_the_refusal_says_what_is_allowed() -> None:
    with pytest.raises(FilterError, match=r"\[NOT\] LIKE, IS \[NOT\] NULL"):
        compile_filter("lower(a) = 'x'")
