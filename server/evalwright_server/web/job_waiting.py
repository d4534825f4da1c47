"""Waiting for jobs: on the engine's signals, for as long as somebody is there to be answered."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from typing import Final, Self

from sqlalchemy import Connection

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.records import RunRow
from evalwright_server.runs.signals import Subscription, run_topic
from evalwright_server.services.errors import Unavailable
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.revisions import entity_tag, matches
from evalwright_server.store.database import Database
from evalwright_server.web.call import Answer, Call
from evalwright_server.web.presence import while_wanted
from evalwright_server.web.problems import Problem
from evalwright_server.web.waiting import wait_preference

DEFAULT_SECONDS: Final = 30
"""How long a result is waited for, unless the request says otherwise."""


def seconds_to_wait(call: Call) -> float:
    """Return how long a request for a result is to be held; 0 for not at all."""
    wait, timeout = call.values.get("wait"), call.values.get("timeout")
    is_held = wait if wait is not None else timeout is not None
    return float(timeout or DEFAULT_SECONDS) if is_held else 0.0


async def wait_for_end(call: Call, run: RunRow, seconds: float) -> None:
    """Return once a job has ended.

    Raises:
        Problem: 408, if it has not by then.
        Unavailable: The server is to stop.
        ClientGone: Nobody waits for the answer any more.
    """
    if run.state.is_final:
        return
    engine = call.context.engine
    waiting = engine.wait(run.id, since_version=None, timeout=seconds)
    later = await while_wanted(call.request, call.context.stopping, waiting)
    if later is None:
        raise stopping("the job goes on")
    if not later.state.is_final:
        hint = f"it is {later.state} after {seconds:g} s, and goes on; ask again"
        raise Problem(408, "Timeout waiting for job", hint=hint)


def stopping(fate: str) -> Unavailable:
    """Return the error of a request that is held while the server is to stop."""
    return Unavailable("The server is stopping", f"{fate}; ask again when the server is back", 1)


async def hold_for_news(
    call: Call, look: Callable[[], Awaitable[tuple[RunRow, JsonObject]]]
) -> Answer:
    """Answer what there is to see of a job, once there is something to tell.

    With `Prefer: wait=N` that is when it has ended or, with `If-None-Match`, when it looks
    different from what the client has.
    """
    seconds = wait_preference(call.values.get("Prefer"))
    clock = asyncio.get_running_loop().time
    until = clock() + (seconds or 0)
    condition = call.values.get("If-None-Match")
    while True:
        run, content = await look()
        tag = entity_tag(content)
        is_news = condition is not None and not matches(tag, condition)
        left = until - clock()
        if run.state.is_final or is_news or left <= 0:
            break
        since = None if condition is None else run.version
        waiting = call.context.engine.wait(run.id, since_version=since, timeout=left)
        if await while_wanted(call.request, call.context.stopping, waiting) is None:
            break
    applied = {} if seconds is None else {"Preference-Applied": f"wait={seconds}"}
    return Answer(content, tag, applied)


class Ending:
    """The end of a job that is about to be submitted; nothing that happens to it is missed.

    Args:
        engine: Whose job it will be.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stack = ExitStack()
        self._subscription: Subscription | None = None
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._stack.close()

    def expect(self, conn: Connection, run_id: int) -> None:
        """Listen from the moment on at which the submission is committed."""
        Database.run_after_commit(conn, partial(self._listen, run_id))

    def _listen(self, run_id: int) -> None:
        if not self._is_over:
            subscribing = self._engine.signals.subscribe(run_topic(run_id))
            self._subscription = self._stack.enter_context(subscribing)

    async def wait(self, look: Callable[[Connection], JsonObject | None]) -> JsonObject:
        """Return what is to be seen at the end."""
        subscription = self._subscription
        assert subscription is not None, "the job has not been submitted"  # noqa: S101
        while True:
            await subscription.wait(self._engine.safety_seconds)
            found = await self._engine.db.read(look)
            if found is not None:
                return found
