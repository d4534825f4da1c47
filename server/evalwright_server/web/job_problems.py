"""Errors of the family of jobs: problem documents that the clients of this wire understand, too.

These clients look at `detail`: a text that is always the same, or the list of wrong fields. What
this server has to say besides is in `hint` and `errors`.
"""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.responses import Response

from evalwright_server.services.errors import FieldError
from evalwright_server.web.job_bodies import MOST_BYTES
from evalwright_server.web.problems import MEDIA_TYPE, MOST_ERRORS, Problem, show

INVALID: Final = 422
"""The status of everything that is wrong with the form of a request."""
TOO_LARGE: Final = f"Payload too large. Maximum allowed size is {MOST_BYTES} bytes."

_TEXTS: Final = {
    401: "Missing or invalid API key.",
    405: "Method Not Allowed",
    413: TOO_LARGE,
    429: "Rate limit exceeded. Try again later.",
    500: "Internal server error",
}
_NOWHERE: Final = "Not Found"


def render_job_problem(
    problem: Problem,
    *,
    path: str,
    request_id: str,
    correlation_id: str,
    is_found: bool,
    has_body: bool,
) -> Response:
    """Return the answer.

    Args:
        problem: What was wrong.
        path: The path of the request.
        request_id: Its ID.
        correlation_id: The ID that its sender knows it by.
        is_found: Whether there is an operation at that path.
        has_body: Whether it may have one; answers to HEAD have none.
    """
    status = INVALID if problem.is_invalid else problem.status
    if not has_body:
        return Response(status_code=status, headers=problem.headers)
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        **_explain(problem, is_found=is_found),
        "instance": path,
        "correlation_id": correlation_id,
        "request_id": request_id,
        "errors": [show(error) for error in problem.errors[:MOST_ERRORS]],
        **problem.members,
    }
    body = orjson.dumps(content)
    return Response(body, status, headers=problem.headers, media_type=MEDIA_TYPE)


def _explain(problem: Problem, *, is_found: bool) -> dict[str, Any]:
    """Return `detail` in the form that clients know, and `hint` with the rest."""
    if problem.is_invalid:
        fields = list(_first_each(problem.errors))[:MOST_ERRORS]
        return {"detail": [_invalid_field(each) for each in fields], "hint": problem.detail}
    text = _TEXTS.get(problem.status)
    if problem.status == HTTPStatus.NOT_FOUND and not is_found:
        text = _NOWHERE
    if text is not None:
        return {"detail": text, "hint": problem.hint or problem.detail}
    return {"detail": problem.detail} | ({"hint": problem.hint} if problem.hint else {})


def _first_each(errors: Iterable[FieldError]) -> Iterator[FieldError]:
    """Yield one finding per field: an empty text is not of the wrong form besides."""
    seen: set[str] = set()
    for error in errors:
        if error.pointer not in seen:
            seen.add(error.pointer)
            yield error


def _invalid_field(error: FieldError) -> dict[str, Any]:
    return {"type": error.kind, "loc": location(error.pointer), "msg": error.message}


def location(pointer: str) -> list[str | int]:
    """Return where a field is, as these clients read it: `["body", "requirements", 0]`."""
    place, separator, name = pointer.partition(":")
    if separator and place in {"query", "path", "header"}:
        return [place, name]
    parts = pointer.split("/")[1:]
    return ["body", *(_step(part) for part in parts)]


def _step(part: str) -> str | int:
    if part.isascii() and part.isdecimal():
        return int(part)
    return part.replace("~1", "/").replace("~0", "~")
