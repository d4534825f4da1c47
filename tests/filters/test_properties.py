"""Filters against a real SQL engine, and against nonsense."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright_server.filters import Filter, FilterError, compile_filter

pytestmark = pytest.mark.slow

NUMBERS = st.integers(-3, 3)
TEXTS = st.text("ab%_'é", max_size=4)
ROWS = st.lists(
    st.fixed_dictionaries({
        "i": st.none() | NUMBERS, "j": st.none() | NUMBERS,
        "s": st.none() | TEXTS, "t": st.none() | TEXTS,
    }),
    min_size=1, max_size=8,
)  # fmt: skip
SIGNS = st.sampled_from(["=", "!=", "<>", "<", "<=", ">", ">="])


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def joined(values: list[Any]) -> str:
    return ", ".join(quoted(value) if isinstance(value, str) else str(value) for value in values)


NUMBER_TERMS = st.sampled_from(["i", "j"]) | NUMBERS.map(str)
TEXT_TERMS = st.sampled_from(["s", "t", '"s"']) | TEXTS.map(quoted)
SIMPLE = st.one_of(
    st.tuples(NUMBER_TERMS, SIGNS, NUMBER_TERMS).map(" ".join),
    st.tuples(TEXT_TERMS, SIGNS, TEXT_TERMS).map(" ".join),
    st.tuples(st.sampled_from("ij"), st.sampled_from([" IN ", " NOT IN "]),
              st.lists(NUMBERS, min_size=1, max_size=3).map(lambda v: f"({joined(v)})")),
    st.tuples(st.sampled_from("st"), st.sampled_from([" IN ", " NOT IN "]),
              st.lists(TEXTS, min_size=1, max_size=3).map(lambda v: f"({joined(v)})")),
    st.tuples(st.sampled_from("st"), st.sampled_from([" LIKE ", " NOT LIKE "]), TEXTS.map(quoted)),
    st.tuples(st.sampled_from("ijst"), st.sampled_from([" IS NULL", " IS NOT NULL"])),
).map("".join)  # fmt: skip
FILTERS = st.recursive(
    SIMPLE,
    lambda children: st.one_of(
        st.tuples(children, st.sampled_from([" AND ", " OR "]), children).map("".join),
        children.map(lambda text: f"NOT {text}"),
        children.map(lambda text: f"({text})"),
    ),
    max_leaves=8,
)


@contextmanager
def table(rows: list[dict[str, Any]]) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("PRAGMA case_sensitive_like = ON")
        connection.execute("CREATE TABLE r (n INTEGER, i INTEGER, j INTEGER, s TEXT, t TEXT)")
        connection.executemany(
            "INSERT INTO r VALUES (:n, :i, :j, :s, :t)",
            [{**row, "n": number} for number, row in enumerate(rows)],
        )
        yield connection
    finally:
        connection.close()


@given(FILTERS, ROWS)
def test_sqlite_selects_the_same_rows(text: str, rows: list[dict[str, Any]]) -> None:
    with table(rows) as connection:
        selected = [n for (n,) in connection.execute(f"SELECT n FROM r WHERE {text} ORDER BY n")]
    passes = compile_filter(text)
    assert [number for number, row in enumerate(rows) if passes(row)] == selected


WORDS = st.sampled_from(
    ["a", "b.c", '"d e"', "'x'", "5", "-", ".5", "1e3", "(", ")", ",", ";", "=", "!=", "<", ">=",
     "AND", "OR", "NOT", "IN", "LIKE", "IS", "NULL", "TRUE", "*", "+", "/", "||", "::", "?", ":",
     "@", "[", "]", "{", "}", "SELECT", "FROM", "CASE", "WHEN", "THEN", "END", "CAST", "AS",
     "INTERVAL", "EXISTS", "BETWEEN", "UNION", "f(", "--", "/*", "*/", "$1", "#", "\\",
     "->", "DISTINCT", "ANY", "OVER", "DATE", "ARRAY", "STRUCT", "MAP", "LAMBDA", "TRY_CAST",
     "EXTRACT(", "TRIM(", "IF("]
)  # fmt: skip


def check(text: str) -> None:
    """Compile it, or get an error with a place in the text."""
    passes, error = attempt(text)
    if passes is not None:
        assert passes({"a": 1, "b": {"c": "x"}}) in {True, False}
    if error is not None:
        assert 0 <= error.position <= len(text)
        assert error.message


def attempt(text: str) -> tuple[Filter | None, FilterError | None]:
    try:
        return compile_filter(text), None
    except FilterError as error:
        return None, error


@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_no_words_break_it(text: str) -> None:
    check(text)


@given(st.text(st.characters(codec=None)))
def test_no_text_breaks_it(text: str) -> None:
    check(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda children: st.lists(children) | st.dictionaries(st.sampled_from("abc"), children),
    max_leaves=8,
)


@given(FILTERS, st.dictionaries(st.sampled_from("ijst"), JSON))
def test_no_row_breaks_it(text: str, row: dict[str, Any]) -> None:
    assert compile_filter(text)(row) in {True, False}


@given(FILTERS, FILTERS, ROWS)
def test_de_morgan_holds_with_unknowns(left: str, right: str, rows: list[dict[str, Any]]) -> None:
    one = compile_filter(f"NOT (({left}) AND ({right}))")
    other = compile_filter(f"NOT ({left}) OR NOT ({right})")
    for row in rows:
        assert one(row) is other(row)


@given(st.text())
def test_every_quoted_text_is_found(text: str) -> None:
    with suppress(FilterError):  # longer than a filter may be
        assert compile_filter(f"a = {quoted(text)}")({"a": text})
