"""Commands for spans."""

from datetime import datetime
from itertools import islice
from typing import Annotated

import typer

from evalwright._cli.arguments import Limit, Space
from evalwright._cli.connection import ClientCommand, ClientGroup, connection
from evalwright._cli.output import show_rows

app = typer.Typer(
    name="spans", cls=ClientGroup, no_args_is_help=True, help="What applications did, step by step."
)

COLUMNS = ("start_time", "name", "kind", "status_code", "context.trace_id", "context.span_id")


@app.command("list", cls=ClientCommand)
def list_spans(
    context: typer.Context,
    project: Annotated[str, typer.Argument(help="The project, by name or ID.")],
    space: Space = None,
    condition: Annotated[
        str | None, typer.Option("--filter", help="Only spans for which this is true.")
    ] = None,
    start_time: Annotated[
        datetime | None, typer.Option(help="The start of the window, UTC; a week ago if not given.")
    ] = None,
    end_time: Annotated[
        datetime | None, typer.Option(help="The end of the window, UTC; now if not given.")
    ] = None,
    limit: Limit = 20,
) -> None:
    """List a project's spans, newest first."""
    options = connection(context)
    with options.client() as client:
        rows = client.spans.iter(
            project=project,
            space=space,
            start_time=start_time,
            end_time=end_time,
            filter=condition,
        )
        show_rows(islice(rows, limit), COLUMNS, as_json=options.json)
