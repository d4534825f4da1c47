"""Printing rows whose columns are the user's own."""

from collections.abc import Iterable
from itertools import islice

from pydantic import BaseModel

from evalwright._cli.output import show_rows

_BOOKKEEPING = frozenset({"created_at", "updated_at", "example_id"})


def show_flat(rows: Iterable[BaseModel], limit: int, *, as_json: bool) -> None:
    """Print the first rows with every column that says something in one of them."""
    found = list(islice(rows, limit))
    cells = [cell for row in found for cell in row.model_dump().items()]
    filled = {name for name, value in cells if value is not None} - _BOOKKEEPING
    columns = dict.fromkeys(name for name, _ in cells if name in filled)
    show_rows(found, [*columns], as_json=as_json)
