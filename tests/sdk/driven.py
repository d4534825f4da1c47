"""Async things driven from plain tests: what they give is driven, too."""

import asyncio
import inspect
from typing import Any

from evalwright import AsyncJob, AsyncRemoteFunction, AwaitableJobHandle
from evalwright._async.exports import AsyncExports
from sdk.blocking import collect

_DRIVEN = (AsyncJob, AsyncRemoteFunction, AwaitableJobHandle, AsyncExports)


class Driven:
    """Calls what is async and waits for it; iterators become lists."""

    def __init__(self, target: Any, runner: asyncio.Runner) -> None:
        self._target = target
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if not inspect.ismethod(value):
            return value
        return lambda *args, **kwargs: self._settle(value(*args, **kwargs))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._settle(self._target(*args, **kwargs))

    def _settle(self, value: Any) -> Any:
        if inspect.isasyncgen(value):
            return [self._settle(item) for item in self._runner.run(collect(value))]
        if inspect.iscoroutine(value):
            return self._settle(self._runner.run(value))
        if isinstance(value, _DRIVEN):
            return Driven(value, self._runner)
        return value


def plain(value: Any) -> Any:
    """Give what is behind a driven thing, to pass it on."""
    return value._target if isinstance(value, Driven) else value
