"""Commands for evaluations."""

from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from evalwright._analyses.gates import read_limits
from evalwright._cli import analysis_runs as runs
from evalwright._cli.analysis_options import (
    As,
    Dataset,
    Detached,
    Engine,
    FailUnder,
    Gate,
    JudgeUrl,
    Model,
    OfProject,
    OpenAiKey,
    Output,
    Patience,
    Project,
    RunId,
    Status,
    Wait,
    chosen,
    judge,
    words,
)
from evalwright._cli.analysis_output import Wanted
from evalwright._cli.arguments import Limit
from evalwright._cli.connection import ClientCommand, ClientGroup, connection
from evalwright._cli.files import read_object, read_rows
from evalwright._cli.output import show, show_rows
from evalwright.errors import FieldError, InvalidRequest

app = typer.Typer(
    name="eval", cls=ClientGroup, no_args_is_help=True, help="Metrics over inputs and outputs."
)

COLUMNS = ("run_id", "run_name", "status", "overall_score", "total_items")
METRIC_COLUMNS = ("key", "engines", "needs", "definition")


@app.command(cls=ClientCommand)
def run(
    context: typer.Context,
    metrics: Annotated[
        str, typer.Option(help="The metrics, with commas between them; see `eval metrics`.")
    ],
    dataset: Dataset = None,
    trace_file: Annotated[
        Path | None, typer.Option(help="A JSON file with a trace instead of a dataset.")
    ] = None,
    project: Project = None,
    run_name: Annotated[str | None, typer.Option(help="A name for the evaluation.")] = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option(metavar="METRIC=NUMBER", help="The score at which an item has passed."),
    ] = None,
    model: Model = None,
    judge_url: JudgeUrl = None,
    engine: Engine = None,
    openai_api_key: OpenAiKey = None,
    *,
    detached: Detached = False,
    output: Output = None,
    format_: As = None,
    fail_under: FailUnder = None,
    gate: Gate = False,
    timeout: Patience = None,
) -> None:
    """Measure a dataset with metrics, and print the scores."""
    options = connection(context)
    wanted = Wanted(output, chosen(options, format_), read_limits(fail_under), gate)
    rest: Any = {
        "metrics": words(metrics) or [],
        "project_name": project or "default",
        "run_name": run_name,
        "thresholds": read_limits(threshold) or None,
        "judge": judge(model, judge_url, engine),
        "openai_api_key": openai_api_key,
    }
    with options.client() as client:
        if trace_file is not None:
            handle = client.eval.evaluate_trace_async(trace=read_object(trace_file), **rest)
        elif dataset is not None:
            handle = client.eval.evaluate_async(dataset=read_rows(dataset), **rest)
        else:
            raise InvalidRequest([FieldError("--dataset", "pass it, or --trace-file")])
        if detached:
            runs.started(handle, "eval", options)
        else:
            runs.finish(handle, "eval", options, wanted, timeout)


@app.command(cls=ClientCommand)
def status(
    context: typer.Context, run_id: RunId, *, wait: Wait = False, timeout: Patience = None
) -> None:
    """Show how far an evaluation is."""
    options = connection(context)
    with options.client() as client:
        runs.show_status(client.eval.job(run_id), options, wait=wait, timeout=timeout)


@app.command(cls=ClientCommand)
def result(
    context: typer.Context,
    run_id: RunId,
    output: Output = None,
    format_: As = None,
    fail_under: FailUnder = None,
    *,
    gate: Gate = False,
    timeout: Patience = None,
) -> None:
    """Show the scores of an evaluation, once it has ended."""
    options = connection(context)
    wanted = Wanted(output, chosen(options, format_), read_limits(fail_under), gate)
    with options.client() as client:
        handle = client.eval.job(run_id)
        handle.status()  # at a prompt, it is better said at once that there is no such run
        runs.finish(handle, "eval", options, wanted, timeout)


@app.command("list", cls=ClientCommand)
def list_runs(
    context: typer.Context, project: OfProject = None, status: Status = None, limit: Limit = 20
) -> None:
    """List evaluations, newest first."""
    options = connection(context)
    with options.client() as client:
        rows = client.eval.iter(project=project, status=status, page_size=min(limit, 100))
        show_rows(islice(rows, limit), COLUMNS, as_json=options.json)


@app.command(cls=ClientCommand)
def cancel(context: typer.Context, run_id: RunId) -> None:
    """Stop an evaluation; what is measured stays."""
    options = connection(context)
    with options.client() as client:
        show(client.eval.cancel(job_id=run_id), as_json=options.json)


@app.command(cls=ClientCommand)
def metrics(context: typer.Context) -> None:
    """List the metrics there are."""
    options = connection(context)
    with options.client() as client:
        show_rows(client.eval.templates(), METRIC_COLUMNS, as_json=options.json)


@app.command(cls=ClientCommand)
def compare(
    context: typer.Context,
    run_ids: Annotated[list[str], typer.Argument(help="Two to five IDs; the first to compare to.")],
) -> None:
    """Put evaluations side by side."""
    options = connection(context)
    with options.client() as client:
        found = client.eval.compare(run_ids=run_ids)
        if options.json:
            show(found, as_json=True)
        else:
            show_rows(found.metrics, ("metric_key", "scores", "differences"), as_json=False)
