"""Commands for jobs."""

from itertools import islice
from typing import Annotated

import typer

from evalwright._cli import job_artifacts, job_runs
from evalwright._cli.arguments import Limit, Timeout
from evalwright._cli.connection import ClientCommand, ClientGroup, connection
from evalwright._cli.job_arguments import (
    Code,
    Id,
    Input,
    JobType,
    Key,
    Requirement,
    Seconds,
    Webhook,
    program,
    read_input,
)
from evalwright._cli.output import MESSAGES, show, show_rows

app = typer.Typer(
    name="jobs", cls=ClientGroup, no_args_is_help=True, help="Python programs, run in a sandbox."
)

COLUMNS = ("execution_id", "status", "exit_code", "created_at")


@app.command(cls=ClientCommand)
def submit(
    context: typer.Context,
    file: Code,
    input_data: Input = None,
    timeout: Seconds = None,
    job_type: JobType = None,
    requirement: Requirement = None,
    webhook: Webhook = None,
    key: Key = None,
) -> None:
    """Submit a program and print the job's ID, without waiting."""
    options = connection(context)
    code, data = program(file), read_input(input_data)
    with options.client() as client:
        job = client.jobs.submit(
            code=code,
            input_data=data,
            timeout=timeout,
            job_type=job_type,
            requirements=requirement or None,
            webhook=webhook,
            idempotency_key=key,
        )
    if options.json:
        show(job.seen, as_json=True)
    else:
        typer.echo(job.id)


@app.command(cls=ClientCommand)
def get(context: typer.Context, job: Id) -> None:
    """Show where a job stands and everything that is known about it."""
    options = connection(context)
    with options.client() as client:
        show(client.jobs.get(job_id=job).seen, as_json=options.json)


@app.command(cls=ClientCommand)
def result(
    context: typer.Context,
    job: Id,
    timeout: Annotated[
        float | None, typer.Option("--timeout", help="Seconds to wait for its end; else none.")
    ] = None,
) -> None:
    """Show a job's record as it is, or with --timeout at its end."""
    options = connection(context)
    with options.client() as client:
        with MESSAGES.status(f"Waiting for {job}"):
            record = client.jobs.result(job_id=job, timeout=timeout)
        show(record, as_json=options.json)


@app.command(cls=ClientCommand)
def wait(context: typer.Context, job: Id, timeout: Timeout = 600.0) -> None:
    """Wait for a job's end; the exit code is the job's."""
    options = connection(context)
    with options.client() as client:
        # A wait bears with a server that is away; at a prompt, that is better said at once.
        found = client.jobs.get(job_id=job)
        try:
            job_runs.finish(found, options, timeout)
        except KeyboardInterrupt:
            job_runs.go_on(job, "Interrupted", job_runs.INTERRUPTED)


@app.command(cls=ClientCommand)
def cancel(context: typer.Context, job: Id) -> None:
    """Cancel a job, killing what it started."""
    options = connection(context)
    with options.client() as client:
        show(client.jobs.cancel(job_id=job), as_json=options.json)


@app.command(cls=ClientCommand)
def rerun(
    context: typer.Context, job: Id, timeout: Seconds = None, job_type: JobType = None
) -> None:
    """Run a finished job once more."""
    options = connection(context)
    with options.client() as client:
        made = client.jobs.rerun(job_id=job, job_type=job_type, timeout=timeout)
        show(made.seen, as_json=options.json)


@app.command(cls=ClientCommand)
def fork(
    context: typer.Context, job: Id, file: Code, timeout: Seconds = None, job_type: JobType = None
) -> None:
    """Run another program with a job's input."""
    options = connection(context)
    code = program(file)
    with options.client() as client:
        made = client.jobs.fork(job_id=job, code=code, job_type=job_type, timeout=timeout)
        show(made.seen, as_json=options.json)


@app.command("list", cls=ClientCommand)
def list_jobs(
    context: typer.Context,
    status: Annotated[str | None, typer.Option(help="Only jobs with this status.")] = None,
    job_type: JobType = None,
    limit: Limit = 20,
) -> None:
    """List jobs and executions, newest first."""
    options = connection(context)
    with options.client() as client:
        rows = client.jobs.iter(status=status, job_type=job_type, page_size=min(limit, 100))
        show_rows(islice(rows, limit), COLUMNS, as_json=options.json)


@app.command(cls=ClientCommand)
def lineage(context: typer.Context, job: Id) -> None:
    """Show a job, the one it was made from, and so on."""
    options = connection(context)
    columns = ("job_id", "relationship", "status", "created_at", "code_hash")
    with options.client() as client:
        rows = [each.seen for each in client.jobs.lineage(job_id=job)]
        show_rows(rows, columns, as_json=options.json)


@app.command(cls=ClientCommand)
def output(
    context: typer.Context,
    job: Id,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the job has ended.")
    ] = False,
) -> None:
    """Print what a job has written: its stdout to stdout, its stderr to stderr."""
    options = connection(context)
    with options.client() as client:
        job_runs.print_output(client, job, follow=follow, as_json=options.json)


job_runs.add_to(app)
job_artifacts.add_to(app)
