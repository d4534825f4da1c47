"""What a model is shown of a form, and what is read back."""

from contextlib import suppress
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from evalwright_server.judging.forms import Form, MisfitAnswer, read, schema_of


class Point(Form):
    x: int = Field(ge=0)


class Figure(Form):
    name: Literal["line", "dot"]
    points: list[Point]


GOOD = '{"name": "line", "points": [{"x": 1}, {"x": 2}]}'


def test_the_schema_is_closed_and_complete_at_every_depth() -> None:
    """Providers refuse a strict schema otherwise."""
    schema = schema_of(Figure)
    for node in (schema, schema["$defs"]["Point"]):
        assert node["additionalProperties"] is False
        assert set(node["required"]) == set(node["properties"])


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"Sure, here it is: {GOOD} Anything else?",
        GOOD.replace('"name"', '"mood": {"a": 1}, "name"'),
    ],
)
def test_an_answer_is_found_in_what_surrounds_it(text: str) -> None:
    assert read(Figure, text) == Figure(name="line", points=[Point(x=1), Point(x=2)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON object"),
        ("}{", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ('{"name": "line", "points": [', "no JSON object"),
        ('{"name": "line", "points": [}', "can't be read"),
        ('{"a": ' * 20_000 + "}", "can't be read"),
        ('{"points": []}', "name: Field required"),
        (GOOD.replace("line", "square"), "name: Input should be 'line' or 'dot'"),
        (GOOD.replace("2", "-2"), "points.1.x: Input should be greater than or equal to 0"),
    ],
)
def test_a_misfit_is_told_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(MisfitAnswer, match=said.replace("[", r"\[").replace(".", r"\.")):
        read(Figure, text)


@given(st.text())
def test_any_text_is_an_answer_or_a_misfit(text: str) -> None:
    with suppress(MisfitAnswer):
        read(Figure, text)
