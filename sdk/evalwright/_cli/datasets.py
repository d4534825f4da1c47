"""Commands for datasets."""

from typing import Annotated

import typer

from evalwright._cli.arguments import (
    Condition,
    InSpace,
    Limit,
    NameFilter,
    NewName,
    Rows,
    Space,
)
from evalwright._cli.connection import ClientCommand, ClientGroup, connection
from evalwright._cli.files import read_rows
from evalwright._cli.output import done, show, show_rows
from evalwright._cli.rows import show_flat

app = typer.Typer(
    name="datasets", cls=ClientGroup, no_args_is_help=True, help="Versioned tables of examples."
)

Name = Annotated[str, typer.Argument(help="The dataset, by name or ID.")]


@app.command("list", cls=ClientCommand)
def list_datasets(context: typer.Context, name: NameFilter = None, space: Space = None) -> None:
    """List datasets, newest first."""
    options = connection(context)
    with options.client() as client:
        rows = client.datasets.iter(name=name, space=space)
        show_rows(rows, ("name", "id", "space_id", "updated_at"), as_json=options.json)


@app.command(cls=ClientCommand)
def get(context: typer.Context, dataset: Name, space: Space = None) -> None:
    """Show a dataset and its versions."""
    options = connection(context)
    with options.client() as client:
        show(client.datasets.get(dataset=dataset, space=space), as_json=options.json)


@app.command(cls=ClientCommand)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name.")],
    file: Rows,
    space: InSpace,
) -> None:
    """Create a dataset from a file of examples."""
    options = connection(context)
    examples = read_rows(file)
    with options.client() as client:
        dataset = client.datasets.create(name=name, space=space, examples=examples)
    show(dataset, as_json=options.json)


@app.command(cls=ClientCommand)
def append(context: typer.Context, dataset: Name, file: Rows, space: Space = None) -> None:
    """Append examples from a file."""
    options = connection(context)
    examples = read_rows(file)
    with options.client() as client:
        version = client.datasets.append_examples(dataset=dataset, space=space, examples=examples)
    show(version, as_json=options.json)


@app.command(cls=ClientCommand)
def examples(
    context: typer.Context,
    dataset: Name,
    space: Space = None,
    limit: Limit = 20,
) -> None:
    """Show examples of a dataset."""
    options = connection(context)
    with options.client() as client:
        rows = client.datasets.iter_examples(dataset=dataset, space=space)
        show_flat(rows, limit, as_json=options.json)


@app.command(cls=ClientCommand)
def search(
    context: typer.Context,
    dataset: Name,
    condition: Condition,
    space: Space = None,
    limit: Limit = 20,
) -> None:
    """Show the examples for which a condition is true."""
    options = connection(context)
    with options.client() as client:
        rows = client.datasets.iter_examples(dataset=dataset, space=space, filter=condition)
        show_flat(rows, limit, as_json=options.json)


@app.command(cls=ClientCommand)
def rename(context: typer.Context, dataset: Name, name: NewName, space: Space = None) -> None:
    """Give a dataset another name."""
    options = connection(context)
    with options.client() as client:
        renamed = client.datasets.update(dataset=dataset, space=space, name=name)
    show(renamed, as_json=options.json)


@app.command(cls=ClientCommand)
def delete(context: typer.Context, dataset: Name, space: Space = None) -> None:
    """Delete a dataset, its experiments and its tasks."""
    options = connection(context)
    with options.client() as client:
        client.datasets.delete(dataset=dataset, space=space)
    done(f"Deleted dataset {dataset}.", as_json=options.json)
