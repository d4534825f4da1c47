"""Which dialect a client is answered in."""

import pytest

from evalwright_server.web.dialects.generations import (
    GENERATIONS,
    NATIVE,
    UNVERSIONED,
    dialect_of,
)

OLDEST, LOWER_WITHOUT_422, LOWER, UPPER, UPPER_WITH_NULLS, TOLERANT, NEWEST = GENERATIONS


@pytest.mark.parametrize(
    ("version", "dialect"),
    [
        ("7.54.0", OLDEST),
        ("8.0.0", OLDEST),
        ("8.22.4", OLDEST),
        ("8.23.0", LOWER_WITHOUT_422),
        ("8.26.0", LOWER_WITHOUT_422),
        ("8.27.9", LOWER_WITHOUT_422),
        ("8.28.0", LOWER),
        ("8.39.0", LOWER),
        ("8.40.0", UPPER),
        ("8.43.1", UPPER),
        ("8.44.0", UPPER_WITH_NULLS),
        ("8.47.9", UPPER_WITH_NULLS),
        ("8.48.0", TOLERANT),
        ("8.49.0", NEWEST),
        ("8.61.0", NEWEST),
        ("8.61.0rc1", NEWEST),
        ("8.100.0", NEWEST),
        ("9.0.0", NEWEST),
    ],
)
def test_the_version_decides(version: str, dialect: object) -> None:
    assert dialect_of({"sdk-package-name": "arize", "sdk-version": version}) is dialect


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
