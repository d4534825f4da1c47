"""Answers about analyses: at once or held, and how far they have come.

A small analysis is answered with its result, a large one with 202 and where to ask. What a client
prefers (RFC 7240) comes first; what its kind is used to, second.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Final

from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from evalwright_server.runs.analysis_payload import LARGE, AnalysisKind
from evalwright_server.runs.errors import RunNotFound
from evalwright_server.runs.records import RunRow
from evalwright_server.services.analyses import AnalysisRequest, cancel_analysis
from evalwright_server.services.analysis_quotas import UsageAccount
from evalwright_server.services.analysis_records import (
    NumberedPage,
    StoredAnalysis,
    find_analysis,
)
from evalwright_server.services.analysis_views import view_cancelled, view_started, view_status
from evalwright_server.services.errors import ResourceNotFound, Unavailable
from evalwright_server.services.requests import JsonObject
from evalwright_server.web.call import Answer, Call
from evalwright_server.web.content import dump
from evalwright_server.web.presence import while_present, while_wanted
from evalwright_server.web.waiting import hold, run_tag, wait_preference

POLLED_SECONDS: Final = 25.0
"""How long a small analysis is held for clients that know how to ask again."""
PAGE_SIZE: Final = 20
"""Rows of a page, unless the request says otherwise."""

_ASYNC: Final = re.compile(r"""(?:^|,)\s*respond-async\s*(?=;|,|$)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is held.

    Attributes:
        seconds: Until when there is a 202 instead; 0 is at once, and None never.
        applied: The preference that decided it, for `Preference-Applied`.
    """

    seconds: float | None
    applied: str | None = None


def decide(
    prefer: str | None,
    metadata: Mapping[str, Any] | None = None,
    *,
    total_items: int,
    is_polled: bool = True,
    large: int = LARGE,
) -> Patience:
    """Decide how long the answer to a request for an analysis is held.

    Args:
        prefer: The `Prefer` header.
        metadata: What was sent with the analysis; `async: true` in it is a preference, too, for
            clients that can't send headers.
        total_items: How many items there are.
        is_polled: Whether clients of this kind understand a 202 they have not asked for.
        large: From how many items on it is a large one.
    """
    seconds = wait_preference(prefer)
    if seconds is not None:
        return Patience(float(seconds), f"wait={seconds}")
    if prefer is not None and _ASYNC.search(prefer):
        return Patience(0.0, "respond-async")
    if (metadata or {}).get("async") is True:
        return Patience(0.0)
    if not is_polled:
        return Patience(None)
    return Patience(POLLED_SECONDS if total_items < large else 0.0)


View = Callable[[Connection, StoredAnalysis], JsonObject]
"""Returns what an analysis came to, as it stands in answers; of an unfinished one, too."""


async def start(
    call: Call, request: AnalysisRequest, patience: Patience, view: View
) -> Answer | Response:
    """Start an analysis and answer as patience has it; it goes on whoever waits for it.

    Args:
        call: The request.
        request: What to start.
        patience: How long to hold the answer.
        view: What to answer at the end.

    Raises:
        ServiceError: It can't be started, or there would be nobody to do it.
        ClientGone: Nobody waits for the answer any more.
    """
    context = call.context
    if patience.seconds is None and context.workforce.wanted == 0:
        hint = "start the server with --workers, or send Prefer: respond-async"
        raise Unavailable("this server has no workers to do it now", hint)
    stored = await call.write(context.analyses.start, request)
    headers = {} if patience.applied is None else {"Preference-Applied": patience.applied}
    if patience.seconds == 0:
        return Answer(view_started(stored), headers=headers, status=202)
    # Until the first heartbeat it can still be an answer of another status.
    seconds = context.heartbeat if patience.seconds is None else patience.seconds
    waiting = context.engine.wait(stored.run.id, since_version=None, timeout=seconds)
    run = await while_wanted(call.request, context.stopping, waiting)
    if run is not None and run.state.is_final:
        return Answer(await call.read(_look, stored, view), headers=headers)
    if patience.seconds is None and run is not None:
        return StreamingResponse(_held(call, stored, view), media_type="application/json")
    return Answer(await call.read(_look, stored, _view_started), headers=headers, status=202)


async def _held(call: Call, stored: StoredAnalysis, view: View) -> AsyncIterator[bytes]:
    """Yield blanks until an analysis has ended, then what it came to.

    If the server is to stop before that, what it has come to yet is the best there is: the status
    is sent already.
    """
    context = call.context
    ending = _end(call, stored)
    async for sign in while_present(call.request, context.stopping, ending, context.heartbeat):
        if sign is None:
            yield b" "
    try:
        yield dump(await call.read(_look, stored, view))
    except ResourceNotFound as error:
        yield dump({"title": "Not Found", "status": 404, "detail": error.detail})


async def _end(call: Call, stored: StoredAnalysis) -> AsyncGenerator[RunRow, None]:
    """Yield the run of an analysis when it has ended, if it is not deleted before."""
    with suppress(RunNotFound):
        yield await call.context.engine.wait(stored.run.id, since_version=None, timeout=inf)


def _look(conn: Connection, stored: StoredAnalysis, view: View) -> JsonObject:
    return view(conn, find_analysis(conn, stored.kind, stored.uid))


def _view_started(_conn: Connection, stored: StoredAnalysis) -> JsonObject:
    return view_started(stored)


async def answer_status(call: Call, kind: AnalysisKind, uid: str) -> Answer:
    """Answer how far an analysis has come, at once or when there is something to tell.

    With `Prefer: wait=N` that is when it has ended or, with `If-None-Match`, when anything about it
    has changed.
    """
    stored = await call.read(find_analysis, kind, uid)
    run, headers = await hold(call, stored.run)
    shown = stored if run is stored.run else replace(stored, run=run)
    return Answer(view_status(shown, call.context.clock()), run_tag(run), headers)


async def answer_cancel(call: Call, kind: AnalysisKind, uid: str) -> Answer:
    """Cancel an analysis and answer what becomes of it."""
    stored = await call.write(cancel_analysis, kind, uid, engine=call.context.engine)
    return Answer(view_cancelled(stored))


def account_of(call: Call) -> UsageAccount:
    """Return whose quotas a request counts for."""
    return UsageAccount.of(call.client, call.context.clock())


def numbered_page(call: Call) -> NumberedPage:
    """Return which page of a list is asked for."""
    return NumberedPage(call.values.get("page", 1), call.values.get("page_size", PAGE_SIZE))
