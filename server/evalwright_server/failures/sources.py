"""What the sources of an answer know, read once for all of its claims."""

from collections.abc import Iterable
from typing import Final

from evalwright_server.prose.names import name_words
from evalwright_server.prose.quantities import quantities, same
from evalwright_server.prose.sentences import split_sentences
from evalwright_server.prose.words import content_words, stem, words

MOST_CLAIMS: Final = 300
"""Claims of an answer that are looked at: the first ones."""
MOST_SENTENCES: Final = 3_000
"""Sentences of the sources that a claim is compared with."""
MOST_CHARACTERS: Final = 1_000_000
"""Characters of the sources that are read; the bounds keep one item from holding up all others."""
_MOST_NUMBERS: Final = 20_000
"""Different numbers in them."""


class Sources:
    """Texts that an answer may take from. Of texts that are too long, nothing is missing.

    Args:
        texts: The texts.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        whole = " ".join(texts)
        text = whole[:MOST_CHARACTERS]
        numbers = {(each.value, each.unit): each for each in quantities(text)}
        self._numbers = list(numbers.values())
        self._is_whole = len(text) == len(whole) and len(numbers) <= _MOST_NUMBERS
        self._words = {stem(word) for word in words(text)}

    def unknown_number(self, claim: str) -> str | None:
        """Find a number of a claim that is nowhere in the sources."""
        for number in quantities(claim) if self._is_whole else ():
            if not any(same(number, other) for other in self._numbers):
                return f"the number {number.text} is in no source"
        return None

    def unknown_name(self, claim: str) -> str | None:
        """Find a name of a claim that is nowhere in the sources."""
        for name in sorted(name_words(claim)) if self._is_whole else ():
            parts = words(name)
            if parts and not any(stem(part) in self._words for part in parts):
                return f"the name {name!r} is in no source"
        return None


class Sentences:
    """The sentences of some texts, to be found by the words they share with a claim.

    Args:
        texts: The texts.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        text = "\n".join(texts)[:MOST_CHARACTERS]
        found = [sentence.text for sentence in split_sentences(text)][:MOST_SENTENCES]
        self._sentences = [(text, frozenset(content_words(text))) for text in found]

    def nearest(self, claim: str) -> tuple[str, int, int]:
        """Return the sentence that shares most words with a claim.

        Returns:
            The sentence, how many words it shares, and how many the claim has.
        """
        wanted = frozenset(content_words(claim))
        text, own = max(
            self._sentences, key=lambda each: len(wanted & each[1]), default=("", frozenset())
        )
        return text, len(wanted & own), len(wanted)
