"""Commands for runs of tasks."""

from datetime import datetime
from itertools import islice
from typing import Annotated

import typer

from evalwright import Evalwright
from evalwright._cli.arguments import Limit, Space, Timeout
from evalwright._cli.connection import ClientCommand, Connection, connection
from evalwright._cli.output import MESSAGES, show, show_rows
from evalwright._cli.progress import follow
from evalwright.errors import WaitTimeout
from evalwright.types import TaskRun, TaskRunStatus

COLUMNS = ("id", "status", "created_at", "num_successes", "num_errors", "num_skipped")

RESULT_COLUMNS = ("row_id", "evaluator_name", "outcome", "score", "label", "error")

Name = Annotated[str, typer.Argument(help="The task, by name or ID.")]
RunId = Annotated[str, typer.Argument(help="The run's ID.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to those for tasks."""
    app.command(cls=ClientCommand)(trigger)
    app.command(cls=ClientCommand)(runs)
    app.command(cls=ClientCommand)(run)
    app.command(cls=ClientCommand)(wait)
    app.command(cls=ClientCommand)(results)
    app.command(cls=ClientCommand)(cancel)


def trigger(
    context: typer.Context,
    task: Name,
    space: Space = None,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the run's end.")] = False,
    timeout: Timeout = 600.0,
    experiment: Annotated[
        list[str] | None, typer.Option(help="Only this experiment; may be repeated.")
    ] = None,
    override: Annotated[
        bool, typer.Option("--override", help="Judge rows again that were judged before.")
    ] = False,
    data_start_time: Annotated[
        datetime | None, typer.Option(help="The start of the window of spans, UTC.")
    ] = None,
    data_end_time: Annotated[
        datetime | None, typer.Option(help="The end of the window of spans, UTC.")
    ] = None,
    max_spans: Annotated[int | None, typer.Option(help="The largest number of spans.")] = None,
    experiment_name: Annotated[
        str | None, typer.Option(help="For run_experiment tasks: the experiment to create.")
    ] = None,
    max_examples: Annotated[
        int | None, typer.Option(help="For run_experiment tasks: how many examples to run.")
    ] = None,
    query_filter: Annotated[
        str | None,
        typer.Option("--filter", help="For run_experiment tasks: which examples to run."),
    ] = None,
) -> None:
    """Start a run of a task."""
    options = connection(context)
    with options.client() as client:
        started = client.tasks.trigger_run(
            task=task,
            space=space,
            experiment_ids=experiment or None,
            override_evaluations=override or None,
            data_start_time=data_start_time,
            data_end_time=data_end_time,
            max_spans=max_spans,
            experiment_name=experiment_name,
            max_examples=max_examples,
            query_filter=query_filter,
        )
        if wait:
            _finish(client, started, options, timeout)
        else:
            show(started, as_json=options.json)


def runs(
    context: typer.Context,
    task: Name,
    space: Space = None,
    status: Annotated[str | None, typer.Option(help="Only runs in this state.")] = None,
    limit: Limit = 20,
) -> None:
    """List a task's runs, newest first."""
    options = connection(context)
    with options.client() as client:
        rows = client.tasks.iter_runs(task=task, space=space, status=status)
        show_rows(islice(rows, limit), COLUMNS, as_json=options.json)


def run(context: typer.Context, run_id: RunId) -> None:
    """Show a run."""
    options = connection(context)
    with options.client() as client:
        show(client.tasks.get_run(run_id=run_id), as_json=options.json)


def wait(context: typer.Context, run_id: RunId, timeout: Timeout = 600.0) -> None:
    """Wait for a run's end; exit code 1 unless it is completed."""
    options = connection(context)
    with options.client() as client:
        # A wait bears with a server that is away; at a prompt, that is better said at once.
        current = client.tasks.get_run(run_id=run_id)
        _finish(client, current, options, timeout)


def results(
    context: typer.Context,
    run_id: RunId,
    outcome: Annotated[
        str | None, typer.Option(help="Only what ended so: judged, error or skipped.")
    ] = None,
    limit: Limit = 20,
) -> None:
    """Show what a run did, row by row."""
    options = connection(context)
    with options.client() as client:
        rows = client.tasks.iter_run_results(run_id=run_id, outcome=outcome)
        show_rows(islice(rows, limit), RESULT_COLUMNS, as_json=options.json)


def cancel(context: typer.Context, run_id: RunId) -> None:
    """Stop a run."""
    options = connection(context)
    with options.client() as client:
        show(client.tasks.cancel_run(run_id=run_id), as_json=options.json)


def _finish(client: Evalwright, started: TaskRun, options: Connection, timeout: float) -> None:
    try:
        ended = follow(client, started, timeout=timeout, quiet=options.json)
    except (KeyboardInterrupt, WaitTimeout) as error:
        why = (
            "Interrupted"
            if isinstance(error, KeyboardInterrupt)
            else f"Not finished in {timeout:g} s"
        )
        MESSAGES.print(
            f"{why}; the run {started.id} goes on. Wait again: evalwright tasks wait {started.id}; "
            f"stop it: evalwright tasks cancel {started.id}",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(130 if isinstance(error, KeyboardInterrupt) else 1) from None
    show(ended, as_json=options.json)
    if ended.status is not TaskRunStatus.COMPLETED:
        reason = ended.failure_reason or "no reason given"
        MESSAGES.print(f"The run is {ended.status}: {reason}", markup=False)
        raise typer.Exit(1)
