"""Running a program at a prompt, as if it ran here."""

import sys
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

from evalwright import Evalwright, Job
from evalwright._cli.connection import ClientCommand, Connection, connection
from evalwright._cli.job_arguments import (
    Code,
    Input,
    JobType,
    Requirement,
    Seconds,
    program,
    read_input,
)
from evalwright._cli.output import MESSAGES, print_json, show, size
from evalwright.errors import JobWaitTimeout, NotFound

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""

_CODES = {"succeeded": 0, "timeout": 124, "oom": 137, "cancelled": INTERRUPTED}


def add_to(app: typer.Typer) -> None:
    """Add these commands to those for jobs."""
    app.command(cls=ClientCommand)(run)


def run(
    context: typer.Context,
    file: Code,
    input_data: Input = None,
    timeout: Seconds = None,
    job_type: JobType = None,
    requirement: Requirement = None,
    *,
    follow: Annotated[
        bool,
        typer.Option("--follow/--no-follow", help="Print what it writes while it runs, or after."),
    ] = True,
    wait_timeout: Annotated[
        float, typer.Option(help="Seconds to wait for its end, in the queue too.")
    ] = 3600.0,
) -> None:
    """Run a program and print what it writes; the exit code is the program's.

    Ctrl-C cancels the job.
    """
    options = connection(context)
    code, data = program(file), read_input(input_data)
    with options.client() as client:
        job = client.jobs.submit(
            code=code,
            input_data=data,
            timeout=timeout,
            job_type=job_type,
            requirements=requirement or None,
        )
        try:
            if follow and not options.json:
                print_output(client, job.id, follow=True, as_json=False)
            finish(job, options, wait_timeout, has_written=follow)
        except KeyboardInterrupt:
            with suppress(NotFound):  # it ended meanwhile
                job.cancel()
            MESSAGES.print(f"Cancelled job {job.id}.", markup=False)
            raise typer.Exit(INTERRUPTED) from None


def print_output(client: Evalwright, job_id: str, *, follow: bool, as_json: bool) -> None:
    """Print the lines that a job writes, each to the stream it was written to."""
    for line in client.jobs.lines(job_id=job_id, follow=follow):
        if as_json:
            print_json(line._asdict(), indent=None)
        else:
            target = sys.stderr if line.stream == "stderr" else sys.stdout
            print(line.text, file=target, flush=True)


def finish(job: Job, options: Connection, timeout: float, *, has_written: bool = True) -> NoReturn:
    """Wait for a job's end, say how it ended and end with its exit code."""
    try:
        with MESSAGES.status(f"{job.id}: {job.status}") as line:
            job.wait(
                timeout=timeout,
                on_progress=lambda seen: line.update(f"{seen.job_id}: {seen.status}"),
            )
    except JobWaitTimeout as error:
        go_on(error.job_id, f"Not ended in {timeout:g} s", 1)
    if options.json:
        show(job.seen, as_json=True)
    else:
        if not has_written:
            sys.stdout.write(job.stdout)
            sys.stderr.write(job.stderr)
        _sum_up(job)
    raise typer.Exit(exit_code(job))


def exit_code(job: Job) -> int:
    """Give the exit code of a job that has ended: the program's, or one that tells how it ended."""
    known = _CODES.get(str(job.status))
    if known is not None:
        return known
    return job.exit_code if job.exit_code is not None and 0 < job.exit_code < 256 else 1


def go_on(job_id: str, why: str, code: int) -> NoReturn:
    """End with a job that goes on, and say how to come back to it."""
    MESSAGES.print(
        f"{why}; job {job_id} goes on. Wait again: evalwright jobs wait {job_id}; "
        f"stop it: evalwright jobs cancel {job_id}",
        markup=False,
        soft_wrap=True,
    )
    raise typer.Exit(code)


def _sum_up(job: Job) -> None:
    text = f"Job {job.id}: {job.status}"
    if job.error is not None:
        text += f" ({job.error.message.rstrip('.')})"
    if job.artifacts:
        files = ", ".join(f"{file.name} ({size(file.size)})" for file in job.artifacts)
        text += f". It left {files}: evalwright jobs download {job.id}"
    MESSAGES.print(text, markup=False, soft_wrap=True)
