"""Finding the value that a name in a filter stands for."""

from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

Row = Mapping[str, JsonValue]
Term = Callable[[Row], JsonValue]
"""Computes an operand; None is SQL's NULL."""


def column(parts: Sequence[str]) -> Term:
    """Make the look-up of a column.

    A dotted name may be one column with dots in its name, a path into nested objects, or a column
    followed by a path; the longest column that exists counts. What does not exist is NULL.

    Args:
        parts: The name between the dots; a quoted part keeps the dots inside of it.
    """
    splits = [(".".join(parts[:count]), tuple(parts[count:])) for count in range(len(parts), 0, -1)]

    def look_up(row: Row) -> JsonValue:
        for name, path in splits:
            if name in row:
                return descend(row[name], path)
        return None

    return look_up


def descend(value: JsonValue, path: Sequence[str]) -> JsonValue:
    """Follow a path into nested objects."""
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value
