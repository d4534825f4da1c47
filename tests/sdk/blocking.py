"""Driving an async client from a plain test, so that one test covers both twins."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any


class Blocking:
    """Calls methods of an async client and waits for what they give; iterators become lists."""

    def __init__(self, client: Any, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def call(**arguments: Any) -> Any:
            result = method(**arguments)
            if inspect.isasyncgen(result):
                return self._runner.run(collect(result))
            return self._runner.run(result)

        return call


async def collect(rows: AsyncIterator[Any]) -> list[Any]:
    return [row async for row in rows]
