"""What of pip's language is accepted, and that one thing has one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright_server.environments import (
    RequirementsRefused,
    canonical_requirements,
    requirements_hash,
)


@pytest.mark.parametrize(
    ("texts", "canonical"),
    [
        (["pandas", "NumPy >= 2"], ("numpy>=2", "pandas")),
        (["a_b.c", "A-B-C"], ("a-b-c",)),
        (["x<2, >=1"], ("x<2,>=1",)),
        (["x (>=1,<2)"], ("x<2,>=1",)),
        (["uvicorn[Standard, a_b]==1.*"], ("uvicorn[a-b,standard]==1.*",)),
        ([" x ~= 1.4.2 "], ("x~=1.4.2",)),
        (["x==1.0+local", "x!=1.5"], ("x!=1.5", "x==1.0+local")),
        ([], ()),
    ],
)
def test_all_spellings_of_the_same_are_one(texts: list[str], canonical: tuple[str, ...]) -> None:
    assert canonical_requirements(texts) == canonical


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x @ https://example.com/x.whl", "that is a URL"),
        ("https://example.com/x.whl", "that is a path"),
        ("./x", "that is a path"),
        ("..\\x", "that is a path"),
        ("x; python_version > '3'", "that is a condition"),
        ("-r requirements.txt", "is an option"),
        (" --index-url=x", "is an option"),
        ("--pre", "is an option"),
        ("x --hash=sha256:1", "can't be understood"),
        ("x===1", "that is an arbitrary version"),
        ("x==1 # comment", "can't be understood"),
        ("x\n--index-url y", "more than one line"),
        ("x>=", "can't be understood"),
        ("", "can't be understood"),
        ("*", "can't be understood"),
        ("$HOME", "can't be understood"),
        ("\ud800", "can't be understood"),
        ("é", "can't be understood"),
        ("x" * 300, "is longer than 256 characters"),
    ],
)
def test_everything_else_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(RequirementsRefused, match=reason) as caught:
        canonical_requirements([text])
    assert 'expected a name and version clauses, such as "pandas>=2,<4"' in str(caught.value)


def test_all_that_is_wrong_is_told_with_its_place() -> None:
    with pytest.raises(RequirementsRefused) as caught:
        canonical_requirements(["ok", "a/b", "fine>=1", "-e x"])
    assert [problem.index for problem in caught.value.problems] == [1, 3]


def test_more_than_fifty_are_refused() -> None:
    assert len(canonical_requirements([f"p{number}" for number in range(50)])) == 50
    with pytest.raises(RequirementsRefused, match="51 requirements are too many; at most 50"):
        canonical_requirements([f"p{number}" for number in range(51)])


@given(st.lists(st.text(), max_size=5))
def test_no_text_gets_out_of_its_line(texts: list[str]) -> None:
    """What is accepted is written to a file for the installer, one a line."""
    try:
        canonical = canonical_requirements(texts)
    except RequirementsRefused:
        return
    assert all(set(each) <= set("abcdefghijklmnopqrstuvwxyz0123456789-[],.<>=!~+*")
               for each in canonical)  # fmt: skip
    assert canonical_requirements(canonical) == canonical


def test_the_hash_depends_on_what_is_meant() -> None:
    same = [["NumPy>=2", "pandas"], ["pandas", "numpy >= 2"]]
    assert len({requirements_hash(canonical_requirements(texts)) for texts in same}) == 1
    assert requirements_hash(("numpy",)) != requirements_hash(("pandas",))
