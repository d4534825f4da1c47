"""What is sent to systems behind URLs, and where their answers are found."""

import json

import pytest
from pydantic import JsonValue

from evalwright_server.red_team.exchange import NoReply, RequestTemplate, find_answer

NASTY = 'say "hi"\n\\ {{attack}} \u0000 ’ \U0001f600'


@pytest.mark.parametrize(
    "template",
    [
        None,
        {"a": [{"b": "before {{attack}} behind"}], "n": 1, "prompt": "{{attack}}"},
        '{"prompt": "{{attack}}"}',
    ],
)
def test_any_attack_makes_json_of_a_template(template: JsonValue) -> None:
    sent = json.loads(RequestTemplate.parse(template).fill(NASTY))
    assert sent["prompt"] == NASTY
    assert "a" not in sent or sent["a"][0]["b"] == f"before {NASTY} behind"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ('{"prompt": {{attack}}}', "inside quotes"),
        ("[" * 100_000, "can't be read"),
        ({"prompt": "fixed"}, "where the attack goes"),
        ({"{{attack}}": "key"}, "where the attack goes"),
    ],
)
def test_a_template_that_can_not_work_is_refused(template: JsonValue, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RequestTemplate.parse(template)


@pytest.mark.parametrize(
    ("body", "key", "answer"),
    [
        ({"choices": [{"message": {"content": "Hi"}}]}, "choices.0.message.content", "Hi"),
        ({"choices": [{"message": {"content": "Hi"}}]}, None, "Hi"),
        ({"response": "Hi", "text": "no"}, None, "Hi"),
        ({"data": {"a": 1}}, "data", '{"a": 1}'),
        ({"data": {"a": 1}}, None, '{"data": {"a": 1}}'),
        ("Hi", None, "Hi"),
    ],
)
def test_answers_are_found(body: JsonValue, key: str | None, answer: str) -> None:
    assert find_answer(json.dumps(body).encode(), key) == answer


def test_plain_text_is_an_answer_where_no_key_was_named() -> None:
    assert find_answer(b"Hello \xff", None) == "Hello �"


@pytest.mark.parametrize(
    ("body", "key", "said"),
    [
        (b'{"a": [1]}', "a.1", "has no 'a.1'"),
        (b'{"a": null}', "a", "has no 'a'"),
        (b'{"a": [1]}', "a.\u0661", "has no"),
        (b"<html>", "a", "no JSON"),
    ],
)
def test_what_is_not_there_is_said(body: bytes, key: str, said: str) -> None:
    with pytest.raises(NoReply, match=said):
        find_answer(body, key)
