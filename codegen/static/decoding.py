"""Reading answers: a value, or an error that says what came instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Never

from .codec import adapter
from .errors import ProblemError, UnexpectedResponse
from .headers import Headers
from .operation import Operation, ResponseSpec

__all__ = ["NotModified", "choose", "decode", "find", "parse", "refuse"]


@dataclass(frozen=True, slots=True)
class NotModified:
    """The answer 304: what the caller has is still right.

    Attributes:
        headers: The headers of the answer.
    """

    headers: Headers


def decode(operation: Operation, status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """Read a whole answer.

    Args:
        operation: What was asked.
        status: The status of the answer.
        headers: Its headers; names in lower case, or found in any case.
        body: Its body, without any content encoding.

    Raises:
        ProblemError: The server refused, and said why.
        UnexpectedResponse: The answer is not one the document describes.
    """
    if status >= 400:
        refuse(operation, status, headers, body)
    spec = choose(operation, status, headers, body)
    kind = spec.kind
    if kind == "json":
        return parse(spec, status, headers, body)
    if kind == "bytes":
        return body
    if kind == "text":
        return body.decode(_charset(headers), "replace")
    return NotModified(Headers(headers)) if status == 304 else None


def find(operation: Operation, status: int, headers: Mapping[str, str]) -> ResponseSpec | None:
    """Find the documented answer that an answer is, by its status and media type."""
    sent = _media(headers)
    for spec in operation.responses_for(status):
        if spec.media is None or not sent or sent == spec.media or _fits(sent, spec):
            return spec
    return None


def choose(
    operation: Operation, status: int, headers: Mapping[str, str], body: bytes
) -> ResponseSpec:
    """Find the documented answer that an answer is.

    Raises:
        UnexpectedResponse: There is none.
    """
    spec = find(operation, status, headers)
    if spec is None:
        reason = f"{_mismatch(operation, status, headers)} for {operation.id}"
        raise UnexpectedResponse(status, headers, body, reason)
    return spec


def parse(spec: ResponseSpec, status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """Read JSON as the model of an answer.

    Raises:
        UnexpectedResponse: It is no JSON, or does not fit the model.
    """
    reader = adapter(spec.model or "")
    try:
        return reader.validate_json(body)
    except ValueError as error:
        raise UnexpectedResponse(status, headers, body, _why(error, spec.model)) from error


def refuse(operation: Operation, status: int, headers: Mapping[str, str], body: bytes) -> Never:
    """Raise what an answer with an error status means.

    Raises:
        ProblemError: The server refused, and said why.
        UnexpectedResponse: The answer is not one the document describes.
    """
    spec = choose(operation, status, headers, body)
    if status < 400:
        raise UnexpectedResponse(status, headers, body, f"{operation.id} expects a stream")
    if spec.kind != "json" or not body:
        raise UnexpectedResponse(status, headers, body, "refused without saying why")
    raise ProblemError(status, parse(spec, status, headers, body), headers, body)


def _media(headers: Mapping[str, str]) -> str:
    sent = headers.get("content-type") or headers.get("Content-Type") or ""
    return sent.partition(";")[0].strip().lower()


def _charset(headers: Mapping[str, str]) -> str:
    sent = headers.get("content-type") or headers.get("Content-Type") or ""
    name = sent.lower().partition("charset=")[2].partition(";")[0].strip(' "')
    return name if name in ("latin-1", "iso-8859-1", "us-ascii") else "utf-8"


def _fits(sent: str, spec: ResponseSpec) -> bool:
    if spec.kind == "json":
        return sent == "application/json" or sent.endswith("+json")
    wanted = spec.media or ""
    return wanted == "*/*" or (wanted.endswith("/*") and sent.startswith(wanted[:-1]))


def _mismatch(operation: Operation, status: int, headers: Mapping[str, str]) -> str:
    expected = " or ".join(spec.media for spec in operation.responses_for(status) if spec.media)
    if expected:
        return f"the body is {_media(headers)}; expected {expected}"
    place = headers.get("location") or headers.get("Location")
    if place and 300 <= status < 400:
        return f"redirects are not followed (to {place})"
    return "no such answer is documented"


def _why(error: ValueError, model: str | None) -> str:
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return str(error)
    details = error.errors(include_url=False, include_context=False, include_input=False)
    first = details[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "json_invalid":
        return f"the body is no JSON: {first['msg']}"
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return f"the body is no {model}: {place or 'it'}: {first['msg']}{more}"
