"""Public IDs."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis.strategies import from_regex, integers, sampled_from, text

from evalwright_server.store.ids import InvalidId, Kind, ResourceId, decode, encode, new_suffix


@given(sampled_from(Kind), integers(1, 2**63 - 1), from_regex(r"[A-Za-z0-9]{4}", fullmatch=True))
def test_ids_survive_the_round_trip_and_are_clean(kind: Kind, number: int, suffix: str) -> None:
    """Clean: no `+` or `/`, which paths would have to escape."""
    public = encode(kind, number, suffix)
    assert decode(public) == ResourceId(kind, number, suffix)
    assert re.fullmatch(r"[A-Za-z0-9]+=*", public)


@given(text())
def test_any_other_text_is_refused(garbage: str) -> None:
    try:
        assert str(decode(garbage)) == garbage
    except InvalidId as error:
        assert "is not an ID" in str(error)  # noqa: PT017 - some texts are IDs


@pytest.mark.parametrize(
    "inner",
    [
        "Task:1:abc", "Task:1:abcde", "Task:01:abcd", "Task:0:abcd", "Task:-1:abcd",
        "Task:9223372036854775808:abcd", "task:1:abcd", "Nothing:1:abcd", "Task:1:ab+d",
        "Task:1:abcd\n", "Task:१:abcd", "Task:1", "",
    ],
)  # fmt: skip
def test_near_misses_are_refused(inner: str) -> None:
    with pytest.raises(InvalidId, match=r"expected padded base64.*exactly as the server"):
        decode(base64.b64encode(inner.encode()).decode())


@pytest.mark.parametrize(
    "public", ["Task:1:abcd", encode(Kind.TASK, 1, "abcd").rstrip("="), "VGFzazoxOmFiY2R=", " "]
)
def test_one_row_has_one_id(public: str) -> None:
    """Unpadded or sloppy spellings of an ID are none."""
    with pytest.raises(InvalidId):
        decode(public)


def test_long_texts_are_cut_in_messages() -> None:
    with pytest.raises(InvalidId) as caught:
        decode("x" * 10_000)
    assert len(str(caught.value)) < 300


def test_suffixes_are_random() -> None:
    suffixes = {new_suffix() for _ in range(100)}
    assert len(suffixes) > 90
    assert all(re.fullmatch(r"[A-Za-z0-9]{4}", suffix) for suffix in suffixes)
