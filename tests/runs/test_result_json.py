"""Files that jobs leave as their result, honest and hostile."""

import json

import pytest

from evalwright_server.runs.result_json import MOST_BYTES, read_result


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b' {"a": [1, 2.5, null, true, "x"]} ',
        '{"ä": "\U0001f600", "n": "\\u0000"}'.encode(),
        b'{"a": "\\ud83d\\ude00"}',
        b'{"a": ' + b"9" * 4000 + b"}",
        b'{"a": ' + b"[" * 150 + b"]" * 150 + b"}",
    ],
)
def test_an_object_is_output(content: bytes) -> None:
    output = read_result(content)
    assert output.note is None
    assert output.text is not None
    assert json.loads(output.text) == json.loads(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "can't be read as JSON"),
        (b"[1]", "found a list"),
        (b'"x"', "found a text"),
        (b"null", "found null"),
        (b"true", "found true or false"),
        (b"3", "found a number"),
        (b'{"a": NaN}', "can't be read"),
        (b'{"a": Infinity}', "can't be read"),
        (b'{"a": 1e999}', "can't be passed on"),
        (b'{"a": -1e999}', "can't be passed on"),
        (b'{"a": "\\ud800"}', "can't be read"),
        (b'{"\\udc00": 1}', "can't be read"),
        (b'{"a": "\xff"}', "can't be read"),
        (b'{"a": 1}{', "can't be read"),
        (b'{"a": ' + b"9" * 5000 + b"}", "can't be read"),
        (b"[" * 100_000, "can't be read"),
        (b'{"a":' * 100_000, "can't be read"),
        (b'{"a":[' + b"0," * 2_100_000 + b"0]}", "more than 2,000,000 values"),
        (b" " * (MOST_BYTES + 1), "10,485,761 bytes"),
        ('{"a": 1}'.encode("utf-16"), "can't be read"),
    ],
    ids=range(20),
)
def test_anything_else_is_none_and_says_why(content: bytes, reason: str) -> None:
    output = read_result(content)
    assert output.text is None
    assert output.note is not None
    assert output.note.startswith("no output: result.json: ")
    assert reason in output.note
    assert len(output.note) < 300
