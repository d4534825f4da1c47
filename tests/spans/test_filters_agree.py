"""Filters mean the same in memory, in SQLite and in PostgreSQL."""

import pathlib
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from evalwright_server.filters import compile_filter
from evalwright_server.filters.database import to_sql
from evalwright_server.runs.span_columns import SpanColumns
from evalwright_server.runs.span_rows import columns_of
from evalwright_server.store.database import Database
from evalwright_server.store.dialects import make_engine, parse_url
from evalwright_server.store.migrate import upgrade
from evalwright_server.store.tables.spans import spans
from spans.filter_cases import ATTRIBUTES, EXACT, PARTLY
from spans.rows import add_project, add_spans, annotate, say


def fill(connection: Connection) -> None:
    keys = add_spans(connection, add_project(connection), ATTRIBUTES)
    say(connection, keys[1], "tone", score=1.0, label="kind", explanation="polite")
    say(connection, keys[2], "tone", score=0.25, label="rude")
    say(connection, keys[3], "tone", error="there is no answer")
    say(connection, keys[3], "two words", label="b")
    annotate(connection, keys[1], "quality", label="good", score=0.75)
    annotate(connection, keys[2], "quality", text="hm")


def judge(connection: Connection, text: str) -> tuple[list[int], list[int], bool]:
    """Return the spans that pass in memory and in the database, and whether that is exact."""
    found = to_sql(text, SpanColumns())
    passes = compile_filter(text)
    rows = connection.execute(select(spans).order_by(spans.c.id)).all()
    columns = columns_of(connection, rows)
    in_memory = [row.id for row in rows if passes(columns[row.id])]
    statement = select(spans.c.id).where(found.condition).order_by(spans.c.id)
    return in_memory, list(connection.scalars(statement)), found.is_exact


@pytest.fixture
async def filled(db: Database) -> Database:
    await db.write(fill)
    return db


async def test_the_database_decides_alone(filled: Database) -> None:
    """For each filter and its opposite, both databases return exactly what passes in memory."""
    wrong: list[Any] = []
    for text in [*EXACT, *(f"NOT ({text})" for text in EXACT)]:
        in_memory, in_database, is_exact = await filled.read(partial(judge, text=text))
        if in_memory != in_database or not is_exact:
            wrong.append((text, in_memory, in_database, is_exact))
    assert not wrong, "\n".join(map(repr, wrong))


async def test_the_database_leaves_the_rest_to_memory(filled: Database) -> None:
    """It returns nothing less than what passes, and knows that it may be more."""
    wrong: list[Any] = []
    for text in [*PARTLY, *(f"NOT ({text})" for text in PARTLY)]:
        in_memory, in_database, is_exact = await filled.read(partial(judge, text=text))
        if not set(in_memory) <= set(in_database) or is_exact:
            wrong.append((text, in_memory, in_database, is_exact))
    assert not wrong, "\n".join(map(repr, wrong))


NAMES = st.sampled_from(["a", "b", "a.b", "b.a", "name", "attributes.a", "attributes.a.b"])
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.sampled_from("ab%_\\*?[]é😀'\n\"") | st.characters(codec="utf-8"), max_size=4)
STORED = TEXTS.map(lambda text: text.replace("\0", ""))
SCALARS = st.none() | st.booleans() | NUMBERS | STORED
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=4,
)
SPANS = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "a.b", "b.a", "name"]), VALUES, max_size=4),
    min_size=1,
    max_size=4,
)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def column_of(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))


COLUMN = NAMES.map(column_of)
LITERAL = (
    STORED.map(quoted)
    | NUMBERS.map(lambda number: f"{number:.17g}" if isinstance(number, float) else str(number))
    | st.sampled_from(["TRUE", "FALSE"])
)
LEAVES = (
    st.tuples(COLUMN, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), LITERAL).map(" ".join)
    | st.tuples(LITERAL, st.sampled_from(["=", "<", ">="]), COLUMN).map(" ".join)
    | st.tuples(COLUMN, st.sampled_from([" LIKE ", " NOT LIKE "]), STORED.map(quoted)).map("".join)
    | st.tuples(COLUMN, st.lists(LITERAL, min_size=1, max_size=3)).map(
        lambda pair: f"{pair[0]} IN ({', '.join(pair[1])})"
    )
    | COLUMN.map(lambda name: f"{name} IS NULL")
    | COLUMN
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(inner, st.sampled_from([" AND ", " OR "]), inner).map(
            lambda parts: f"({''.join(parts)})"
        )
        | inner.map(lambda text: f"(NOT {text})")
    ),
    max_leaves=4,
)


@pytest.fixture
def engine(database_url: str) -> Engine:
    url = parse_url(database_url)
    if url.get_backend_name() == "sqlite":
        pathlib.Path(url.database or "").parent.mkdir(parents=True)
    made = make_engine(url, "writer")
    upgrade(made)
    return made


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(attributes=SPANS, text=FILTERS)
def test_whatever_the_filter(engine: Engine, attributes: list[dict[str, Any]], text: str) -> None:
    """Any values, any filter: the database never loses a row, nor adds one when it is sure."""
    with engine.connect() as connection:
        add_spans(connection, add_project(connection), attributes)
        in_memory, in_database, is_exact = judge(connection, text)
        connection.rollback()
    assert set(in_memory) <= set(in_database)
    assert not is_exact or in_memory == in_database
