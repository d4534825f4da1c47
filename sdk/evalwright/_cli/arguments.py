"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Space = Annotated[
    str | None, typer.Option("--space", help="Where names are looked up, by name or ID.")
]
InSpace = Annotated[str, typer.Option("--space", help="The space that holds it, by name or ID.")]
NameFilter = Annotated[
    str | None, typer.Option("--name", help="Only names that contain this text.")
]
Rows = Annotated[
    Path,
    typer.Argument(help="A file of JSON lines, a JSON array or CSV; - for standard input."),
]
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds to wait at most.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="How many to show.")]
Condition = Annotated[
    str, typer.Argument(help="A condition over the columns, such as \"topic = 'refunds'\".")
]
NewName = Annotated[str, typer.Argument(help="The new name.")]
