"""Commands for runs of every kind."""

from itertools import islice
from typing import Annotated

import typer

from evalwright._cli.arguments import Limit, Space
from evalwright._cli.connection import ClientCommand, ClientGroup, connection
from evalwright._cli.output import show, show_rows

app = typer.Typer(
    name="runs", cls=ClientGroup, no_args_is_help=True, help="Everything that takes time."
)

COLUMNS = ("id", "kind", "state", "created_at", "progress.done", "progress.total")
RunId = Annotated[str, typer.Argument(help="The run's ID.")]


@app.command("list", cls=ClientCommand)
def list_runs(
    context: typer.Context,
    space: Space = None,
    state: Annotated[str | None, typer.Option(help="Only runs in this state.")] = None,
    limit: Limit = 20,
) -> None:
    """List runs, newest first."""
    options = connection(context)
    with options.client() as client:
        rows = client.runs.iter(space=space, state=state)
        show_rows(islice(rows, limit), COLUMNS, as_json=options.json)


@app.command(cls=ClientCommand)
def get(context: typer.Context, run_id: RunId) -> None:
    """Show a run."""
    options = connection(context)
    with options.client() as client:
        show(client.runs.get(run_id=run_id), as_json=options.json)


@app.command(cls=ClientCommand)
def cancel(context: typer.Context, run_id: RunId) -> None:
    """Stop a run."""
    options = connection(context)
    with options.client() as client:
        show(client.runs.cancel(run_id=run_id), as_json=options.json)
