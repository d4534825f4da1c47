"""Arguments of the commands for jobs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from evalwright._cli.files import Row, read_object, read_text
from evalwright.errors import FieldError, InvalidRequest

Id = Annotated[str, typer.Argument(metavar="JOB", help="The job's ID.")]
Code = Annotated[Path, typer.Argument(help="The program, a Python file; - for standard input.")]
Input = Annotated[
    str | None,
    typer.Option(
        "--input", "-i", metavar="JSON", help="Its input: a JSON object, or @FILE with one."
    ),
]
Seconds = Annotated[
    int | None,
    typer.Option("--timeout", help="Seconds it may run; the job type's if not given."),
]
JobType = Annotated[
    str | None, typer.Option("--type", help="The job type, as evalwright job-types list shows.")
]
Requirement = Annotated[
    list[str] | None,
    typer.Option("-r", "--requirement", help="A package to install first; may be repeated."),
]
Webhook = Annotated[str | None, typer.Option(metavar="URL", help="Whom to tell when it has ended.")]
Key = Annotated[
    str | None,
    typer.Option("--idempotency-key", help="Submitting again with it gives the first job."),
]


def program(file: Path) -> str:
    """Read a program.

    Raises:
        InvalidRequest: It can't be read.
    """
    return read_text(file)


def read_input(text: str | None) -> Row | None:
    """Read an input: a JSON object, or the name of a file with one behind `@`.

    Raises:
        InvalidRequest: It is none.
    """
    if text is None:
        return None
    if text.startswith("@"):
        return read_object(Path(text[1:]))
    try:
        value = json.loads(text)
    except ValueError as error:
        why = f"is no JSON: {error}; a file is given as @FILE"
        raise InvalidRequest([FieldError("--input", why)]) from None
    if not isinstance(value, dict):
        raise InvalidRequest([FieldError("--input", "must be a JSON object, such as '{\"n\": 1}'")])
    return value
