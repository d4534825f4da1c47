"""Commands for tasks."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from evalwright._cli import task_runs
from evalwright._cli.arguments import NameFilter, Space
from evalwright._cli.connection import ClientCommand, ClientGroup, connection
from evalwright._cli.files import read_object
from evalwright._cli.output import done, show, show_rows

app = typer.Typer(
    name="tasks",
    cls=ClientGroup,
    no_args_is_help=True,
    help="Evaluations and experiments that can be run again and again.",
)

Name = Annotated[str, typer.Argument(help="The task, by name or ID.")]
NewName = Annotated[str, typer.Argument(help="Its name.")]


@app.command("list", cls=ClientCommand)
def list_tasks(
    context: typer.Context,
    name: NameFilter = None,
    space: Space = None,
    dataset: Annotated[str | None, typer.Option(help="Only tasks over this dataset.")] = None,
    project: Annotated[str | None, typer.Option(help="Only tasks over this project.")] = None,
) -> None:
    """List tasks, newest first."""
    options = connection(context)
    with options.client() as client:
        rows = client.tasks.iter(name=name, space=space, dataset=dataset, project=project)
        show_rows(rows, ("name", "id", "type", "last_run_at"), as_json=options.json)


@app.command(cls=ClientCommand)
def get(context: typer.Context, task: Name, space: Space = None) -> None:
    """Show a task."""
    options = connection(context)
    with options.client() as client:
        show(client.tasks.get(task=task, space=space), as_json=options.json)


@app.command(cls=ClientCommand)
def create(
    context: typer.Context,
    name: NewName,
    evaluator: Annotated[list[str], typer.Option(help="What to apply; may be repeated.")],
    dataset: Annotated[str | None, typer.Option(help="The dataset to evaluate.")] = None,
    experiment: Annotated[
        list[str] | None, typer.Option(help="An experiment over the dataset; may be repeated.")
    ] = None,
    project: Annotated[str | None, typer.Option(help="The project to evaluate instead.")] = None,
    space: Space = None,
    task_type: Annotated[
        Literal["code_evaluation", "template_evaluation"],
        typer.Option("--type", help="What the evaluators are."),
    ] = "code_evaluation",
    query_filter: Annotated[
        str | None, typer.Option("--filter", help="Which rows are evaluated.")
    ] = None,
    sampling_rate: Annotated[
        float | None, typer.Option(help="The share of a project's spans, 0 to 1.")
    ] = None,
    continuous: Annotated[
        bool, typer.Option("--continuous", help="Evaluate a project's new spans as they come.")
    ] = False,
) -> None:
    """Create an evaluation task; everything may be given by name or ID."""
    options = connection(context)
    with options.client() as client:
        task = client.tasks.create_evaluation_task(
            name=name,
            task_type=task_type,
            evaluators=evaluator,
            project=project,
            dataset=dataset,
            space=space,
            experiments=experiment or None,
            sampling_rate=sampling_rate,
            is_continuous=continuous or None,
            query_filter=query_filter,
        )
    show(task, as_json=options.json)


@app.command("create-run-experiment", cls=ClientCommand)
def create_run_experiment(
    context: typer.Context,
    name: NewName,
    dataset: Annotated[str, typer.Option(help="The dataset to run over, by name or ID.")],
    config: Annotated[Path, typer.Option(help="A JSON file with the run configuration.")],
    space: Space = None,
) -> None:
    """Create a task whose runs produce an experiment's outputs."""
    options = connection(context)
    configuration = read_object(config)
    with options.client() as client:
        task = client.tasks.create_run_experiment_task(
            name=name, dataset=dataset, space=space, run_configuration=configuration
        )
    show(task, as_json=options.json)


@app.command(cls=ClientCommand)
def delete(context: typer.Context, task: Name, space: Space = None) -> None:
    """Delete a task and its runs."""
    options = connection(context)
    with options.client() as client:
        client.tasks.delete(task=task, space=space)
    done(f"Deleted task {task}.", as_json=options.json)


task_runs.add_to(app)
