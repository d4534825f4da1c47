"""Sources are read once, and what is too long to be read has nothing missing."""

import pytest

from evalwright_server.failures.sources import MOST_CHARACTERS, Sentences, Sources


@pytest.mark.parametrize("claim", ["1,000 people", "a thousand people or 1000", "no number"])
def test_numbers_are_the_same_in_any_form(claim: str) -> None:
    assert Sources(["There were 1000 people."]).unknown_number(claim) is None


def test_what_is_nowhere_is_named() -> None:
    sources = Sources(["There were 1000 people in Rome."])
    assert "1001" in (sources.unknown_number("There were 1001 people.") or "")
    assert "'paris'" in (sources.unknown_name("They were in Paris.") or "")
    assert sources.unknown_name("They were in Rome.") is None


def test_of_sources_that_are_too_long_nothing_is_missing() -> None:
    sources = Sources(["a " * MOST_CHARACTERS])
    assert sources.unknown_number("There were 1001.") is None
    assert sources.unknown_name("They were in Paris.") is None


def test_the_nearest_sentence_shares_most_words() -> None:
    sentences = Sentences(["The cat sleeps. The dog barks at night."])
    assert sentences.nearest("A dog barks.") == ("The dog barks at night.", 2, 2)
    assert Sentences([]).nearest("A dog barks.") == ("", 0, 2)
