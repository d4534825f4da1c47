"""Printing answers, for people or for programs."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

CONSOLE = Console(highlight=False)
"""Where answers go."""

MESSAGES = Console(stderr=True, highlight=False)
"""Where everything else goes, so that answers can be piped."""


def show(value: BaseModel, *, as_json: bool) -> None:
    """Print one thing, a member on each line."""
    if as_json:
        print_json(_plain(value))
        return
    table = Table.grid(padding=(0, 2))
    for name, member in value.model_dump(mode="python").items():
        table.add_row(Text(name, style="bold"), Text(_cell(member)))
    CONSOLE.print(table)


def show_rows(rows: Iterable[BaseModel], columns: Sequence[str], *, as_json: bool) -> None:
    """Print several things as a table with the columns that matter."""
    if as_json:
        print_json([_plain(row) for row in rows])
        return
    found = [row.model_dump(mode="python") for row in rows]
    if not found:
        MESSAGES.print("Nothing found.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        # IDs are for copying, so they are never cut.
        table.add_column(column, no_wrap=column.endswith("id"), overflow="fold")
    for row in found:
        table.add_row(*(Text(_cell(_member(row, column))) for column in columns))
    CONSOLE.print(table)


def done(text: str, *, as_json: bool) -> None:
    """Say that something was done; programs read it from the exit code."""
    if not as_json:
        MESSAGES.print(Text(text))


def print_json(value: object, *, indent: int | None = 2) -> None:
    """Print JSON, for programs to read."""
    # Not through the console, which would break long lines.
    print(json.dumps(value, indent=indent, ensure_ascii=False), file=CONSOLE.file)


def size(count: int) -> str:
    """Write a number of bytes for people."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def _plain(value: BaseModel) -> dict[str, object]:
    plain: dict[str, object] = value.model_dump(mode="json")
    return plain


def _member(row: dict[str, object], path: str) -> object:
    # Columns of rows are named with dots too, such as eval.exact.score.
    if path in row:
        return row[path]
    value: object = row
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case float():
            return str(round(value, 6))
        case dict() | list():
            return json.dumps(value, default=str, ensure_ascii=False) if value else "-"
        case _:
            return str(value)
