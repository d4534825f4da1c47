"""Reading the parameters of a request as the document describes them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from evalwright_server.services.errors import FieldError, closest
from evalwright_server.web.document import OperationSpec, ParameterSpec
from evalwright_server.web.judge import Judge

_INTEGER: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_NUMBER: Final = re.compile(r"-?[0-9]{1,300}(?:\.[0-9]{1,300})?", re.ASCII)
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}

Values = dict[str, Any]
"""Values by parameter name; what was left out or empty is not there."""


def read_parameters(
    judge: Judge,
    operation: OperationSpec,
    path: Mapping[str, str],
    query: bytes,
    headers: Mapping[str, str],
) -> tuple[Values, list[FieldError]]:
    """Return the values of an operation's parameters, and everything that is wrong with them.

    Args:
        judge: Who knows what a value must be.
        operation: Whose parameters they are.
        path: The decoded segments of the path by name.
        query: The raw query string.
        headers: The request's headers; names compare without case.
    """
    values: Values = {}
    errors: list[FieldError] = []
    given = _split_query(query)
    by_name = {each.name: each for each in operation.parameters if each.location == "query"}
    for name in given:
        if name not in by_name:
            message = "there is no such query parameter here"
            nearest = closest(name, by_name)
            place = f"query:{name}"
            errors.append(FieldError(place, message, tuple(by_name), nearest, "extra_forbidden"))
    for parameter in operation.parameters:
        raw = _find(parameter, path, given, headers)
        if raw:
            _read(judge, parameter, raw, values, errors)
        elif parameter.required:
            errors.append(FieldError(_place(parameter), "is required", kind="missing"))
    return values, errors


def decode_segment(raw: bytes) -> str:
    """Return a segment of a path or query as text; bytes that are no UTF-8 are marked."""
    return unquote_to_bytes(raw).decode(errors="replace")


def _split_query(query: bytes) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for pair in query.split(b"&"):
        name, _, value = pair.replace(b"+", b" ").partition(b"=")
        if pair:
            given.setdefault(decode_segment(name), []).append(decode_segment(value))
    return given


def _find(
    parameter: ParameterSpec,
    path: Mapping[str, str],
    query: Mapping[str, list[str]],
    headers: Mapping[str, str],
) -> list[str]:
    if parameter.location == "path":
        return [path[parameter.name]]
    if parameter.location == "query":
        # Clients send empty text for "no filter".
        return [value for value in query.get(parameter.name, ()) if value]
    value = headers.get(parameter.name)
    return [] if value is None else [value]


def _read(
    judge: Judge,
    parameter: ParameterSpec,
    raw: list[str],
    values: Values,
    errors: list[FieldError],
) -> None:
    place = _place(parameter)
    if any("\0" in text for text in raw):
        errors.append(FieldError(place, "must not contain the character NUL"))
        return
    is_list = parameter.schema.node.get("type") == "array"
    if len(raw) > 1 and not is_list:
        errors.append(FieldError(place, "is given more than once"))
        return
    value: Any = list(_split_lists(raw)) if is_list else _convert(parameter.schema.node, raw[0])
    value, found = judge.check(parameter.schema.pointer, value)
    values[parameter.name] = value
    errors.extend(replace(each, pointer=f"{place}{each.pointer}") for each in found)


def _split_lists(raw: Iterable[str]) -> Iterator[str]:
    """Yield the items of a list, written `a,b` or as the parameter repeated."""
    for text in raw:
        yield from (item for item in text.split(",") if item)


def _convert(schema: Mapping[str, Any], text: str) -> str | int | float | bool:
    """Return a text as what the schema asks for, or unchanged for the schema to refuse."""
    match schema.get("type"):
        case "integer" if _INTEGER.fullmatch(text):
            return int(text)
        case "number" if _NUMBER.fullmatch(text):
            return float(text)
        case "boolean":
            # Python clients write True.
            return _BOOLEANS.get(text.lower(), text)
    return text


def _place(parameter: ParameterSpec) -> str:
    return f"{parameter.location}:{parameter.name}"
