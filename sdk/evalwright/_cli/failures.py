"""Commands for failure analyses."""

from itertools import islice
from typing import Annotated

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
from evalwright._cli.files import read_rows
from evalwright._cli.output import show, show_rows

app = typer.Typer(
    name="fa", cls=ClientGroup, no_args_is_help=True, help="Where and why answers fail."
)

COLUMNS = ("run_id", "status", "total_failures_detected", "overall_severity", "primary_failure")
KIND_COLUMNS = ("subcategory_id", "subcategory_name", "bucket_id", "detection_approach")


@app.command(cls=ClientCommand)
def run(
    context: typer.Context,
    dataset: Dataset = None,
    trace_id: Annotated[str | None, typer.Option(help="A trace of the project instead.")] = None,
    project: Project = None,
    feature_kind: Annotated[
        str | None, typer.Option(help="What answered: rag, agent, agentic_rag or generic_llm.")
    ] = None,
    buckets: Annotated[
        str | None, typer.Option(help="Only these groups of failures, with commas between them.")
    ] = None,
    subcategories: Annotated[
        str | None, typer.Option(help="Only these kinds of failures; see `fa taxonomy`.")
    ] = None,
    model: Model = None,
    judge_url: JudgeUrl = None,
    engine: Engine = None,
    openai_api_key: OpenAiKey = None,
    *,
    no_eval: Annotated[bool, typer.Option("--no-eval", help="Measure no metrics.")] = False,
    no_security: Annotated[bool, typer.Option("--no-security", help="Audit nothing.")] = False,
    detached: Detached = False,
    output: Output = None,
    format_: As = None,
    fail_under: FailUnder = None,
    gate: Gate = False,
    timeout: Patience = None,
) -> None:
    """Find out where and why answers fail, and print what was found."""
    options = connection(context)
    wanted = Wanted(output, chosen(options, format_), read_limits(fail_under), gate)
    with options.client() as client:
        handle = client.failure_analysis.run_async(
            dataset=None if dataset is None else read_rows(dataset),
            trace_id=trace_id,
            project_name=project,
            feature_kind=feature_kind,
            run_eval=False if no_eval else None,
            run_security=False if no_security else None,
            buckets=words(buckets),
            subcategories=words(subcategories),
            judge=judge(model, judge_url, engine),
            openai_api_key=openai_api_key,
        )
        if detached:
            runs.started(handle, "fa", options)
        else:
            runs.finish(handle, "fa", options, wanted, timeout)


@app.command(cls=ClientCommand)
def status(
    context: typer.Context, run_id: RunId, *, wait: Wait = False, timeout: Patience = None
) -> None:
    """Show how far a failure analysis is."""
    options = connection(context)
    with options.client() as client:
        runs.show_status(client.failure_analysis.job(run_id), options, wait=wait, timeout=timeout)


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
    """Show what a failure analysis found, once it has ended."""
    options = connection(context)
    wanted = Wanted(output, chosen(options, format_), read_limits(fail_under), gate)
    with options.client() as client:
        handle = client.failure_analysis.job(run_id)
        handle.status()  # at a prompt, it is better said at once that there is no such run
        runs.finish(handle, "fa", options, wanted, timeout)


@app.command("list", cls=ClientCommand)
def list_runs(
    context: typer.Context, project: OfProject = None, status: Status = None, limit: Limit = 20
) -> None:
    """List failure analyses, newest first."""
    options = connection(context)
    with options.client() as client:
        rows = client.failure_analysis.iter(
            project_name=project, status=status, page_size=min(limit, 100)
        )
        show_rows(islice(rows, limit), COLUMNS, as_json=options.json)


@app.command(cls=ClientCommand)
def cancel(context: typer.Context, run_id: RunId) -> None:
    """Stop a failure analysis; what is found stays."""
    options = connection(context)
    with options.client() as client:
        show(client.failure_analysis.cancel(job_id=run_id), as_json=options.json)


@app.command(cls=ClientCommand)
def taxonomy(context: typer.Context) -> None:
    """List the kinds of failures there are."""
    options = connection(context)
    with options.client() as client:
        show_rows(client.failure_analysis.subcategories(), KIND_COLUMNS, as_json=options.json)


@app.command(cls=ClientCommand)
def insights(
    context: typer.Context,
    project: OfProject = None,
    days: Annotated[int, typer.Option(min=1, help="How many days back.")] = 30,
) -> None:
    """Show which failures come again and again."""
    options = connection(context)
    columns = ("subcategory_name", "bucket_name", "occurrence_count", "affected_runs")
    with options.client() as client:
        found = client.failure_analysis.insights(days=days, project_name=project)
        if options.json:
            show(found, as_json=True)
        else:
            show_rows(found.top_recurring_failures, columns, as_json=False)
