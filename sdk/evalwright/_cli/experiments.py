"""Commands for experiments."""

from typing import Annotated

import typer

from evalwright._cli.arguments import Condition, Limit, NameFilter, Rows, Space
from evalwright._cli.connection import ClientCommand, ClientGroup, connection
from evalwright._cli.files import read_rows
from evalwright._cli.output import done, show, show_rows
from evalwright._cli.rows import show_flat

app = typer.Typer(
    name="experiments",
    cls=ClientGroup,
    no_args_is_help=True,
    help="Outputs of systems over datasets, and their evaluations.",
)

Name = Annotated[str, typer.Argument(help="The experiment, by name or ID.")]
Dataset = Annotated[
    str | None, typer.Option("--dataset", help="The dataset it is over, by name or ID.")
]
InDataset = Annotated[str, typer.Option("--dataset", help="The dataset it answers, by name or ID.")]


@app.command("list", cls=ClientCommand)
def list_experiments(
    context: typer.Context, name: NameFilter = None, dataset: Dataset = None, space: Space = None
) -> None:
    """List experiments, newest first."""
    options = connection(context)
    with options.client() as client:
        rows = client.experiments.iter(name=name, dataset=dataset, space=space)
        show_rows(rows, ("name", "id", "dataset_id", "updated_at"), as_json=options.json)


@app.command(cls=ClientCommand)
def get(
    context: typer.Context, experiment: Name, dataset: Dataset = None, space: Space = None
) -> None:
    """Show an experiment."""
    options = connection(context)
    with options.client() as client:
        found = client.experiments.get(experiment=experiment, dataset=dataset, space=space)
        show(found, as_json=options.json)


@app.command(cls=ClientCommand)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name.")],
    file: Rows,
    dataset: InDataset,
    space: Space = None,
) -> None:
    """Create an experiment from a file of outputs, each with example_id and output."""
    options = connection(context)
    outputs = read_rows(file)
    with options.client() as client:
        created = client.experiments.create(
            name=name, dataset=dataset, space=space, experiment_runs=outputs
        )
    show(created, as_json=options.json)


@app.command(cls=ClientCommand)
def runs(
    context: typer.Context,
    experiment: Name,
    dataset: Dataset = None,
    space: Space = None,
    limit: Limit = 20,
) -> None:
    """Show outputs of an experiment with their evaluations."""
    options = connection(context)
    with options.client() as client:
        rows = client.experiments.iter_runs(experiment=experiment, dataset=dataset, space=space)
        show_flat(rows, limit, as_json=options.json)


@app.command(cls=ClientCommand)
def search(
    context: typer.Context,
    experiment: Name,
    condition: Condition,
    dataset: Dataset = None,
    space: Space = None,
    limit: Limit = 20,
) -> None:
    """Show the outputs for which a condition is true, also of columns of their examples."""
    options = connection(context)
    with options.client() as client:
        rows = client.experiments.iter_runs(
            experiment=experiment, dataset=dataset, space=space, filter=condition
        )
        show_flat(rows, limit, as_json=options.json)


@app.command(cls=ClientCommand)
def append(
    context: typer.Context,
    experiment: Name,
    file: Rows,
    dataset: Dataset = None,
    space: Space = None,
) -> None:
    """Append outputs from a file."""
    options = connection(context)
    outputs = read_rows(file)
    with options.client() as client:
        appended = client.experiments.append_runs(
            experiment=experiment, dataset=dataset, space=space, experiment_runs=outputs
        )
    show(appended, as_json=options.json)


@app.command(cls=ClientCommand)
def delete(
    context: typer.Context, experiment: Name, dataset: Dataset = None, space: Space = None
) -> None:
    """Delete an experiment, its outputs and their evaluations."""
    options = connection(context)
    with options.client() as client:
        client.experiments.delete(experiment=experiment, dataset=dataset, space=space)
    done(f"Deleted experiment {experiment}.", as_json=options.json)
