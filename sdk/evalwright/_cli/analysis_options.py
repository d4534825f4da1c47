"""Options of the commands for analyses."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from evalwright._cli.connection import Connection


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"
    MD = "md"
    JUNIT = "junit"
    CSV = "csv"


BY_ENDING: Mapping[str, Format] = {
    ".csv": Format.CSV,
    ".json": Format.JSON,
    ".md": Format.MD,
    ".xml": Format.JUNIT,
}
"""Formats of files, by the ends of their names."""

RunId = Annotated[
    str, typer.Option("--run-id", "--job-id", metavar="ID", help="The ID that `run` printed.")
]
Dataset = Annotated[
    Path | None,
    typer.Option(help="A JSON array, JSON lines or CSV file with the items; - for standard input."),
]
Project = Annotated[
    str | None,
    typer.Option(
        "--project-name",
        "--project",
        envvar="EVALWRIGHT_PROJECT",
        help="The project, created when there is none of this name.",
    ),
]
OfProject = Annotated[
    str | None, typer.Option("--project-name", "--project", help="Only those of this project.")
]
Status = Annotated[str | None, typer.Option(help="Only those with this status.")]
Detached = Annotated[bool, typer.Option("--async", help="Print the ID and don't wait for the end.")]
Wait = Annotated[bool, typer.Option("--wait", "-w", help="Wait for the end; exit code 1 if bad.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="A file to write the result to.")
]
As = Annotated[
    Format | None,
    typer.Option("--format", help="How to print it, or write it to --output."),
]
FailUnder = Annotated[
    list[str] | None,
    typer.Option(
        metavar="METRIC=NUMBER",
        help="Exit with 3 if a figure is lower, such as fluency=0.8; may be repeated.",
    ),
]
Gate = Annotated[
    bool, typer.Option("--gate", help="Exit with 3 if the result speaks against a release.")
]
Patience = Annotated[
    float | None, typer.Option("--timeout", help="Seconds to wait at most; else until the end.")
]
Model = Annotated[str | None, typer.Option(help="The model that judges.")]
JudgeUrl = Annotated[
    str | None, typer.Option(help="The address of the judge's OpenAI-compatible API.")
]
Engine = Annotated[
    str | None, typer.Option(help="auto, offline (never ask a model) or judge (always).")
]
OpenAiKey = Annotated[
    str | None,
    typer.Option(
        "--openai-api-key",
        envvar="EVALWRIGHT_OPENAI_API_KEY",
        help="The key of the judge's provider, forgotten with the run.",
    ),
]


def words(text: str | None) -> list[str] | None:
    """Read a list of words with commas between them."""
    if text is None:
        return None
    return [word.strip() for word in text.split(",") if word.strip()]


def judge(model: str | None, url: str | None, engine: str | None) -> dict[str, object] | None:
    """Put a judge together; None when no option names any of it."""
    parts = {"model": model, "base_url": url, "engine": engine}
    return {name: value for name, value in parts.items() if value is not None} or None


def chosen(options: Connection, format_: Format | None) -> Format | None:
    """Give the format that is asked for; `--json` is one, too."""
    return format_ or (Format.JSON if options.json else None)
