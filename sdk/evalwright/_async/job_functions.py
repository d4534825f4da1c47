"""Running functions as jobs."""

from collections.abc import Callable, Mapping, Sequence
from typing import ParamSpec, TypeVar

from evalwright._async.job import AsyncJob
from evalwright._async.job_submissions import AsyncJobSubmissions
from evalwright._async.remote_function import AsyncRemoteFunction
from evalwright._jobs import LimitsChoice

_P = ParamSpec("_P")
_R = TypeVar("_R")


class AsyncJobFunctions(AsyncJobSubmissions):
    """The part of `AsyncJobsClient` that runs functions."""

    async def call(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Run a function of this program as a job, and give what it returns.

        Its source is sent along with the functions, classes and constants it uses. Arguments and
        result may be dataclasses, enums, dates and everything that JSON has. `function` does the
        same with requirements and limits.

        Raises:
            InvalidRequest: The function can't be sent: a lambda, a closure, or one that uses what
                can't be sent. Nothing was run.
            JobFailed: It raised an error, or was stopped.
            UnexpectedResult: It returned something else than it says.
        """
        return await self.function(function)(*args, **kwargs)

    def function(
        self,
        function: Callable[_P, _R],
        *,
        timeout: int | None = None,
        startup_timeout: int | None = None,
        job_type: str | None = None,
        requirements: Sequence[str] | None = None,
        limits: LimitsChoice | None = None,
        wait_timeout: float = 600.0,
    ) -> AsyncRemoteFunction[_P, _R]:
        """Give a function that runs as a job each time it is called.

        ::

            fit = client.jobs.function(fit_line, requirements=["numpy>=2"], timeout=60)
            line = await fit(points)

        Args:
            function: A function at the top of a module.
            timeout: Seconds it may run; the job type's when None.
            startup_timeout: Seconds that sandbox and packages may take before it starts.
            job_type: The kind of job; `default` when None.
            requirements: Packages to install first; what the function imports must be there.
            limits: How much less it may take than its job type allows.
            wait_timeout: Seconds to wait at most, for a place in the queue too.

        Raises:
            InvalidRequest: The function can't be sent.
        """

        async def submit(code: str, input_data: Mapping[str, object]) -> AsyncJob:
            return await self.submit(
                code=code,
                input_data=input_data,
                timeout=timeout,
                startup_timeout=startup_timeout,
                job_type=job_type,
                requirements=requirements,
                limits=limits,
            )

        return AsyncRemoteFunction(function, submit, wait_timeout)
