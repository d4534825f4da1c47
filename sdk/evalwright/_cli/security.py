"""Commands for audits and red teams."""

from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from evalwright import AsyncJobHandle, Evalwright
from evalwright._analyses.gates import read_limits
from evalwright._cli import analysis_runs as runs
from evalwright._cli import red_teams
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
from evalwright._sync.exports import Exports
from evalwright.errors import FieldError, InvalidRequest

app = typer.Typer(
    name="security", cls=ClientGroup, no_args_is_help=True, help="Audits and red teams."
)

AUDIT_COLUMNS = ("id", "batch_name", "status", "total_items", "unsafe_items")
RED_TEAM_COLUMNS = ("id", "name", "status", "total_attacks", "success_rate")


class Kind(StrEnum):
    """What to list."""

    AUDIT = "audit"
    REDTEAM = "redteam"


AnyKind = Annotated[
    Kind | None, typer.Option("--type", help="Which one it is; asked for if not given.")
]


@app.command("run", cls=ClientCommand, hidden=True)
@app.command(cls=ClientCommand)
def audit(
    context: typer.Context,
    dataset: Dataset = None,
    trace_file: Annotated[
        Path | None, typer.Option(help="A JSON file with a trace instead of a dataset.")
    ] = None,
    categories: Annotated[
        str | None, typer.Option(help="Only these, such as S1,S10; see `security vulns`.")
    ] = None,
    project: Project = None,
    name: Annotated[str | None, typer.Option(help="A name for the audit.")] = None,
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
    """Look for harmful content in a dataset."""
    options = connection(context)
    wanted = Wanted(output, chosen(options, format_), read_limits(fail_under), gate)
    if dataset is None and trace_file is None:
        raise InvalidRequest([FieldError("--dataset", "pass it, or --trace-file")])
    with options.client() as client:
        start = client.security
        key, judging = openai_api_key, judge(model, judge_url, engine)
        chosen_categories = words(categories)
        if trace_file is not None:
            handle = start.audit_trace_async(
                trace=read_object(trace_file),
                project_name=project,
                categories=chosen_categories,
                batch_name=name,
                judge=judging,
                openai_api_key=key,
            )
        else:
            handle = start.audit_async(
                dataset=read_rows(dataset or Path("-")),
                project_name=project,
                categories=chosen_categories,
                batch_name=name,
                judge=judging,
                openai_api_key=key,
            )
        if detached:
            runs.started(handle, "security", options)
        else:
            runs.finish(handle, "security", options, wanted, timeout)


@app.command(cls=ClientCommand)
def status(
    context: typer.Context,
    run_id: RunId,
    kind: AnyKind = None,
    *,
    wait: Wait = False,
    timeout: Patience = None,
) -> None:
    """Show how far an audit or a red team is."""
    options = connection(context)
    with options.client() as client:
        runs.show_status(_find(client, run_id, kind), options, wait=wait, timeout=timeout)


@app.command(cls=ClientCommand)
def result(
    context: typer.Context,
    run_id: RunId,
    kind: AnyKind = None,
    output: Output = None,
    format_: As = None,
    fail_under: FailUnder = None,
    *,
    gate: Gate = False,
    timeout: Patience = None,
) -> None:
    """Show what an audit or a red team found, once it has ended."""
    options = connection(context)
    wanted = Wanted(output, chosen(options, format_), read_limits(fail_under), gate)
    with options.client() as client:
        handle = _find(client, run_id, kind)
        handle.status()  # at a prompt, it is better said at once that there is no such run
        runs.finish(handle, "security", options, wanted, timeout)


@app.command("list", cls=ClientCommand)
def list_runs(
    context: typer.Context,
    kind: Annotated[Kind, typer.Option("--type", help="Which ones.")] = Kind.AUDIT,
    project: OfProject = None,
    limit: Limit = 20,
) -> None:
    """List audits or red teams, newest first."""
    options = connection(context)
    size = min(limit, 100)
    with options.client() as client:
        if kind is Kind.AUDIT:
            audits = client.security.iter_audits(project=project, page_size=size)
            show_rows(islice(audits, limit), AUDIT_COLUMNS, as_json=options.json)
        else:
            found = client.security.iter_red_teams(project=project, page_size=size)
            show_rows(islice(found, limit), RED_TEAM_COLUMNS, as_json=options.json)


@app.command(cls=ClientCommand)
def cancel(context: typer.Context, run_id: RunId, kind: AnyKind = None) -> None:
    """Stop an audit or a red team; what is found stays."""
    options = connection(context)
    with options.client() as client:
        show(_find(client, run_id, kind).cancel(), as_json=options.json)


@app.command(cls=ClientCommand)
def vulns(context: typer.Context) -> None:
    """List the categories of harm."""
    options = connection(context)
    with options.client() as client:
        rows = client.security.vulnerabilities()
        show_rows(rows, ("key", "display_name", "severity", "description"), as_json=options.json)


@app.command(cls=ClientCommand)
def vectors(context: typer.Context) -> None:
    """List the ways to attack."""
    options = connection(context)
    with options.client() as client:
        rows = client.security.attack_vectors()
        show_rows(rows, ("key", "name", "kind", "description"), as_json=options.json)


def _find(client: Evalwright, run_id: str, kind: Kind | None) -> AsyncJobHandle[Exports, object]:
    if kind is None:
        return client.security.job(run_id)
    if kind is Kind.AUDIT:
        return client.security.audit_job(run_id)
    return client.security.red_team_job(run_id)


red_teams.add_to(app)
