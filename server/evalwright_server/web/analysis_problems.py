"""Errors of the family of analyses: problem documents that clients of this wire understand, too.

These clients show `detail`, which is a text but for 403, and know few statuses: whatever is wrong
with a request is 400.
"""

from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.responses import Response

from evalwright_server.web.problems import MEDIA_TYPE, MOST_ERRORS, Problem, show

_AS_400: Final = frozenset({406, 412, 413, 415, 422})
"""Statuses whose body these clients don't read."""


def render_analysis_problem(problem: Problem, *, path: str, request_id: str) -> Response:
    """Return the answer.

    Args:
        problem: What was wrong.
        path: The path of the request.
        request_id: Its ID.
    """
    status = 400 if problem.status in _AS_400 else problem.status
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        **_explain(problem, status),
        "instance": path,
        "request_id": request_id,
        "errors": [show(error) for error in problem.errors[:MOST_ERRORS]],
        **problem.members,
    }
    body = orjson.dumps(content)
    return Response(body, status, headers=problem.headers, media_type=MEDIA_TYPE)


def _explain(problem: Problem, status: int) -> dict[str, Any]:
    """Return `detail` as these clients read it, and the same under `message`."""
    text = f"{problem.detail}: {problem.hint}" if problem.hint else problem.detail
    if status == HTTPStatus.FORBIDDEN:
        return {"detail": {"error": "forbidden", "message": text}, "message": text}
    return {"detail": text, "message": text}
