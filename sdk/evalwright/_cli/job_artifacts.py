"""Commands for the files that jobs leave."""

from pathlib import Path
from typing import Annotated

import typer

from evalwright._cli.connection import ClientCommand, connection
from evalwright._cli.job_arguments import Id
from evalwright._cli.output import MESSAGES, print_json, show, show_rows

COLUMNS = ("name", "size", "content_type")


def add_to(app: typer.Typer) -> None:
    """Add these commands to those for jobs."""
    app.command(cls=ClientCommand)(artifacts)
    app.command(cls=ClientCommand)(download)


def artifacts(context: typer.Context, job: Id) -> None:
    """List the files that a job left, and those that were not kept."""
    options = connection(context)
    with options.client() as client:
        found = client.jobs.list_artifacts(job_id=job)
    if options.json:
        show(found, as_json=True)
        return
    show_rows(found.artifacts, COLUMNS, as_json=False)
    for file in found.left_out:
        MESSAGES.print(f"Not kept: {file.name}: {file.reason}", markup=False)


def download(
    context: typer.Context,
    job: Id,
    name: Annotated[
        list[str] | None, typer.Argument(help="Which files; all of them if none is named.")
    ] = None,
    to: Annotated[
        Path, typer.Option("--to", "-o", help="The folder, which is made if need be.")
    ] = Path(),
    archive: Annotated[
        bool, typer.Option("--zip", help="All files as one zip archive instead.")
    ] = False,
) -> None:
    """Download files that a job left, checked against their SHA-256."""
    options = connection(context)
    if archive and name:
        raise typer.BadParameter("--zip takes all files; name none")
    to.mkdir(parents=True, exist_ok=True)
    with options.client() as client, MESSAGES.status(f"Downloading the files of {job}"):
        if archive:
            paths = [client.jobs.download_artifacts(job_id=job, to=to)]
        else:
            names = name or [file.name for file in client.jobs.list_artifacts(job_id=job).artifacts]
            paths = [client.jobs.download_artifact(job_id=job, name=each, to=to) for each in names]
    if options.json:
        print_json([str(path) for path in paths])
        return
    for path in paths:
        typer.echo(path)
