"""Telling IDs from names, against the facts and against a second definition."""

import base64
import binascii

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evalwright import is_resource_id


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@given(kind=st.text(), rest=st.text())
@example(kind="Space", rest="1:bFuL")
def test_padded_base64_of_text_with_a_colon_is_an_id(kind: str, rest: str) -> None:
    assert is_resource_id(encode(f"{kind}:{rest}"))


@given(st.text().filter(lambda text: ":" not in text))
def test_without_a_colon_it_is_a_name(text: str) -> None:
    assert not is_resource_id(encode(text))


@given(st.text(alphabet="YTpi=+/-_ \n:ajo"))
@example("YTpi")
@example("YTpi=")
@example("YTo=")
@example("YTo")
def test_agrees_with_the_strict_decoder(text: str) -> None:
    """The standard library lets surplus padding pass, so that is ruled out by the length."""
    try:
        decoded = base64.b64decode(text, validate=True)
        expected = len(text) % 4 == 0 and ":" in decoded.decode()
    except (binascii.Error, ValueError):
        expected = False
    assert is_resource_id(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nightly",
        "Task:1:abcd",
        "VGFzazoxOmFiY2Q",
        "VGFzazoxOmFiY2Q\n",
        "ümlaut",
        "____",
        "/w==",
    ],
    ids=["empty", "word", "clear", "unpadded", "newline", "non-ascii", "url-safe", "not-utf8"],
)
def test_names(text: str) -> None:
    assert not is_resource_id(text)


@pytest.mark.parametrize("word", ["YTpi", "ajoa"])
def test_some_words_are_taken_for_ids(word: str) -> None:
    """Documented, and rare beyond a few letters."""
    assert is_resource_id(word)
