"""Printing and writing the results of analyses, and judging them."""

from dataclasses import dataclass
from pathlib import Path

import typer
from rich.table import Table
from rich.text import Text

from evalwright._analyses import formats
from evalwright._analyses.gates import figures_of, objections_to, shortfalls
from evalwright._analyses.report import Report, Section, cell, shorten
from evalwright._cli.analysis_options import BY_ENDING, Format
from evalwright._cli.output import CONSOLE, MESSAGES
from evalwright._sync.exports import Exports
from evalwright.errors import FieldError, InvalidRequest

GATED = 3
"""The exit code of results that are not good enough."""

_WRITERS = {
    Format.CSV: formats.as_csv,
    Format.JSON: formats.as_json,
    Format.JUNIT: formats.as_junit,
    Format.MD: formats.as_markdown,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to become of a result."""

    output: Path | None
    format: Format | None
    limits: dict[str, float]
    gate: bool

    def __post_init__(self) -> None:
        if self.output is None:
            return
        folder = self.output.absolute().parent
        if not folder.is_dir():  # better said before hours of work than after
            raise InvalidRequest([FieldError("--output", f"there is no folder {folder}")])
        if self.format is Format.TABLE:
            raise InvalidRequest([FieldError("--format", "a table can't be written to a file")])


def deliver(run: Exports, wanted: Wanted) -> None:
    """Print a result, write it to a file, and exit with 3 if it is not good enough."""
    report = run.report()
    if wanted.output is None:
        _print(report, wanted.format or Format.TABLE)
    else:
        _write(report, wanted.output, wanted.format)
        _print(report, Format.TABLE)
    objections = [*shortfalls(figures_of(run), wanted.limits)]
    if wanted.gate:
        objections += objections_to(run)
    for objection in objections:
        MESSAGES.print(Text.assemble(("not good enough: ", "bold red"), objection), soft_wrap=True)
    if objections:
        raise typer.Exit(GATED)


def _write(report: Report, path: Path, format_: Format | None) -> None:
    chosen = format_ or BY_ENDING.get(path.suffix.lower(), Format.JSON)
    try:
        formats.save(_WRITERS[chosen](report), path)
    except OSError as error:
        message = f"{path} can't be written: {error.strerror or error}"
        raise InvalidRequest([FieldError("--output", message)]) from None
    MESSAGES.print(f"Wrote {path}.", markup=False, soft_wrap=True)


def _print(report: Report, format_: Format) -> None:
    if format_ is not Format.TABLE:
        # Not through the console, which would break long lines.
        print(_WRITERS[format_](report), end="", file=CONSOLE.file)
        return
    CONSOLE.print(Text(report.title, style="bold"))
    summary = Table.grid(padding=(0, 2))
    for name, value in report.summary.items():
        summary.add_row(Text(name, style="bold"), Text(cell(value)))
    CONSOLE.print(summary)
    for section in report.sections:
        _print_section(section)


def _print_section(section: Section) -> None:
    CONSOLE.print()
    if not section.rows:
        CONSOLE.print(Text.assemble((section.heading, "bold"), ": none"))
        return
    CONSOLE.print(Text(section.heading, style="bold"))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in section.columns:
        table.add_column(column, overflow="fold")
    for row in section.rows:
        table.add_row(*(Text(shorten(cell(row.get(column)))) for column in section.columns))
    CONSOLE.print(table)
    if section.more:
        CONSOLE.print(f"{section.more} more; --format json has all", markup=False)
