"""Exports as they come over the wire, in both of their media types, and the answers to them."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, Final, cast

import orjson
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"

_HEX: Final = re.compile(r"[0-9a-fA-F]*", re.ASCII)
_IDS: Final = ("traceId", "trace_id", "spanId", "span_id", "parentSpanId", "parent_span_id")


class MalformedExport(ValueError):
    """A body is no export of traces; the message says what is wrong with it."""


def read_export(content: bytes, media_type: str) -> ExportTraceServiceRequest:
    """Read the body of an export.

    Args:
        content: The body, decompressed.
        media_type: `PROTOBUF` or `JSON`.

    Raises:
        MalformedExport: It is no `ExportTraceServiceRequest`.
    """
    try:
        if media_type == JSON:
            return _read_json(content)
        return cast("ExportTraceServiceRequest", ExportTraceServiceRequest.FromString(content))
    except DecodeError as error:
        raise MalformedExport(
            "the body is no ExportTraceServiceRequest in protobuf; "
            f"expected what OTLP exporters send to /v1/traces, declared as {PROTOBUF} or {JSON}"
        ) from error


def write_answer(media_type: str, rejected: int, message: str) -> bytes:
    """Return the body of the answer to an export.

    Args:
        media_type: That of the request.
        rejected: How many of its spans were not stored.
        message: Why.
    """
    answer = ExportTraceServiceResponse()
    if rejected:
        answer.partial_success.rejected_spans = rejected
        answer.partial_success.error_message = message
    if media_type == JSON:
        return orjson.dumps(MessageToDict(answer))
    return cast("bytes", answer.SerializeToString())


def _read_json(content: bytes) -> ExportTraceServiceRequest:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise MalformedExport(
            f"the body is no JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from error
    if not isinstance(value, dict):
        raise MalformedExport("expected a JSON object with the member 'resourceSpans'")
    for record in _records(value):
        _respell_ids(record)
    export = ExportTraceServiceRequest()
    try:
        ParseDict(value, export, ignore_unknown_fields=True)
    # Beside its own errors, the parser lets some of those out that odd values cause in it.
    except (
        ParseError, ValueError, TypeError, AttributeError, OverflowError, RecursionError
    ) as error:  # fmt: skip
        raise MalformedExport(
            f"the body is no ExportTraceServiceRequest in OTLP's JSON: {str(error)[:300]}"
        ) from error
    return export


def _records(export: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the spans and links in the JSON of an export, wherever there are some."""
    for resource in _children(export, "resourceSpans", "resource_spans"):
        for scope in _children(resource, "scopeSpans", "scope_spans"):
            for span in _children(scope, "spans"):
                yield span
                yield from _children(span, "links")


def _children(parent: dict[str, Any], *names: str) -> Iterator[dict[str, Any]]:
    for name in names:
        children = parent.get(name)
        if isinstance(children, list):
            yield from (child for child in children if isinstance(child, dict))


def _respell_ids(record: dict[str, Any]) -> None:
    """Turn hex, which OTLP writes IDs in, into base64, which protobuf reads bytes from."""
    for name in _IDS:
        text = record.get(name)
        if isinstance(text, str):
            record[name] = base64.b64encode(_read_hex(text)).decode()


def _read_hex(text: str) -> bytes:
    """Return what a hex text stands for; nothing if it is none, for the span to be rejected."""
    if _HEX.fullmatch(text) is None:
        return b""
    try:
        return binascii.unhexlify(text)
    except binascii.Error:
        return b""
