"""Spans in an export: those that can be stored, and why the others can't."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from pydantic import JsonValue

from evalwright_server.otlp.values import clean, read_attributes

PROJECT_ATTRIBUTE: Final = "openinference.project.name"
"""The resource attribute that names the project of its spans."""
KIND_ATTRIBUTE: Final = "openinference.span.kind"
"""The attribute that says what kind of step a span is."""
RESOURCE_PREFIX: Final = "resource."
"""Stands before the names of a resource's attributes, which each of its spans gets."""
LONGEST_PROJECT: Final = 255
"""Characters in the longest name of a project."""

_SDK_PREFIX: Final = "telemetry.sdk."
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STATUSES: Final = {
    Status.STATUS_CODE_UNSET: "UNSET",
    Status.STATUS_CODE_OK: "OK",
    Status.STATUS_CODE_ERROR: "ERROR",
}
_KINDS: Final = {
    Span.SPAN_KIND_INTERNAL: "INTERNAL",
    Span.SPAN_KIND_SERVER: "SERVER",
    Span.SPAN_KIND_CLIENT: "CLIENT",
    Span.SPAN_KIND_PRODUCER: "PRODUCER",
    Span.SPAN_KIND_CONSUMER: "CONSUMER",
}
_MESSAGES: Final = 5


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """A span as it is to be stored; see the table `spans`."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: str
    start_time: datetime
    end_time: datetime
    status_code: str
    status_message: str
    attributes: Mapping[str, JsonValue]
    events: list[JsonValue]


@dataclass(slots=True)
class Export:
    """What is in an export.

    Attributes:
        projects: Spans by project and by their IDs; the project is None where none is named. A
            span that is there twice counts as sent twice: the last one stays.
        rejected: How many spans can't be stored.
    """

    projects: dict[str | None, dict[tuple[str, str], SpanRecord]] = field(default_factory=dict)
    rejected: int = 0
    _reasons: Counter[str] = field(default_factory=Counter)

    def reject(self, count: int, reason: str) -> None:
        """Count spans that can't be stored, and why."""
        if count:
            self.rejected += count
            self._reasons[reason] += count

    @property
    def message(self) -> str:
        """Why spans were rejected, the most frequent reasons first."""
        found = self._reasons.most_common(_MESSAGES)
        return "; ".join(f"{count} spans: {reason}" for reason, count in found)


def read_spans(request: ExportTraceServiceRequest) -> Export:
    """Return the spans of an export."""
    export = Export()
    for group in request.resource_spans:
        common = read_attributes(group.resource.attributes)
        count = sum(len(scope.spans) for scope in group.scope_spans)
        project = _project(common)
        if project is not None and len(project) > LONGEST_PROJECT:
            limit = f"{PROJECT_ATTRIBUTE} is longer than {LONGEST_PROJECT} characters"
            export.reject(count, limit)
            continue
        found = export.projects.setdefault(project, {})
        shared = dict(_shared_attributes(group.resource))
        for scope in group.scope_spans:
            for span in scope.spans:
                complaint = _complaint(span)
                if complaint is not None:
                    export.reject(1, complaint)
                    continue
                record = _read_span(span, shared)
                found[record.trace_id, record.span_id] = record
    return export


def _project(resource: Mapping[str, JsonValue]) -> str | None:
    name = resource.get(PROJECT_ATTRIBUTE)
    return name if isinstance(name, str) and name else None


def _shared_attributes(resource: Resource) -> Iterator[tuple[str, JsonValue]]:
    """Yield what spans get from their resource: all but what is the same everywhere."""
    for name, value in read_attributes(resource.attributes).items():
        if name != PROJECT_ATTRIBUTE and not name.startswith(_SDK_PREFIX):
            yield f"{RESOURCE_PREFIX}{name}", value


def _complaint(span: Span) -> str | None:
    """Return why a span can't be stored, or None."""
    if len(span.trace_id) != 16 or not any(span.trace_id):
        return "trace_id must be 16 bytes, not all zero"
    if len(span.span_id) != 8 or not any(span.span_id):
        return "span_id must be 8 bytes, not all zero"
    if span.parent_span_id and len(span.parent_span_id) != 8:
        return "parent_span_id must be 8 bytes or absent"
    if not span.start_time_unix_nano:
        return "start_time_unix_nano is missing"
    return None


def _read_span(span: Span, shared: Mapping[str, JsonValue]) -> SpanRecord:
    attributes = read_attributes(span.attributes)
    kind = attributes.get(KIND_ATTRIBUTE)
    if not isinstance(kind, str) or not kind:
        kind = _KINDS.get(span.kind, "UNKNOWN")
    parent = span.parent_span_id if any(span.parent_span_id) else b""
    return SpanRecord(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=parent.hex() or None,
        name=clean(span.name),
        kind=kind.upper(),
        start_time=_moment(span.start_time_unix_nano),
        end_time=_moment(span.end_time_unix_nano or span.start_time_unix_nano),
        status_code=_STATUSES.get(span.status.code, "UNSET"),
        status_message=clean(span.status.message),
        attributes={**shared, **attributes},
        events=[_read_event(event) for event in span.events],
    )


def _read_event(event: Span.Event) -> JsonValue:
    return {
        "name": clean(event.name),
        "timestamp": _moment(event.time_unix_nano).isoformat().replace("+00:00", "Z"),
        "attributes": read_attributes(event.attributes),
    }


def _moment(nanoseconds: int) -> datetime:
    """Return a point in time, cut to what the databases keep: microseconds."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
