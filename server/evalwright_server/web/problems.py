"""Problem documents (RFC 9457): every error answer the server gives."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from sqlalchemy.exc import IntegrityError
from starlette.responses import Response

from evalwright_server.runs.errors import RunNotFound
from evalwright_server.services.errors import (
    Conflict,
    DatasetTooLarge,
    FieldError,
    InvalidRequest,
    KeyReused,
    QuotaExceeded,
    ResourceNotFound,
    ServiceError,
    StaleRevision,
    Unavailable,
    UnprocessableRequest,
    summarize,
)
from evalwright_server.store.errors import DatabaseBusy, DatabaseUnavailable

MEDIA_TYPE: Final = "application/problem+json"
MOST_ERRORS: Final = 50
"""How many wrong fields are listed; a body of a thousand rows may have more."""

_STATUSES: Final[Mapping[type[ServiceError], int]] = {
    InvalidRequest: 400,
    ResourceNotFound: 404,
    Conflict: 409,
    StaleRevision: 412,
    UnprocessableRequest: 422,
    QuotaExceeded: 429,
    Unavailable: 503,
}


class Problem(Exception):
    """An answer that is an error.

    Args:
        status: The HTTP status.
        detail: What was wrong, what was expected and what to do next.
        errors: Every wrong field.
        headers: Headers that belong to the answer, such as `Allow`.
        hint: What to do next, where `detail` is a fixed text that clients know.
        members: Further members of the document.

    Attributes:
        is_invalid: Whether it is about the form of the request and nothing else.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        *,
        hint: str | None = None,
        members: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.hint = hint
        self.members = members or {}
        self.is_invalid = False

    @classmethod
    def invalid(cls, errors: Iterable[FieldError]) -> "Problem":
        """Return the problem of a request with these wrong fields."""
        found = tuple(errors)
        problem = cls(400, summarize(found), found)
        problem.is_invalid = True
        return problem


def problem_of(error: Exception) -> Problem | None:
    """Return the problem that an exception is for the sender, or None if it is our fault."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ServiceError):
        return _problem_of_service(error)
    if isinstance(error, RunNotFound):
        return Problem(404, "the run has been deleted")
    if isinstance(error, IntegrityError):
        detail = "another request wrote the same at the same moment; read it and try again"
        return Problem(409, detail)
    if isinstance(error, DatabaseBusy | DatabaseUnavailable):
        return Problem(503, f"{error}; try again in a moment", headers={"Retry-After": "1"})
    return None


def _problem_of_service(error: ServiceError) -> Problem:
    if isinstance(error, InvalidRequest) and error.errors:
        return Problem.invalid(error.errors)
    status = next(_STATUSES[each] for each in type(error).__mro__ if each in _STATUSES)
    headers: dict[str, str] = {}
    members: dict[str, str | int] = {}
    if isinstance(error, Unavailable | QuotaExceeded) and error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, KeyReused):
        members["existing_job_id"] = error.job_id
    if isinstance(error, DatasetTooLarge | QuotaExceeded):
        members |= error.figures
    return Problem(status, error.detail, error.errors, headers, hint=error.hint, members=members)


def render(
    problem: Problem,
    *,
    path: str,
    request_id: str,
    plain: bool,
    statuses: Mapping[int, int],
) -> Response:
    """Return the answer.

    Args:
        problem: What was wrong.
        path: The path of the request.
        request_id: Its ID.
        plain: Whether its sender takes the five members of the standard and no more.
        statuses: What problems of a status are sent as instead.
    """
    status = statuses.get(problem.status, problem.status)
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": problem.detail,
        "instance": path,
    }
    if not plain:
        content["request_id"] = request_id
        content["errors"] = [show(error) for error in problem.errors[:MOST_ERRORS]]
    body = orjson.dumps(content)
    return Response(body, status, headers=problem.headers, media_type=MEDIA_TYPE)


def show(error: FieldError) -> dict[str, Any]:
    """Return a wrong field as it stands in problem documents."""
    member: dict[str, Any] = {"pointer": error.pointer, "message": error.message}
    if error.allowed:
        member["allowed"] = list(error.allowed)
    if error.nearest is not None:
        member["nearest"] = error.nearest
    return member
