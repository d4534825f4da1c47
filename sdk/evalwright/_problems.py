"""From what the generated client raises to what this library raises."""

import os
import socket
from collections.abc import Mapping
from typing import Any

from evalwright._errors.api import APIError, error_class
from evalwright._errors.base import EvalwrightError
from evalwright._errors.invalid import FieldError, InvalidRequest
from evalwright._errors.network import ConnectionFailed, ResponseFormatError, Timeout
from evalwright._places import pointed
from evalwright_api import errors as raw
from evalwright_api import models
from evalwright_api.types import Request, StreamRequest


def translate(
    error: raw.ApiError, *, method: str, path: str, base_url: str, timeout: float
) -> EvalwrightError:
    """Say the same in this library's terms.

    Args:
        error: What came up.
        method: What was asked.
        path: Of what it was asked.
        base_url: The address that was tried.
        timeout: The seconds the caller allowed.
    """
    match error:
        case raw.ProblemError():
            return _from_problem(error, method, path)
        case raw.UnexpectedResponse() if error.status < 400:
            return ResponseFormatError(
                status=error.status,
                method=method,
                path=path,
                request_id=_request_id(error.headers),
                reason=error.reason,
                body=error.body,
            )
        case raw.UnexpectedResponse():
            return _answer(error.status, error.headers, error.body, method, path)
        # Not reached in time is not reached; whether the server is slow, nobody knows.
        case raw.TransportError() if error.timed_out and not isinstance(error, raw.ConnectError):
            return Timeout(method=method, path=path, timeout=timeout)
        case _:
            return ConnectionFailed(base_url=base_url, reason=reason_of(error))


def path_of(request: Request[Any] | StreamRequest[Any]) -> str:
    """Give the path of a request with its query.

    Raises:
        InvalidRequest: An ID is such that the path would be another one.
    """
    try:
        return request.target
    except ValueError as error:
        raise InvalidRequest([FieldError("", str(error))]) from None


def reason_of(error: BaseException) -> str:
    """Find the plainest words for a failed connection: those of the operating system."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno:
            # asyncio puts words of its own into strerror; names are looked up with other numbers.
            known = seen.errno > 0 and not isinstance(seen, socket.gaierror)
            text = os.strerror(seen.errno) if known else seen.strerror or str(seen)
            return text[:1].lower() + text[1:]
        seen = seen.__cause__ or seen.__context__
    if isinstance(error, raw.TransportError) and error.timed_out:
        return "it did not answer in time"
    return str(error) or type(error).__name__


def _from_problem(error: raw.ProblemError, method: str, path: str) -> APIError:
    problem = error.problem
    fields = problem.errors if isinstance(problem.errors, list) else []
    return _answer(
        error.status,
        error.headers,
        error.body,
        method,
        path,
        problem=problem,
        errors=[_field(field) for field in fields],
    )


def _answer(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    method: str,
    path: str,
    *,
    problem: models.Problem | models.JobProblem | models.AnalysisProblem | None = None,
    errors: list[FieldError] | None = None,
) -> APIError:
    return error_class(status, problem)(
        status=status,
        method=method,
        path=path,
        request_id=_request_id(headers),
        problem=problem,
        body=body,
        headers={name.lower(): value for name, value in headers.items()},
        errors=errors or [],
    )


def _field(field: models.FieldError) -> FieldError:
    return FieldError(
        path=pointed(field.pointer),
        message=field.message,
        allowed=tuple(field.allowed) if isinstance(field.allowed, list) else (),
        nearest=field.nearest if isinstance(field.nearest, str) else None,
    )


def _request_id(headers: Mapping[str, str]) -> str | None:
    lower = {name.lower(): value for name, value in headers.items()}
    return lower.get("x-request-id") or lower.get("x-correlation-id")
