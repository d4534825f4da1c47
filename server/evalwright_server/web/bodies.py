"""Reading the body of a request."""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from pydantic import JsonValue
from starlette.requests import Request

from evalwright_server.services.errors import FieldError
from evalwright_server.web.document import BodySpec
from evalwright_server.web.problems import Problem

JSON: Final = "application/json"

_ENVELOPES: Final = 8
"""More levels than any answer puts around what a body held."""


@dataclass(frozen=True, slots=True)
class JsonBody:
    """The JSON value in the body of a request."""

    value: Any


async def read_body(request: Request, body: BodySpec, limit: int) -> JsonBody | None:
    """Return what is in a request's body, or None if it is empty and may be.

    Raises:
        Problem: It is missing, too large, of another media type, or no JSON.
    """
    content = await _read_limited(request, limit)
    if not content.strip():
        if body.required:
            raise Problem(400, f"this request needs a body: a JSON object ({body.media_type})")
        return None
    _check_media_type(request, body)
    return JsonBody(_parse(content))


async def _read_limited(request: Request, limit: int) -> bytes:
    """Read no more than a client may send: it must not fill our memory."""
    announced = request.headers.get("content-length", "0")
    content = bytearray()
    if not announced.isdecimal() or int(announced) <= limit:
        async for chunk in request.stream():
            content += chunk
            if len(content) > limit:
                break
        else:
            return bytes(content)
    raise Problem(
        413,
        f"the body is larger than {limit} bytes, the most this server takes; send it in parts",
    )


def _check_media_type(request: Request, body: BodySpec) -> None:
    given = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if given not in {JSON, body.media_type}:
        accepted = body.media_type if body.media_type == JSON else f"{body.media_type} or {JSON}"
        raise Problem(
            415,
            f"the body is declared as {given!r}; expected {accepted}",
            [FieldError("header:Content-Type", f"expected {accepted}", (body.media_type, JSON))],
            {"Accept": accepted.replace(" or ", ", ")},
        )


def _parse(content: bytes) -> JsonValue:
    try:
        value: JsonValue = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Problem(400, _explain_syntax(content, error)) from error
    _refuse_depth(value)
    if b"\\u0000" in content:
        _refuse_nul(value, "")
    return value


def _refuse_depth(value: JsonValue) -> None:
    """Refuse what could be read and stored, but not be written again as part of an answer.

    Raises:
        Problem: It is nested more deeply than the encoder goes, envelopes included.
    """
    enveloped: JsonValue = value
    for _ in range(_ENVELOPES):
        enveloped = [enveloped]
    try:
        orjson.dumps(enveloped)
    except orjson.JSONEncodeError as error:
        raise Problem(400, "the body is nested too deeply; flatten it") from error


def _explain_syntax(content: bytes, error: orjson.JSONDecodeError) -> str:
    # The decoder counts characters, not bytes.
    rest = content.decode(errors="replace")[error.pos :].lstrip("-")
    for token in ("NaN", "Infinity"):
        if rest.startswith(token):
            return (
                f"the body holds {token} at line {error.lineno}, column {error.colno}: JSON has no "
                "such number; send null instead"
            )
    return f"the body is no JSON: {error.msg} (line {error.lineno}, column {error.colno})"


def _refuse_nul(value: JsonValue, pointer: str) -> None:
    """Refuse the one character that PostgreSQL can't store.

    Raises:
        Problem: Some text in the value, or a member's name, contains it.
    """
    if isinstance(value, str) and "\0" in value:
        message = "must not contain the character NUL (\\u0000)"
        raise Problem.invalid([FieldError(pointer, message)])
    if isinstance(value, dict):
        for name, member in value.items():
            _refuse_nul(name, pointer)
            _refuse_nul(member, f"{pointer}/{name}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_nul(item, f"{pointer}/{index}")
