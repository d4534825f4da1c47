"""Commands for kinds of jobs and the packages they run with."""

from typing import Annotated

import typer

from evalwright._cli.connection import ClientCommand, ClientGroup, connection
from evalwright._cli.output import MESSAGES, done, show, show_rows

app = typer.Typer(name="job-types", cls=ClientGroup, no_args_is_help=True, help="Kinds of jobs.")
environments = typer.Typer(
    name="environments",
    cls=ClientGroup,
    no_args_is_help=True,
    help="Sets of packages that are installed for jobs.",
)

Name = Annotated[str, typer.Argument(help="The job type's name.")]


@app.command("list", cls=ClientCommand)
def list_job_types(context: typer.Context) -> None:
    """List the kinds of jobs."""
    options = connection(context)
    columns = ("name", "requirements", "memory_limit", "cpu_limit", "timeout", "image_exists")
    with options.client() as client:
        show_rows(client.job_types.list(), columns, as_json=options.json)


@app.command(cls=ClientCommand)
def get(context: typer.Context, name: Name) -> None:
    """Show a kind of jobs with its limits."""
    options = connection(context)
    with options.client() as client:
        show(client.job_types.get(name=name), as_json=options.json)


@app.command(cls=ClientCommand)
def build(context: typer.Context, name: Name) -> None:
    """Install a job type's packages now instead of with its first job."""
    options = connection(context)
    with options.client() as client:
        with MESSAGES.status(f"Installing the packages of {name}"):
            built = client.job_types.build(name=name)
        show(built, as_json=options.json)


@environments.command("list", cls=ClientCommand)
def list_environments(context: typer.Context) -> None:
    """List the sets of packages, with the keys to remove them by."""
    options = connection(context)
    columns = ("key", "requirements", "size_bytes", "last_used_at")
    with options.client() as client:
        show_rows(client.environments.list(), columns, as_json=options.json)


@environments.command(cls=ClientCommand)
def remove(
    context: typer.Context, key: Annotated[str, typer.Argument(help="The environment's key.")]
) -> None:
    """Remove a set of packages; a job that needs it installs it again."""
    options = connection(context)
    with options.client() as client:
        client.environments.delete(key=key)
    done(f"Removed environment {key}.", as_json=options.json)
