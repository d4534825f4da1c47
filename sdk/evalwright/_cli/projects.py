"""Commands for projects."""

from typing import Annotated

import typer

from evalwright._cli.arguments import InSpace, NameFilter, NewName, Space
from evalwright._cli.connection import ClientCommand, ClientGroup, connection
from evalwright._cli.output import done, show, show_rows

app = typer.Typer(
    name="projects",
    cls=ClientGroup,
    no_args_is_help=True,
    help="Applications whose spans are evaluated.",
)

Name = Annotated[str, typer.Argument(help="The project, by name or ID.")]


@app.command("list", cls=ClientCommand)
def list_projects(context: typer.Context, name: NameFilter = None, space: Space = None) -> None:
    """List projects."""
    options = connection(context)
    with options.client() as client:
        rows = client.projects.iter(name=name, space=space)
        show_rows(rows, ("name", "id", "space_id", "created_at"), as_json=options.json)


@app.command(cls=ClientCommand)
def get(context: typer.Context, project: Name, space: Space = None) -> None:
    """Show a project."""
    options = connection(context)
    with options.client() as client:
        show(client.projects.get(project=project, space=space), as_json=options.json)


@app.command(cls=ClientCommand)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name.")],
    space: InSpace,
) -> None:
    """Create a project."""
    options = connection(context)
    with options.client() as client:
        show(client.projects.create(name=name, space=space), as_json=options.json)


@app.command(cls=ClientCommand)
def rename(context: typer.Context, project: Name, name: NewName, space: Space = None) -> None:
    """Give a project another name."""
    options = connection(context)
    with options.client() as client:
        renamed = client.projects.update(project=project, space=space, name=name)
    show(renamed, as_json=options.json)


@app.command(cls=ClientCommand)
def delete(context: typer.Context, project: Name, space: Space = None) -> None:
    """Delete a project."""
    options = connection(context)
    with options.client() as client:
        client.projects.delete(project=project, space=space)
    done(f"Deleted project {project}.", as_json=options.json)
