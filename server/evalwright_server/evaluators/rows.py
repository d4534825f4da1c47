"""From the columns of a row to the variables of an evaluator."""

import json
from collections.abc import Mapping, Sequence
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
    missing = {name: column for name, column in columns.items() if column not in row}
    if missing:
        return EvaluationError(missing_columns(missing, row))
    return {name: row[column] for name, column in columns.items()}


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
