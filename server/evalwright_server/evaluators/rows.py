"""From the columns of a row to the variables of an evaluator."""

import json
from collections.abc import Container, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from evalwright_server.evaluators.results import EvaluationError

Row = Mapping[str, JsonValue]
"""A row by column."""
COLUMNS_SHOWN: Final = 30


def bind(
    variables: Sequence[str], column_mappings: Mapping[str, str] | None, row: Row
) -> dict[str, JsonValue] | EvaluationError:
    """Look up each variable in a row.

    Args:
        variables: What the evaluator reads.
        column_mappings: The column of a variable, where it is not of the same name.
        row: Where to look.

    Returns:
        The values by variable, or an error that names every column that is missing.
    """
    columns = {name: (column_mappings or {}).get(name, name) for name in variables}
    found = {name: find_value(row, column) for name, column in columns.items()}
    missing = {name: columns[name] for name, value in found.items() if value is None}
    if missing:
        return EvaluationError(missing_columns(missing, row))
    return {name: value[0] for name, value in found.items() if value is not None}


def find_value(row: Row, column: str) -> tuple[JsonValue] | None:
    """Return the value of a column, or None if the row has no such column.

    A dotted name may also be a path into a column that holds objects or lists: `answer.text`,
    `messages.0.content`. A column of just this name goes first, then the longest one.

    Args:
        row: Where to look.
        column: What to look for.
    """
    if column in row:
        return (row[column],)
    parts = column.split(".")
    for count in range(len(parts) - 1, 0, -1):
        name = ".".join(parts[:count])
        if name in row:
            return _descend(row[name], parts[count:])
    return None


def is_column(column: str, columns: Container[str]) -> bool:
    """Say whether a name may stand for one of these columns, or for something inside of one."""
    parts = column.split(".")
    return any(".".join(parts[: count + 1]) in columns for count in range(len(parts)))


def _descend(value: JsonValue, path: Sequence[str]) -> tuple[JsonValue] | None:
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return (value,)


def missing_columns(missing: Mapping[str, str], row: Row) -> str:
    """Say which columns a row lacks, and which it has.

    Args:
        missing: Columns by variable.
        row: The row that lacks them.
    """
    wanted = " and ".join(
        f"column '{column}'" + ("" if name == column else f" (for variable '{name}')")
        for name, column in missing.items()
    )
    shown = [f"'{column}'" for column in list(row)[:COLUMNS_SHOWN]]
    more = ["…"] if len(row) > COLUMNS_SHOWN else []
    have = ", ".join([*shown, *more]) or "none"
    return (
        f"The row has no {wanted}; its columns are {have}. Set column_mappings to map a variable."
    )


def as_text(value: JsonValue) -> str:
    """Return a text as it is, anything else as JSON.

    JSON with sorted keys, blanks after comma and colon, and characters beyond ASCII unescaped;
    so the number 1 reads as the text "1", and nothing at all as "null".
    """
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
