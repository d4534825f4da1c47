"""The end of patience with runs of tasks."""

from typing import TYPE_CHECKING

from evalwright._errors.timeouts import TimeoutError  # noqa: A004 - ours is one of Python's, too

if TYPE_CHECKING:
    from evalwright_api.models import TaskRun


class WaitTimeout(TimeoutError):
    """The run did not finish in time; it goes on, only the waiting ended."""

    run_id: str
    """The run, to wait for it again."""

    run: "TaskRun | None"
    """The run as last seen; None when the server could not be asked even once."""

    def __init__(self, *, run_id: str, run: "TaskRun | None", timeout: float) -> None:
        seen = "it was never seen" if run is None else f"it is {str(run.status)!r}"
        super().__init__(
            f"run {run_id} did not finish within {timeout:g} s: {seen}. It goes on; "
            "wait again with wait_for_run(run_id=...) or stop it with cancel_run(run_id=...)"
        )
        self.run_id = run_id
        self.run = run
        self.timeout = timeout
