"""What spans say of themselves: inputs, outputs, documents and tools, whatever the convention.

Spans come as this server stores and answers them, or as OTLP's JSON has them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson

Attributes: TypeAlias = Mapping[str, Any]

_KIND: Final = "openinference.span.kind"
_KINDS: Final = ("traceloop.span.kind", "gen_ai.operation.name")
_KIND_WORDS: Final = {"EXECUTE_TOOL": "TOOL", "EMBEDDINGS": "EMBEDDING", "CHAT": "LLM"}
_INPUT_MESSAGES: Final = ("llm.input_messages", "gen_ai.prompt")
_OUTPUT_MESSAGES: Final = ("llm.output_messages", "gen_ai.completion")
_INPUTS: Final = ("gen_ai.input.messages", "input.value", "traceloop.entity.input", "input")
_OUTPUTS: Final = ("gen_ai.output.messages", "output.value", "traceloop.entity.output", "output")
_MOST_PARTS: Final = 1000
"""Messages of a model, or documents of a retriever, that are looked at."""
_WRAPPERS: Final = "content text output answer input question query messages parts".split()
"""Members in which an object keeps its text."""
_DEEPEST: Final = 10


@dataclass(frozen=True, slots=True)
class SpanView:
    """A span.

    Attributes:
        name: What the step is.
        kind: The kind of step, in capitals.
        span_id: Its ID.
        attributes: What is known about it, by dotted names.
    """

    name: str
    kind: str
    span_id: str | None
    attributes: Attributes


def read_spans(trace: Mapping[str, Any]) -> Iterator[SpanView]:
    """Yield the spans of a trace: those under `spans`, and those in envelopes of OTLP."""
    yield from (span_view(span) for span in objects(trace.get("spans")))
    for resource in objects(trace.get("resourceSpans", trace.get("resource_spans"))):
        for scope in objects(resource.get("scopeSpans", resource.get("scope_spans"))):
            yield from (span_view(span) for span in objects(scope.get("spans")))


def span_view(span: Mapping[str, Any]) -> SpanView:
    """Return a span of either form."""
    own = {name: span[name] for name in ("input", "output") if name in span}
    attributes = own | _read_attributes(span.get("attributes"))
    context = span.get("context")
    ids: Mapping[str, Any] = context if isinstance(context, Mapping) else span
    span_id = ids.get("span_id", ids.get("spanId", span.get("id")))
    kinds = (attributes.get(_KIND), *map(attributes.get, _KINDS), span.get("kind"))
    kind = next((str(kind).upper() for kind in kinds if isinstance(kind, str)), "")
    return SpanView(
        str(span.get("name", "")),
        _KIND_WORDS.get(kind, kind),
        span_id if isinstance(span_id, str) else None,
        attributes,
    )


def input_of(span: SpanView) -> str:
    """Return what a span was asked, or nothing."""
    return _said(span.attributes, _INPUT_MESSAGES, "user", _INPUTS)


def output_of(span: SpanView) -> str:
    """Return what a span answered, or nothing."""
    return _said(span.attributes, _OUTPUT_MESSAGES, "assistant", _OUTPUTS)


def retrieved_by(span: SpanView) -> Iterator[str]:
    """Yield the documents that a span retrieved, in their order."""
    for number in range(_MOST_PARTS):
        text = span.attributes.get(f"retrieval.documents.{number}.document.content")
        if not isinstance(text, str):
            break
        yield text
    for document in objects(span.attributes.get("retrieval.documents")):
        nested = document.get("document")
        inner = nested if isinstance(nested, Mapping) else document
        text = inner.get("document.content", inner.get("content"))
        if isinstance(text, str):
            yield text


def tool_call_of(span: SpanView) -> dict[str, Any]:
    """Return the call of a tool that a span is."""
    own = span.attributes
    name = own.get("tool.name", own.get("gen_ai.tool.name", span.name))
    given = own.get("tool.parameters", own.get("input.value", own.get("input")))
    arguments = _parsed(given)
    call = {
        "name": str(name),
        "arguments": arguments if isinstance(arguments, dict) else {"input": text_of(given)},
    }
    result = output_of(span)
    return call | {"result": result} if result else call


def text_of(value: object, role: str | None = None, depth: int = 0) -> str:
    """Return a value as text: of messages the last one's, of anything else its JSON.

    Args:
        value: The value.
        role: Whose message is wanted, if there are some of this role.
        depth: How deep in another value it was found; the deepest ones are left as JSON.
    """
    if value is None or isinstance(value, str):
        return value or ""
    if depth < _DEEPEST:
        if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
            return _text_of_parts(value, role, depth + 1)
        if isinstance(value, Mapping):
            for name in _WRAPPERS:
                if value.get(name):
                    return text_of(value[name], role, depth + 1)
    return orjson.dumps(value).decode() if value else ""


def _text_of_parts(parts: Sequence[Mapping[str, Any]], role: str | None, depth: int) -> str:
    """Return the last message's text, or the text of all parts of one message."""
    if any("role" in part for part in parts):
        meant = [part for part in parts if part.get("role") == role] or parts
        return text_of(meant[-1], role, depth)
    return "\n".join(filter(None, (text_of(part, role, depth) for part in parts)))


def _said(attributes: Attributes, listed: Sequence[str], role: str, values: Sequence[str]) -> str:
    """Return a text by the first convention that a span follows."""
    for prefix in listed:
        text = text_of(list(_messages(attributes, prefix)), role)
        if text:
            return text
    for name in values:
        given = attributes.get(name)
        parsed = _parsed(given)
        text = text_of(parsed if isinstance(parsed, dict | list) else given, role)
        if text:
            return text
    return ""


def _messages(attributes: Attributes, prefix: str) -> Iterator[dict[str, Any]]:
    """Yield messages that are spread over numbered attributes."""
    for number in range(_MOST_PARTS):
        place = f"{prefix}.{number}"
        for inner in (f"{place}.message", place):
            content = attributes.get(f"{inner}.content")
            if content is not None:
                yield {"role": attributes.get(f"{inner}.role"), "content": content}
                break
        else:
            if f"{place}.message.role" not in attributes and f"{place}.role" not in attributes:
                return


def _parsed(value: object) -> object:
    """Return what a text says as JSON, if it says an object or a list."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def _read_attributes(given: object) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    return {str(each.get("key")): _read_value(each.get("value")) for each in objects(given)}


def _read_value(value: object) -> object:
    """Return a value of OTLP's JSON."""
    if not isinstance(value, Mapping):
        return value
    if "arrayValue" in value:
        inner = value["arrayValue"]
        values = inner.get("values") if isinstance(inner, Mapping) else None
        return [_read_value(each) for each in values] if isinstance(values, list) else []
    if "kvlistValue" in value:
        inner = value["kvlistValue"]
        return _read_attributes(inner.get("values") if isinstance(inner, Mapping) else None)
    return next(iter(value.values()), None)


def objects(values: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list; nothing of what is none."""
    for value in values if isinstance(values, list) else ():
        if isinstance(value, Mapping):
            yield value
