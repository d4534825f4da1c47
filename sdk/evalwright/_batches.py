"""Long lists in the portions that one request may carry."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from evalwright._errors.invalid import FieldError
from evalwright._fields import refuse, shown

MAX_ROWS: Final = 1000
"""Rows that one request may carry."""

_T = TypeVar("_T")


def batches(rows: Sequence[_T], argument: str) -> list[Sequence[_T]]:
    """Cut rows into portions; there is always at least one.

    Raises:
        InvalidRequest: They are no list, or none at all.
    """
    given: object = rows
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Sequence):
        refuse([FieldError(argument, "is no list", shown(given), "a list with at least one row")])
    if not rows:
        refuse([FieldError(argument, "needs at least one row")])
    return [rows[start : start + MAX_ROWS] for start in range(0, len(rows), MAX_ROWS)]
