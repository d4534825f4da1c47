"""Bodies of the family of jobs, read as its clients expect.

Numbers keep all their digits, since programs get them: what is judged by one parser is read by
another. Whatever is wrong with the form of a body is one kind of error, 422.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import orjson
from pydantic import JsonValue
from starlette.requests import Request

from evalwright_server.services.errors import FieldError
from evalwright_server.web.bodies import (
    JsonBody,
    check_media_type,
    explain_syntax,
    read_limited,
    refuse_depth,
    refuse_nul,
)
from evalwright_server.web.document import BodySpec, Document
from evalwright_server.web.problems import Problem

MOST_BYTES: Final = 2_097_152
"""The largest body that this family takes."""

_WHOLE: Final = re.compile(r"\s*[+-]?[0-9]{1,18}\s*", re.ASCII)


async def read_job_body(request: Request, body: BodySpec, limit: int) -> JsonBody | None:
    """Return what is in a request's body, or None if it is empty and may be.

    Raises:
        Problem: It is missing, too large, of another media type, or no JSON.
    """
    content = await read_limited(request, min(limit, MOST_BYTES))
    if not content.strip():
        if body.required:
            raise _invalid("this request needs a body: a JSON object", "missing")
        return None
    check_media_type(request, body)
    value = parse(content)
    if value is None and not body.required:
        return None
    return JsonBody(value)


def parse(content: bytes) -> JsonValue:
    """Return the value in a body.

    Raises:
        Problem: It is no JSON, or can't be kept.
    """
    try:
        # Refuses what the other one lets through: NaN, infinity, halves of surrogate pairs.
        refuse_depth(orjson.loads(content))
        value: JsonValue = json.loads(content)
    except orjson.JSONDecodeError as error:
        raise _invalid(explain_syntax(content, error), "json_invalid") from error
    except (Problem, RecursionError, ValueError) as error:
        reason = str(error) or "it is nested too deeply"
        raise _invalid(f"the body can't be read: {reason}", "json_invalid") from error
    if b"\\u0000" in content:
        refuse_nul(value, "")
    return value


def _invalid(message: str, kind: str) -> Problem:
    return Problem.invalid([FieldError("", message, kind=kind)])


class Leniency:
    """What clients of this family may write differently from the schemas.

    A member that may be left out may be null, and a whole number may be sent as text.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._members = cache(self._read_members)

    def apply(self, pointer: str, value: JsonValue) -> JsonValue:
        """Return a value as the schema at a pointer expects it, as far as it is of any form."""
        if not isinstance(value, dict):
            return value
        required, members = self._members(pointer)
        return {
            name: self._read(members.get(name), member)
            for name, member in value.items()
            if member is not None or name in required or name not in members
        }

    def _read(self, schema: Mapping[str, Any] | None, value: JsonValue) -> JsonValue:
        if schema is None:
            return value
        if schema.get("type") == "integer":
            return _whole(value)
        if isinstance(value, dict) and "$ref" in schema:
            return self.apply(schema["$ref"].removeprefix("#"), value)
        return value

    def _read_members(self, pointer: str) -> tuple[frozenset[str], Mapping[str, Any]]:
        node = self._document.locate(pointer).node
        members = {
            name: next(iter(schema.get("anyOf", ())), schema)
            for name, schema in node.get("properties", {}).items()
        }
        return frozenset(node.get("required", ())), members


def _whole(value: JsonValue) -> JsonValue:
    """Return the whole number that a value is or says, or the value for the schema to refuse."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
