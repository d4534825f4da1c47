# ruff: noqa: ARG002 - the seams have more arguments than a sample needs
"""Handlers and sources for tests: a run of kind `sample` goes through numbered rows.

Each row's result is a line in the file that the payload names, written by the worker, and a
counter in the run, kept by the server. So a test sees what was done, and what was done twice.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from pydantic import JsonValue
from sqlalchemy import Connection

from evalwright_server.runs.context import Context, Handler
from evalwright_server.runs.records import Beginning, Finish, Progress
from evalwright_server.runs.sources.source import Claimed, Item, Page, Source, Tally
from evalwright_server.runs.states import State

KIND = "sample"


class SampleSource:
    """Rows 0 to `rows` of the payload; done is what was counted."""

    def begin(self, connection: Connection, claimed: Claimed) -> Beginning:
        progress = claimed.run.progress
        total = cast("int", claimed.payload["rows"])
        return Beginning(Progress(total, progress.done, progress.succeeded))

    def page(self, connection: Connection, claimed: Claimed, cursor: JsonValue, limit: int) -> Page:
        rows = cast("int", claimed.payload["rows"])
        first = claimed.run.progress.done if cursor is None else cast("int", cursor)
        last = min(first + limit, rows)
        return Page([{"row": row} for row in range(first, last)], last if last < rows else None)

    def store(self, connection: Connection, claimed: Claimed, items: Sequence[Item]) -> Tally:
        return Tally(succeeded=len(items))


SOURCES: Mapping[str, Source] = {KIND: SampleSource()}


async def handle(context: Context) -> Finish:
    """Go through the rows; the first attempt gets stuck at row `stop_at`."""
    payload, attempt = context.payload, context.assignment.fence.attempt
    await context.begin()
    if "suicide" in payload:
        os.kill(os.getpid(), signal.SIGKILL)
    cursor: JsonValue = None
    while True:
        page = await context.page(cursor, 1)
        for item in page.items:
            if attempt == 1 and item["row"] == payload.get("stop_at"):
                await asyncio.Event().wait()
            await context.store([item])
            _log(payload, f"{attempt} {item['row']}")
        cursor = page.cursor
        if cursor is None:
            return Finish(State.SUCCEEDED, result={"attempt": attempt})


def _log(payload: Mapping[str, JsonValue], line: str) -> None:
    if "log" in payload:
        with Path(cast("str", payload["log"])).open("a") as file:
            file.write(f"{line}\n")


async def fail(context: Context) -> Finish:
    """A handler with a bug."""
    raise ZeroDivisionError("a bug")


@asynccontextmanager
async def make_handlers() -> AsyncIterator[Mapping[str, Handler]]:
    yield {KIND: handle, "buggy": fail}
