"""Commands for spaces."""

from typing import Annotated

import typer

from evalwright._cli.connection import ClientCommand, ClientGroup, connection
from evalwright._cli.output import done, show, show_rows

app = typer.Typer(
    name="spaces", cls=ClientGroup, no_args_is_help=True, help="Workspaces that hold the rest."
)

Name = Annotated[str, typer.Argument(help="The space, by name or ID.")]


@app.command("list", cls=ClientCommand)
def list_spaces(
    context: typer.Context,
    name: Annotated[str | None, typer.Option(help="Only names that contain this text.")] = None,
) -> None:
    """List spaces."""
    options = connection(context)
    with options.client() as client:
        rows = client.spaces.iter(name=name)
        show_rows(rows, ("name", "id", "created_at"), as_json=options.json)


@app.command(cls=ClientCommand)
def get(context: typer.Context, space: Name) -> None:
    """Show a space."""
    options = connection(context)
    with options.client() as client:
        show(client.spaces.get(space=space), as_json=options.json)


@app.command(cls=ClientCommand)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name.")],
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
) -> None:
    """Create a space."""
    options = connection(context)
    with options.client() as client:
        show(client.spaces.create(name=name, description=description), as_json=options.json)


@app.command(cls=ClientCommand)
def delete(context: typer.Context, space: Name) -> None:
    """Delete a space and everything in it."""
    options = connection(context)
    with options.client() as client:
        client.spaces.delete(space=space)
    done(f"Deleted space {space}.", as_json=options.json)
