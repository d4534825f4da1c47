"""Answers of the server that are errors, by status."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from evalwright._errors.base import EvalwrightError
from evalwright._errors.invalid import FieldError, InvalidRequest, explain

if TYPE_CHECKING:
    from evalwright_api.models import JobProblem, Problem


class APIError(EvalwrightError):
    """The server answered with an error status."""

    status: int
    """The HTTP status."""

    request_id: str | None
    """What to quote when asking about this answer; it is in the server's log too."""

    method: str
    """The method of the request."""

    path: str
    """The path of the request, with its query."""

    problem: "Problem | JobProblem | None"
    """The problem document, when there was one."""

    body: bytes
    """The answer as it came."""

    headers: Mapping[str, str]
    """The headers of the answer, with lower-case names."""

    errors: list[FieldError]
    """What the server says about single fields; often empty."""

    hint: str | None
    """What the server says to do next, where it does."""

    def __init__(
        self,
        *,
        status: int,
        method: str,
        path: str,
        request_id: str | None = None,
        problem: "Problem | JobProblem | None" = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        where = f"({method} {path}, request {request_id})" if request_id else f"({method} {path})"
        EvalwrightError.__init__(self, _text(status, problem, where, errors))
        self.status = status
        self.request_id = request_id
        self.method = method
        self.path = path
        self.problem = problem
        self.body = body
        self.headers = dict(headers or {})
        self.errors = list(errors)
        self.hint = _hint(problem)


class BadRequest(APIError, InvalidRequest):
    """400: the server can't read the request or refuses its values."""


class Unauthorized(APIError):
    """401: no credential, or one the server does not know. Pass `api_key`."""


class Forbidden(APIError):
    """403: the credential is good but may not do this."""


class NotFound(APIError):
    """404: there is no such thing, or the credential may not see it."""


class Conflict(APIError):
    """409: a name is taken, or the state does not allow it."""


class PreconditionFailed(APIError):
    """412: somebody else changed the thing first."""


class Unprocessable(APIError, InvalidRequest):
    """422: the request is well-formed but makes no sense."""


class RateLimited(APIError):
    """429: too many requests, even after the retries."""


class ServerError(APIError):
    """5xx: the server failed; the request id helps to find out why."""


BY_STATUS: Mapping[int, type[APIError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    422: Unprocessable,
    429: RateLimited,
}
"""Which class stands for which status; 5xx is `ServerError`, the rest plain `APIError`."""


def error_class(status: int) -> type[APIError]:
    """Choose the class for a status."""
    return BY_STATUS.get(status, ServerError if status >= 500 else APIError)


def _text(
    status: int, problem: "Problem | JobProblem | None", where: str, errors: Sequence[FieldError]
) -> str:
    """Write everything that is known, each thing once."""
    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = f"{status} Unknown status"
    if problem is None:
        return f"{phrase} {where}"
    detail = _detail(problem)
    if not errors:
        return f"{phrase}: {detail} {where}"
    if not _repeats_fields(detail, problem):
        return f"{phrase}: {detail} {where}\n{explain(errors)}"
    if len(errors) == 1:
        return f"{phrase}: {errors[0]} {where}"
    return f"{phrase} {where}\n{explain(errors)}"


def _detail(problem: "Problem | JobProblem") -> str:
    hint = _hint(problem)
    if not isinstance(problem.detail, str):  # of jobs, the list of wrong fields stands there
        return hint or problem.title
    if hint is None or hint == problem.detail:
        return problem.detail
    return f"{problem.detail.removesuffix('.')}. {hint[:1].upper()}{hint[1:]}"


def _hint(problem: "Problem | JobProblem | None") -> str | None:
    hint = getattr(problem, "hint", None)
    return hint if isinstance(hint, str) else None


def _repeats_fields(detail: str, problem: "Problem | JobProblem") -> bool:
    """Tell if the detail is only a list of the field errors, for clients that show no more."""
    rest = detail
    for field in problem.errors if isinstance(problem.errors, list) else []:
        rest = rest.replace(field.message, "", 1).replace(f"{field.pointer or '(body)'}:", "", 1)
    return re.fullmatch(r"[;\s]*(and \d+ more)?", rest) is not None
