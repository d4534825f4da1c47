# Generated from sdk/evalwright/_async/following.py by scripts/unasync.py: do not edit.
"""Doing what a plan for waiting asks for."""

from collections.abc import Callable
from typing import TypeVar

from evalwright._errors.base import EvalwrightError
from evalwright._sync.session import Session
from evalwright._waiting import Answer, Ask, Failure, Pause, Reply, Waiting, applied_wait
from evalwright_api.types import NotModified, Request

_R = TypeVar("_R")


def follow(
    session: Session,
    waiting: Waiting[_R],
    poll: Callable[[Ask], Request[_R | NotModified]],
) -> _R:
    """Wait for something's end and give it.

    Args:
        session: How to ask.
        waiting: For how long, and how often to ask.
        poll: The request that looks at it.

    Raises:
        OutOfTime: It did not end in time.
        EvalwrightError: A poll failed in a way that will not pass.
    """
    plan = waiting.plan()
    reply: Reply[_R] = None
    while True:
        try:
            step = plan.send(reply)
        except StopIteration as end:
            last: _R = end.value
            return last
        if isinstance(step, Pause):
            session.sleep(step.seconds)
            reply = None
        else:
            reply = _poll(session, step, poll(step))


def _poll(session: Session, ask: Ask, request: Request[_R | NotModified]) -> Answer[_R] | Failure:
    try:
        response = session.send_full(request, timeout=ask.timeout, max_retries=0)
    except EvalwrightError as error:
        return Failure(error)
    value = response.value
    seen = None if isinstance(value, NotModified) else value
    held = applied_wait(response.headers.get("Preference-Applied"))
    return Answer(seen, response.headers.get("ETag"), held)
