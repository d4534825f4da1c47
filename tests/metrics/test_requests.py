"""What rules read out of a request."""

import pytest

from evalwright_server.metrics.requests import asked_count, constraints_of, is_cut_off, parts_of


@pytest.mark.parametrize(
    ("request_", "count"),
    [
        ("List three fruits.", 3),
        ("Give me 5 short reasons why.", 5),
        ("Name two famous people.", 2),
        ("Write a poem in 20 words.", None),
        ("Give me five minutes.", None),
        ("What happened in 1989?", None),
    ],
)
def test_how_many_things_are_asked_for(request_: str, count: int | None) -> None:
    assert asked_count(request_) == count


@pytest.mark.parametrize(
    ("request_", "parts"),
    [
        ("What is it? How does it work?", 2),
        ("Explain the plan and list its risks.", 2),
        ("What is the capital and how many people live there?", 2),
        ("Summarise the text.", 1),
        ("", 1),
    ],
)
def test_parts_of_a_request(request_: str, parts: int) -> None:
    assert len(parts_of(request_)) == parts


@pytest.mark.parametrize(
    ("request_", "answer", "is_kept"),
    [
        ("In at most 3 words.", "one two three", True),
        ("In at most 3 words.", "one two three four", False),
        ("Use exactly two sentences.", "One. Two.", True),
        ("Use exactly two sentences.", "One.", False),
        ("In 100 words.", "word " * 110, True),
        ("In 100 words.", "word " * 150, False),
        ("At least 2 paragraphs.", "One.\n\nTwo.", True),
        ("As a table, please.", "| a | b |\n|---|---|\n| 1 | 2 |", True),
        ("As a table, please.", "a is 1 and b is 2", False),
    ],
)
def test_requirements_of_length_and_format(request_: str, answer: str, is_kept: bool) -> None:
    (constraint,) = constraints_of(request_)
    assert constraint.is_kept(answer) is is_kept


@pytest.mark.parametrize(
    ("answer", "is_so"),
    [
        ("It is the", True),
        ("First, second,", True),
        ("```python\nx = 1", True),
        ("Done.", False),
        ("42", False),
    ],
)
def test_answers_that_break_off(answer: str, is_so: bool) -> None:
    assert is_cut_off(answer) is is_so
