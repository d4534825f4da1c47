"""Exports of spans for tests, in both media types of OTLP."""

import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from server.client import Api, Reply

PROTOBUF = "application/x-protobuf"
_numbers = itertools.count(1)


def any_value(value: Any) -> AnyValue:  # noqa: PLR0911 - one per type
    """Return a Python value as OpenTelemetry writes it."""
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case None:
            return AnyValue()
        case list():
            written = AnyValue()
            written.array_value.values.extend(any_value(each) for each in value)
            return written
        case dict():
            written = AnyValue()
            written.kvlist_value.values.extend(pairs(value))
            return written
    raise TypeError(type(value))


def pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    """Return attributes as OpenTelemetry writes them."""
    return [KeyValue(key=name, value=any_value(value)) for name, value in attributes.items()]


def span(name: str = "answer", *, age: float = 60, **attributes: Any) -> Span:
    """Return a span with an ID of its own; names of attributes have `__` for a dot.

    Args:
        name: The span's name.
        age: How many seconds ago it began.
        attributes: What is known about it.
    """
    number = next(_numbers)
    start = time.time_ns() - int(age * 1e9)
    return Span(
        trace_id=number.to_bytes(16),
        span_id=number.to_bytes(8),
        name=name,
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start,
        end_time_unix_nano=start + 5_000_000,
        attributes=pairs({key.replace("__", "."): value for key, value in attributes.items()}),
    )


def export_of(
    spans: Sequence[Span], project: str | None = None, **resource: str
) -> ExportTraceServiceRequest:
    """Return an export with these spans of one resource."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    if project is not None:
        group.resource.attributes.extend(pairs({"openinference.project.name": project}))
    named = {key.replace("__", "."): value for key, value in resource.items()}
    group.resource.attributes.extend(pairs(named))
    group.scope_spans.add().spans.extend(spans)
    return request


def as_json(request: ExportTraceServiceRequest) -> dict[str, Any]:
    """Return an export as OTLP's JSON, which writes IDs in hex."""
    written: dict[str, Any] = MessageToDict(request, use_integers_for_enums=True)
    for group, plain in zip(request.resource_spans, written["resourceSpans"], strict=True):
        for scope, plain_scope in zip(group.scope_spans, plain["scopeSpans"], strict=True):
            for each, plain_span in zip(scope.spans, plain_scope["spans"], strict=True):
                plain_span["traceId"] = each.trace_id.hex()
                plain_span["spanId"] = each.span_id.hex()
                if each.parent_span_id:
                    plain_span["parentSpanId"] = each.parent_span_id.hex()
    return written


def send(api: Api, request: ExportTraceServiceRequest, **headers: str) -> Reply:
    """Send an export as protobuf; names of headers have `_` for a hyphen."""
    sent = {"Content-Type": PROTOBUF}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return api.send("POST", "/v1/traces", content=request.SerializeToString(), headers=sent)
