# Generated from sdk/evalwright/_async/remote_function.py by scripts/unasync.py: do not edit.
"""A function that runs elsewhere."""

from collections.abc import Callable, Mapping
from typing import Generic, ParamSpec, TypeVar

from evalwright._remote.program import Program
from evalwright._sync.job import Job

_P = ParamSpec("_P")
_R = TypeVar("_R")


class RemoteFunction(Generic[_P, _R]):
    """A function whose calls are jobs; `JobsClient.function` makes one.

    Args:
        function: The function.
        submit: Hands a program with its input over.
        wait_timeout: Seconds to wait for each call.

    Raises:
        InvalidRequest: The function can't be sent.
    """

    def __init__(
        self,
        function: Callable[_P, _R],
        submit: Callable[[str, Mapping[str, object]], Job],
        wait_timeout: float,
    ) -> None:
        self._program = Program(function)
        self._submit = submit
        self._wait_timeout = wait_timeout

    @property
    def code(self) -> str:
        """The program that is sent."""
        return self._program.code

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Run the function with these arguments and give what it returns.

        Raises:
            InvalidRequest: An argument can't be sent.
            JobFailed: The function raised an error, or was stopped.
            UnexpectedResult: It returned something else than it says.
        """
        job = self.submit(*args, **kwargs)
        job.wait(timeout=self._wait_timeout)
        return self.result_of(job)

    def submit(self, *args: _P.args, **kwargs: _P.kwargs) -> Job:
        """Start the function with these arguments; `result_of` gives what it returned.

        Raises:
            InvalidRequest: An argument can't be sent.
        """
        return self._submit(self.code, self._program.input_of(args, kwargs))

    def result_of(self, job: Job) -> _R:
        """Give what a call returned, once its job has ended.

        Raises:
            JobFailed: The function raised an error, or was stopped.
            UnexpectedResult: It returned something else than it says.
        """
        done = job.raise_for_status()
        return self._program.result_in(done.id, done.output, done.note)
