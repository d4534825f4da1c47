"""Nothing that comes out of a sandbox is believed but for its shape."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright_server.evaluators.custom import Attempt
from evalwright_server.evaluators.messages import MalformedMessage, read_message
from evalwright_server.evaluators.results import EvaluationError, EvaluationResult, storable

LOADED = b'["loaded"]'
RESULT = b'["result", 0, 1.0, "good", null]'


@pytest.mark.parametrize(
    "line",
    [
        "", "{}", "[]", "[1]", '["other"]', '["loaded", 1]', '["broken"]', '["broken", 1]',
        '["error", 0]', '["error", -1, "x"]', '["error", true, "x"]', '["error", 0.0, "x"]',
        '["result", 0, 1, null, null]', '["result", 0, NaN, null, null]',
        '["result", 0, 1e999, null, null]', '["result", 0, null, null, "x"]',
        '["result", 0, "1", null, null]', '["result", 0, 1.0, 5, null]',
        '["result", 0, 1.0, null, {}]', '["result", 0, true, null, null]',
        '["result", 0, null, "' + "x" * 1001 + '", null]', "[" * 100_000,
    ],
)  # fmt: skip
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(MalformedMessage):
        read_message(line.encode())


@given(st.binary())
def test_no_bytes_break_the_reader(line: bytes) -> None:
    with suppress(MalformedMessage):
        read_message(line)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=4),
    max_leaves=6,
)


@given(st.sampled_from(["loaded", "broken", "result", "error"]), st.lists(JSON, max_size=5))
def test_what_passes_can_be_stored(tag: str, values: list[Any]) -> None:
    try:
        message: Any = read_message(json.dumps([tag, *values]).encode())
    except MalformedMessage:
        return
    outcome = getattr(message, "outcome", None)
    texts = [getattr(message, "message", None)]
    texts += [getattr(outcome, name, None) for name in ("message", "label", "explanation")]
    for text in texts:
        assert text is None or "\x00" not in text
        (text or "").encode()


@pytest.mark.parametrize(
    "lines",
    [
        [RESULT],
        [LOADED, LOADED],
        [LOADED, b'["broken", "x"]'],
        [b'["broken", "x"]', LOADED],
        [b'["broken", "x"]', b'["broken", "y"]'],
        [LOADED, b'["result", 1, 1.0, null, null]'],
        [LOADED, RESULT, RESULT],
        [LOADED, RESULT, b'["error", 1, "x"]'],
    ],
)
def test_messages_out_of_turn_are_refused(lines: list[bytes]) -> None:
    """A line is only believed about the row that is due."""
    attempt = Attempt(rows=1)
    for line in lines[:-1]:
        attempt.receive(line)
    with pytest.raises(MalformedMessage):
        attempt.receive(lines[-1])


def test_messages_in_turn_are_taken() -> None:
    attempt = Attempt(rows=2)
    for line in (LOADED, RESULT, b'["error", 1, "why"]'):
        attempt.receive(line)
    assert attempt.outcomes == [EvaluationResult(1.0, "good", None), EvaluationError("why")]


@given(st.text(st.characters(codec=None)), st.integers(0, 10))
def test_any_text_becomes_storable(text: str, limit: int) -> None:
    stored = storable(text, limit)
    stored.encode()
    assert "\x00" not in stored
    assert len(stored) <= limit + len(" … (cut)")
    if text.isprintable() and len(text) <= limit:
        assert stored == text.encode("utf-8", "replace").decode()
