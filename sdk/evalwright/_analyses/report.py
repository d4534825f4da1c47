"""What an analysis came to, as tables, rows and cases, whatever kind it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Row = Mapping[str, object]

Outcome = Literal["passed", "failed", "skipped", "error"]


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is right or wrong, as CI servers count them."""

    suite: str
    """What it belongs to: a metric, a group of failures, a category, an attack vector."""

    name: str
    """What it is, such as `item 3`."""

    outcome: Outcome
    """How it went."""

    message: str = ""
    """Why it did not pass."""


@dataclass(frozen=True, slots=True)
class Section:
    """A table for people."""

    heading: str
    columns: Sequence[str]
    rows: Sequence[Row]
    more: int = 0
    """How many rows are left out."""


@dataclass(frozen=True, slots=True)
class Report:
    """An analysis to be exported."""

    title: str
    """What it is, with its ID."""

    summary: Row
    """The figures that matter."""

    columns: Sequence[str]
    """The columns of `rows`."""

    rows: Sequence[Row]
    """Every item, tag or attack."""

    document: Row
    """Everything, as JSON."""

    cases: Sequence[Case] = ()
    sections: Sequence[Section] = field(default_factory=list)


def shorten(text: object, most: int = 80) -> str:
    """Put a text on one line and cut it."""
    line = " ".join(str(text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def cell(value: object) -> str:
    """Write a value for people."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.3f}".rstrip("0").rstrip(".") or "0"
        case list() | tuple():
            return ", ".join(cell(each) for each in value) or "-"
        case dict():
            return ", ".join(f"{name} {cell(each)}" for name, each in value.items()) or "-"
        case _:
            return str(value)
