"""Attribute values of OpenTelemetry as JSON."""

import base64
import math
from collections.abc import Iterable
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from pydantic import JsonValue

_NUL: Final = "\0"
_REPLACEMENT: Final = "\ufffd"


def read_attributes(attributes: Iterable[KeyValue]) -> dict[str, JsonValue]:
    """Return attributes by name; of several with one name the last one counts."""
    return {clean(each.key): read_value(each.value) for each in attributes}


def read_value(value: AnyValue) -> JsonValue:  # noqa: PLR0911 - one per type
    """Return a value as JSON.

    Numbers that JSON doesn't have become the texts `NaN`, `Infinity` and `-Infinity`, and bytes
    base64, as in protobuf's own mapping to JSON.
    """
    match value.WhichOneof("value"):
        case "string_value":
            return clean(value.string_value)
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            return _read_double(value.double_value)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "array_value":
            return [read_value(each) for each in value.array_value.values]
        case "kvlist_value":
            return read_attributes(value.kvlist_value.values)
        case _:
            return None


def clean(text: str) -> str:
    """Return a text without NUL, which PostgreSQL can't store."""
    return text.replace(_NUL, _REPLACEMENT) if _NUL in text else text


def _read_double(number: float) -> JsonValue:
    if math.isfinite(number):
        return number
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"
