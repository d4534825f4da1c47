"""Following analyses at a prompt."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from evalwright import AsyncJobHandle, AsyncJobStatus
from evalwright._analyses.status import OnProgress
from evalwright._cli.analysis_output import Wanted, deliver
from evalwright._cli.connection import Connection
from evalwright._cli.output import MESSAGES, print_json
from evalwright._sync.exports import Exports
from evalwright.errors import AnalysisTimeout

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""

_R = TypeVar("_R", bound=Exports)


def finish(
    handle: AsyncJobHandle[_R, Any],
    group: str,
    options: Connection,
    wanted: Wanted,
    timeout: float | None,
) -> None:
    """Wait for an analysis's end and deliver its result; Ctrl-C asks what to do.

    Args:
        handle: The analysis.
        group: The group of commands that knows it.
        options: Whether to be quiet.
        wanted: What is to become of the result.
        timeout: Seconds to wait at most.
    """
    announce(handle.job_id, options)
    while True:
        try:
            with progress(quiet=options.json) as update:
                run = handle.result(timeout, update)
            break
        except AnalysisTimeout as error:
            detach(error.job_id, group, f"Not ended in {timeout:g} s", 1)
        except KeyboardInterrupt:
            interrupted(handle, group)
    deliver(run, wanted)


def announce(job_id: str, options: Connection) -> None:
    """Print an ID before anything can go wrong here."""
    if not options.json:
        MESSAGES.print(job_id, markup=False, soft_wrap=True)


def interrupted(handle: AsyncJobHandle[Any, Any], group: str) -> None:
    """Ask whether to leave an analysis, cancel it or go on; without a terminal, it is left."""
    choice = "d"
    if sys.stdin.isatty():
        MESSAGES.print(f"\nInterrupted; {handle.job_id} goes on.", markup=False)
        try:
            choice = input("[d]etach, [c]ancel or [w]ait on? ").strip().lower()[:1]
        except (EOFError, KeyboardInterrupt):
            choice = "d"
    if choice == "w":
        return
    if choice == "c":
        handle.cancel()
        MESSAGES.print(
            f"Cancelled {handle.job_id}; what was done stays: "
            f"evalwright {group} result --run-id {handle.job_id}",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(INTERRUPTED) from None
    detach(handle.job_id, group, "Interrupted", INTERRUPTED)


def detach(job_id: str, group: str, why: str, code: int) -> NoReturn:
    """End with an analysis that goes on, and say how to come back to it."""
    MESSAGES.print(
        f"{why}; {job_id} goes on. Come back: evalwright {group} result --run-id {job_id}; "
        f"stop it: evalwright {group} cancel --run-id {job_id}",
        markup=False,
        soft_wrap=True,
    )
    raise typer.Exit(code)


def started(handle: AsyncJobHandle[Any, Any], group: str, options: Connection) -> None:
    """Say that an analysis was started, and how to follow it."""
    if options.json:
        print_json({"job_id": handle.job_id, "job_type": handle.job_type})
        return
    typer.echo(handle.job_id)
    MESSAGES.print(
        f"Started. See how far it is: evalwright {group} status --run-id {handle.job_id}",
        markup=False,
        soft_wrap=True,
    )


def show_status(
    handle: AsyncJobHandle[Any, Any], options: Connection, *, wait: bool, timeout: float | None
) -> None:
    """Print how far an analysis is; after waiting, exit with 1 unless all of it is done."""
    status = handle.status()
    if wait:
        try:
            with progress(quiet=options.json) as update:
                status = handle.wait(timeout=timeout, on_progress=update)
        except AnalysisTimeout as error:
            status = error.status or status
    if options.json:
        times = {name: str(value) for name, value in dict(status).items() if "ed_at" in name}
        print_json({**dict(status), **{name: times[name] for name in times if status[name]}})
    else:
        typer.echo(f"{status.job_id}: {status}")
    if wait and not status.is_completed:
        raise typer.Exit(1)


@contextmanager
def progress(*, quiet: bool) -> Iterator[OnProgress]:
    """Draw a bar on a terminal, or print a line at every tenth elsewhere."""
    if quiet:
        yield lambda _: None
    elif not MESSAGES.is_terminal:
        yield PlainLines()
    else:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=MESSAGES, transient=True) as bar:
            line = bar.add_task("queued", total=None)

            def update(seen: AsyncJobStatus) -> None:
                total = seen.total_items or None
                bar.update(line, description=seen.status, completed=seen.current_item, total=total)

            yield update


class PlainLines:
    """Prints a line when a status is another one, or a tenth of the items later."""

    def __init__(self) -> None:
        self._status = ""
        self._tenth = 0

    def __call__(self, seen: AsyncJobStatus) -> None:
        """Take a status."""
        tenth = int(seen.progress_percent // 10)
        if (seen.status, tenth) == (self._status, self._tenth):
            return
        self._status, self._tenth = seen.status, tenth
        MESSAGES.print(str(seen), markup=False, soft_wrap=True)
