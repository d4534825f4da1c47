"""Answers of the server that are errors, by status."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

from evalwright._errors.base import EvalwrightError
from evalwright._errors.invalid import FieldError, InvalidRequest, explain

if TYPE_CHECKING:
    from evalwright_api.models import AnalysisProblem, JobProblem, Problem

    AnyProblem = Problem | JobProblem | AnalysisProblem


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

    problem: "AnyProblem | None"
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
        problem: "AnyProblem | None" = None,
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
        self._read(problem)

    def _read(self, problem: "AnyProblem | None") -> None:
        """Take further figures over from a problem document."""


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


class DatasetTooLargeError(BadRequest):
    """400: a dataset has more items than the server takes at once; split it."""

    dataset_size: int
    """How many items were sent."""

    max_allowed: int
    """How many may be sent at once."""

    def _read(self, problem: "AnyProblem | None") -> None:
        self.dataset_size = _figure(problem, "dataset_size")
        self.max_allowed = _figure(problem, "max_allowed")


class QuotaExceededError(RateLimited):
    """429: the key has started as many analyses as it may; `Retry-After` says until when."""

    service: str | None
    """What the quota is for."""

    current_usage: int
    """How many requests were made."""

    quota_limit: int
    """How many may be made."""

    _used: ClassVar[str] = "current_usage"
    _limit: ClassVar[str] = "quota_limit"

    def _read(self, problem: "AnyProblem | None") -> None:
        service = getattr(problem, "service", None)
        self.service = service if isinstance(service, str) else None
        self.current_usage = _figure(problem, self._used)
        self.quota_limit = _figure(problem, self._limit)


class TokenQuotaExceededError(QuotaExceededError):
    """429: judges would take more tokens than the key may use.

    `current_usage` and `quota_limit` count tokens here.
    """

    current_tokens: int
    """How many tokens were used."""

    predicted_tokens: int
    """How many tokens this would take."""

    token_limit: int
    """How many tokens may be used."""

    _used = "current_tokens_used"
    _limit = "token_quota_limit"

    def _read(self, problem: "AnyProblem | None") -> None:
        super()._read(problem)
        self.current_tokens = self.current_usage
        self.token_limit = self.quota_limit
        self.predicted_tokens = _figure(problem, "predicted_tokens")


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


BY_WORD: Mapping[tuple[int, str], type[APIError]] = {
    (400, "dataset_too_large"): DatasetTooLargeError,
    (429, "quota_exceeded"): QuotaExceededError,
    (429, "token_quota_exceeded"): TokenQuotaExceededError,
}
"""Which class stands for a status with a word for programs."""


def error_class(status: int, problem: "AnyProblem | None" = None) -> type[APIError]:
    """Choose the class for a status, and for the word that the answer has for programs."""
    word = getattr(problem, "error", None)
    if isinstance(word, str) and (status, word) in BY_WORD:
        return BY_WORD[status, word]
    return BY_STATUS.get(status, ServerError if status >= 500 else APIError)


def _text(
    status: int, problem: "AnyProblem | None", where: str, errors: Sequence[FieldError]
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


def _detail(problem: "AnyProblem") -> str:
    hint = _hint(problem)
    message = getattr(problem.detail, "message", None)
    if isinstance(message, str):  # of analyses, why the key may not do it stands there
        return message
    if not isinstance(problem.detail, str):  # of jobs, the list of wrong fields stands there
        return hint or problem.title
    if hint is None or hint == problem.detail:
        return problem.detail
    return f"{problem.detail.removesuffix('.')}. {hint[:1].upper()}{hint[1:]}"


def _hint(problem: "AnyProblem | None") -> str | None:
    hint = getattr(problem, "hint", None)
    return hint if isinstance(hint, str) else None


def _repeats_fields(detail: str, problem: "AnyProblem") -> bool:
    """Tell if the detail is only a list of the field errors, for clients that show no more."""
    rest = detail
    for field in problem.errors if isinstance(problem.errors, list) else []:
        rest = rest.replace(field.message, "", 1).replace(f"{field.pointer or '(body)'}:", "", 1)
    return re.fullmatch(r"[;\s]*(and \d+ more)?", rest) is not None


def _figure(problem: "AnyProblem | None", name: str) -> int:
    value = getattr(problem, name, None)
    return value if isinstance(value, int) else 0
