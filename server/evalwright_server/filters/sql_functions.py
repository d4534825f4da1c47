"""What the databases write differently, as constructs that compile to either's SQL.

A place in a JSON column is given twice, as SQLite's path and as PostgreSQL's steps; each takes its
own and leaves the other out.
"""

from typing import Any

from sqlalchemy import Boolean, Float, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement


class json_kind(FunctionElement[str]):  # noqa: N801 - reads as an SQL function
    """The kind of JSON value at a place, NULL if there is none."""

    type = Text()
    inherit_cache = True


class json_text(FunctionElement[str]):  # noqa: N801 - as above
    """The text at a place where there is one."""

    type = Text()
    inherit_cache = True


class json_number(FunctionElement[float]):  # noqa: N801 - as above
    """The number at a place where there is one."""

    type = Float()
    inherit_cache = True


class json_written(FunctionElement[str]):  # noqa: N801 - as above
    """The JSON text of the value at a place."""

    type = Text()
    inherit_cache = True


class binary_text(FunctionElement[str]):  # noqa: N801 - as above
    """A text that compares by its code points, whatever the database's language."""

    type = Text()
    inherit_cache = True


class matches(FunctionElement[bool]):  # noqa: N801 - as above
    """Whether a text matches a pattern, given for SQLite's GLOB and for PostgreSQL's LIKE."""

    type = Boolean()
    inherit_cache = True


def _process(element: FunctionElement[Any], compiler: SQLCompiler, index: int) -> str:
    return str(compiler.process(list(element.clauses)[index]))


def _walk(element: FunctionElement[Any], compiler: SQLCompiler, last: str = "->") -> str:
    """Write the steps to a place, for PostgreSQL."""
    column, _, *steps = element.clauses
    *others, final = [f"CAST({compiler.process(step)} AS text)" for step in steps]
    start = " -> ".join([compiler.process(column), *others])
    return f"({start} {last} {final})"


def _place(element: FunctionElement[Any], compiler: SQLCompiler) -> str:
    """Write the arguments that name a place, for SQLite."""
    return f"{_process(element, compiler, 0)}, {_process(element, compiler, 1)}"


@compiles(json_kind, "sqlite")
def _kind_on_sqlite(element: json_kind, compiler: SQLCompiler, **_: object) -> str:
    return f"json_type({_place(element, compiler)})"


@compiles(json_kind, "postgresql")
def _kind_on_postgresql(element: json_kind, compiler: SQLCompiler, **_: object) -> str:
    return f"json_typeof{_walk(element, compiler)}"


@compiles(json_text, "sqlite")
def _text_on_sqlite(element: json_text, compiler: SQLCompiler, **_: object) -> str:
    return f"json_extract({_place(element, compiler)})"


@compiles(json_text, "postgresql")
def _text_on_postgresql(element: json_text, compiler: SQLCompiler, **_: object) -> str:
    return _walk(element, compiler, "->>")


@compiles(json_number, "sqlite")
def _number_on_sqlite(element: json_number, compiler: SQLCompiler, **_: object) -> str:
    return f"json_extract({_place(element, compiler)})"


@compiles(json_number, "postgresql")
def _number_on_postgresql(element: json_number, compiler: SQLCompiler, **_: object) -> str:
    return f"CAST({_walk(element, compiler, '->>')} AS double precision)"


@compiles(json_written, "sqlite")
def _written_on_sqlite(element: json_written, compiler: SQLCompiler, **_: object) -> str:
    return f"({_process(element, compiler, 0)} -> {_process(element, compiler, 1)})"


@compiles(json_written, "postgresql")
def _written_on_postgresql(element: json_written, compiler: SQLCompiler, **_: object) -> str:
    return f"CAST({_walk(element, compiler)} AS text)"


@compiles(binary_text, "sqlite")
def _binary_on_sqlite(element: binary_text, compiler: SQLCompiler, **_: object) -> str:
    return _process(element, compiler, 0)


@compiles(binary_text, "postgresql")
def _binary_on_postgresql(element: binary_text, compiler: SQLCompiler, **_: object) -> str:
    return f'({_process(element, compiler, 0)} COLLATE "C")'


@compiles(matches, "sqlite")
def _matches_on_sqlite(element: matches, compiler: SQLCompiler, **_: object) -> str:
    return f"({_process(element, compiler, 0)} GLOB {_process(element, compiler, 1)})"


@compiles(matches, "postgresql")
def _matches_on_postgresql(element: matches, compiler: SQLCompiler, **_: object) -> str:
    return f"({_process(element, compiler, 0)} LIKE {_process(element, compiler, 2)})"
