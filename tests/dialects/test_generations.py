"""Which dialect a client is answered in."""

import pytest

from evalwright_server.web.dialects.generations import (
    GENERATIONS,
    NATIVE,
    UNVERSIONED,
    dialect_of,
)


@pytest.mark.parametrize(
    ("version", "since"),
    [
        ("7.54.0", (0, 0)),
        ("8.0.0", (0, 0)),
        ("8.22.4", (0, 0)),
        ("8.23.0", (8, 23)),
        ("8.26.0", (8, 23)),
        ("8.27.9", (8, 23)),
        ("8.28.0", (8, 28)),
        ("8.39.0", (8, 28)),
        ("8.40.0", (8, 40)),
        ("8.42.0", (8, 40)),
        ("8.43.1", (8, 43)),
        ("8.44.0", (8, 44)),
        ("8.47.9", (8, 44)),
        ("8.48.0", (8, 48)),
        ("8.49.0", (8, 49)),
        ("8.61.0", (8, 49)),
        ("8.61.0rc1", (8, 49)),
        ("8.100.0", (8, 49)),
        ("9.0.0", (8, 49)),
    ],
)
def test_the_version_decides(version: str, since: tuple[int, int]) -> None:
    assert dialect_of({"sdk-package-name": "arize", "sdk-version": version}).since == since


@pytest.mark.parametrize(
    ("version", "is_upper", "is_strict", "has_renamed"),
    [
        ("8.22.0", False, True, False),
        ("8.26.0", False, True, False),
        ("8.39.0", False, True, False),
        ("8.40.0", True, True, False),
        ("8.47.0", True, True, False),
        ("8.48.0", True, False, False),
        ("8.49.0", True, False, True),
        ("8.61.0", True, False, True),
    ],
)
def test_what_the_generations_differ_in(
    version: str, is_upper: bool, is_strict: bool, has_renamed: bool
) -> None:
    dialect = dialect_of({"sdk-package-name": "arize", "sdk-version": version})
    assert (dialect.words["EvaluatorType"]["code"] == "CODE") is is_upper
    assert (dialect.members is not None) is is_strict
    assert bool(dialect.renamed) is has_renamed


@pytest.mark.parametrize("version", ["", "dev", "v8.26.0", "8", "-1.0", "8.x"])
def test_an_unreadable_version_gets_the_native_form_with_plain_problems(version: str) -> None:
    dialect = dialect_of({"sdk-package-name": "arize", "sdk-version": version})
    assert dialect is UNVERSIONED
    assert dialect.plain_problems
    assert not dialect.words


@pytest.mark.parametrize(
    "headers",
    [{}, {"sdk-version": "8.26.0"}, {"sdk-package-name": "evalwright", "sdk-version": "8.26.0"}],
)
def test_everybody_else_is_native(headers: dict[str, str]) -> None:
    assert dialect_of(headers) is NATIVE


def test_generations_stand_in_the_order_of_their_releases() -> None:
    assert [each.since for each in GENERATIONS] == sorted(each.since for each in GENERATIONS)
    assert len({each.name for each in GENERATIONS}) == len(GENERATIONS)
