"""A progress bar for runs."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from evalwright import Evalwright
from evalwright._cli.output import MESSAGES
from evalwright.types import TaskRun


def follow(client: Evalwright, run: TaskRun, *, timeout: float, quiet: bool) -> TaskRun:
    """Wait for a run and draw how far it is; give the run when it has ended.

    Raises:
        WaitTimeout: It did not end in time.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=MESSAGES, disable=quiet) as bar:
        line = bar.add_task(str(run.status), total=None)

        def update(seen: TaskRun) -> None:
            done, total = seen.progress.done, seen.progress.total
            bar.update(line, description=str(seen.status), completed=done, total=total)

        return client.tasks.wait_for_run(run_id=run.id, timeout=timeout, on_progress=update)
