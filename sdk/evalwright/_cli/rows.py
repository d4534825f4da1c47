"""Printing rows whose columns are the user's own."""

from collections.abc import Iterable
from itertools import islice

from pydantic import BaseModel

from evalwright._cli.output import show_rows

_BOOKKEEPING = frozenset({"created_at", "updated_at", "example_id"})


def show_flat(rows: Iterable[BaseModel], limit: int, *, as_json: bool) -> None:
    """Print the first rows with every column that occurs in them."""
    found = list(islice(rows, limit))
    columns = dict.fromkeys(
        name for row in found for name in row.model_dump() if name not in _BOOKKEEPING
    )
    show_rows(found, [*columns], as_json=as_json)
