"""A function that runs elsewhere."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, ParamSpec, TypeVar

from evalwright._async.job import AsyncJob
from evalwright._remote.program import Program

_P = ParamSpec("_P")
_R = TypeVar("_R")


class AsyncRemoteFunction(Generic[_P, _R]):
    """A function whose calls are jobs; `AsyncJobsClient.function` makes one.

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
        submit: Callable[[str, Mapping[str, object]], Awaitable[AsyncJob]],
        wait_timeout: float,
    ) -> None:
        self._program = Program(function)
        self._submit = submit
        self._wait_timeout = wait_timeout

    @property
    def code(self) -> str:
        """The program that is sent."""
        return self._program.code

    async def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Run the function with these arguments and give what it returns.

        Raises:
            InvalidRequest: An argument can't be sent.
            JobFailed: The function raised an error, or was stopped.
            UnexpectedResult: It returned something else than it says.
        """
        job = await self.submit(*args, **kwargs)
        await job.wait(timeout=self._wait_timeout)
        return self.result_of(job)

    async def submit(self, *args: _P.args, **kwargs: _P.kwargs) -> AsyncJob:
        """Start the function with these arguments; `result_of` gives what it returned.

        Raises:
            InvalidRequest: An argument can't be sent.
        """
        return await self._submit(self.code, self._program.input_of(args, kwargs))

    def result_of(self, job: AsyncJob) -> _R:
        """Give what a call returned, once its job has ended.

        Raises:
            JobFailed: The function raised an error, or was stopped.
            UnexpectedResult: It returned something else than it says.
        """
        done = job.raise_for_status()
        return self._program.result_in(done.id, done.output, done.note)
