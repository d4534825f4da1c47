"""The command line as a whole."""

import sys
from typing import Annotated, NoReturn, cast

import typer
from rich.text import Text
from typer.main import get_command

from evalwright import __version__
from evalwright._cli import (
    datasets,
    evaluations,
    evaluators,
    experiments,
    failures,
    job_types,
    jobs,
    projects,
    runs,
    security,
    spaces,
    spans,
    tasks,
)
from evalwright._cli.output import MESSAGES
from evalwright._cli.plugins import RootGroup
from evalwright.errors import EvalwrightError

app = typer.Typer(
    name="evalwright",
    cls=RootGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Evaluate LLM applications.",
    epilog="Everything that is named may be given by name or ID. Start a server: evalwright serve",
)
for group in (spaces, projects, datasets, experiments, evaluators, tasks, runs, spans, jobs):
    app.add_typer(group.app)
for analyses in (evaluations, failures, security):
    app.add_typer(analyses.app)
for kinds in (job_types.app, job_types.environments):
    app.add_typer(kinds)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"evalwright {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool | None,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = None,
) -> None:
    """Evaluate LLM applications."""


def run() -> NoReturn:
    """Run the command line; errors are one message on stderr and exit code 1."""
    command = cast("RootGroup", get_command(app))
    command.add_plugins()
    try:
        command.main(prog_name="evalwright")
    except EvalwrightError as error:
        fail(str(error))
    except Exception as error:  # a traceback helps nobody at a prompt
        fail(f"unexpected {type(error).__name__}: {error}")
    sys.exit(0)


def fail(message: str) -> NoReturn:
    """Print a message and end with exit code 1."""
    MESSAGES.print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)
    sys.exit(1)
