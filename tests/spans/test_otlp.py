"""Whatever is sent as an export is read, or refused with a reason."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalwright_server.otlp.exports import JSON, PROTOBUF, MalformedExport, read_export
from evalwright_server.otlp.spans import read_spans
from spans.exports import export_of, span

NAMES = [
    "resourceSpans", "resource", "attributes", "scopeSpans", "spans", "traceId", "spanId", "kind",
    "parentSpanId", "startTimeUnixNano", "endTimeUnixNano", "status", "code", "events", "links",
    "key", "value", "stringValue", "intValue", "doubleValue", "bytesValue", "arrayValue", "values",
    "kvlistValue", "name", "timeUnixNano", "droppedAttributesCount", "flags", "unknown",
]  # fmt: skip
TEXTS = st.sampled_from(
    ["", "ab", "0" * 32, "zz", "-1", "1e3", "NaN", "99999999999999999999", "\0"]
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)
SPANS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)


def read(content: bytes, media_type: str) -> None:
    """Read an export as the server does."""
    try:
        export = read_spans(read_export(content, media_type))
    except MalformedExport as error:
        assert str(error)  # noqa: PT017 - any other error fails the test
        return
    assert (export.rejected > 0) is bool(export.message)


@settings(deadline=None, max_examples=300)
@given(st.one_of(VALUES, SPANS))
def test_any_json(value: Any) -> None:
    read(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS), JSON)
    inside = {"resourceSpans": [{"scopeSpans": [{"spans": [value]}]}]}
    read(orjson.dumps(inside, option=orjson.OPT_NON_STR_KEYS), JSON)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=60), st.integers(0, 200), st.binary(max_size=3))
def test_any_bytes(noise: bytes, place: int, inserted: bytes) -> None:
    """Noise, and an export with something wrong in the middle."""
    read(noise, PROTOBUF)
    whole = export_of([span(a=[1, {"b": b"c"}])], "chat").SerializeToString()
    read(whole[:place] + inserted + whole[place + len(inserted) :], PROTOBUF)
    read(whole[:place], PROTOBUF)


@pytest.mark.parametrize("depth", [300, 1000])
def test_json_of_any_depth_is_refused_with_a_reason(depth: int) -> None:
    """The parser calls itself for each level, or shows what it doesn't like with all of them."""
    with pytest.raises(MalformedExport):
        read_export(b'{"resourceSpans":%b%b}' % (b"[" * depth, b"]" * depth), JSON)
