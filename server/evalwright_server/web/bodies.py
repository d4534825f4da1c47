"""Reading the body of a request."""

import re
import zlib
from collections.abc import Mapping
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

# Texts are matched so that what looks like a number inside one stays; one that does not end goes to
# the end of the body, so that no byte is looked at twice.
_TEXT_OR_NO_NUMBER: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|-?(?:NaN|Infinity)', re.DOTALL)
ALSO_TAKEN: Final[Mapping[str, str]] = {"application/x-protobuf": JSON}
"""A second media type for bodies that the document gives another one than JSON: every message of
OpenTelemetry comes in either. The document names only one, since its tools read no more.
"""

_GZIP_HEADER: Final = 16


@dataclass(frozen=True, slots=True)
class JsonBody:
    """The JSON value in the body of a request."""

    value: Any


@dataclass(frozen=True, slots=True)
class RawBody:
    """The bytes in the body of a request, decompressed, and their media type."""

    content: bytes
    media_type: str


async def read_raw_body(request: Request, body: BodySpec, limit: int) -> RawBody:
    """Return what is in the body of a request that isn't judged as JSON; it may be empty.

    Raises:
        Problem: It is too large, before or after decompression, of another media type, or coded in
            a way that can't be undone.
    """
    accepted = (body.media_type, *filter(None, [ALSO_TAKEN.get(body.media_type)]))
    media_type = _media_type(request, body.media_type)
    if media_type not in accepted:
        raise _wrong_media_type(media_type, accepted)
    content = await read_limited(request, limit)
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding == "gzip":
        content = _inflate(content, limit)
    elif coding != "identity":
        message = f"the body is coded as {coding!r}; expected gzip or nothing"
        error = FieldError("header:Content-Encoding", message, ("gzip", "identity"))
        raise Problem(415, message, [error], {"Accept-Encoding": "gzip, identity"})
    return RawBody(content, media_type)


def _inflate(content: bytes, limit: int) -> bytes:
    """Decompress no more than a client may send uncompressed."""
    inflater = zlib.decompressobj(zlib.MAX_WBITS + _GZIP_HEADER)
    try:
        inflated = inflater.decompress(content, limit + 1)
    except zlib.error as error:
        raise Problem(400, f"the body is declared as gzip, but is not: {error}") from error
    if len(inflated) > limit:
        raise _too_large(limit)
    if not inflater.eof or inflater.unused_data:
        raise Problem(400, "the body is declared as gzip, but is cut off or followed by more")
    return inflated


async def read_body(
    request: Request, body: BodySpec, limit: int, *, nan_is_null: bool = False
) -> JsonBody | None:
    """Return what is in a request's body, or None if it is empty and may be.

    Args:
        request: The request.
        body: What the document says of its body.
        limit: How many bytes it may have.
        nan_is_null: Whether NaN and infinities, which are no JSON, are read as null.

    Raises:
        Problem: It is missing, too large, of another media type, or no JSON.
    """
    content = await read_limited(request, limit)
    if not content.strip():
        if body.required:
            raise Problem(400, f"this request needs a body: a JSON object ({body.media_type})")
        return None
    check_media_type(request, body)
    return JsonBody(_parse(content, nan_is_null=nan_is_null))


async def read_limited(request: Request, limit: int) -> bytes:
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
    raise _too_large(limit)


def _too_large(limit: int) -> Problem:
    return Problem(
        413,
        f"the body is larger than {limit} bytes, the most this server takes; send it in parts",
    )


def check_media_type(request: Request, body: BodySpec) -> None:
    """Refuse a body that says it is something else than JSON; it may say nothing.

    Raises:
        Problem: It does.
    """
    given = _media_type(request, JSON)
    if given not in {JSON, body.media_type}:
        raise _wrong_media_type(given, tuple(dict.fromkeys((body.media_type, JSON))))


def _media_type(request: Request, default: str) -> str:
    return request.headers.get("content-type", default).partition(";")[0].strip().lower()


def _wrong_media_type(given: str, accepted: tuple[str, ...]) -> Problem:
    expected = " or ".join(accepted)
    return Problem(
        415,
        f"the body is declared as {given!r}; expected {expected}",
        [FieldError("header:Content-Type", f"expected {expected}", accepted)],
        {"Accept": ", ".join(accepted)},
    )


def _parse(content: bytes, *, nan_is_null: bool) -> JsonValue:
    try:
        value: JsonValue = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if nan_is_null and (b"NaN" in content or b"Infinity" in content):
            return _parse(_TEXT_OR_NO_NUMBER.sub(_null_number, content), nan_is_null=False)
        raise Problem(400, explain_syntax(content, error)) from error
    refuse_depth(value)
    if b"\\u0000" in content:
        refuse_nul(value, "")
    return value


def _null_number(found: re.Match[bytes]) -> bytes:
    return found[0] if found[0].startswith(b'"') else b"null"


def refuse_depth(value: JsonValue) -> None:
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


def explain_syntax(content: bytes, error: orjson.JSONDecodeError) -> str:
    """Return why a body can't be read as JSON."""
    # The decoder counts characters, not bytes.
    rest = content.decode(errors="replace")[error.pos :].lstrip("-")
    for token in ("NaN", "Infinity"):
        if rest.startswith(token):
            return (
                f"the body holds {token} at line {error.lineno}, column {error.colno}: JSON has no "
                "such number; send null instead"
            )
    return f"the body is no JSON: {error.msg} (line {error.lineno}, column {error.colno})"


def refuse_nul(value: JsonValue, pointer: str) -> None:
    """Refuse the one character that PostgreSQL can't store.

    Raises:
        Problem: Some text in the value, or a member's name, contains it.
    """
    if isinstance(value, str) and "\0" in value:
        message = "must not contain the character NUL (\\u0000)"
        raise Problem.invalid([FieldError(pointer, message)])
    if isinstance(value, dict):
        for name, member in value.items():
            refuse_nul(name, pointer)
            refuse_nul(member, f"{pointer}/{name}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            refuse_nul(item, f"{pointer}/{index}")
