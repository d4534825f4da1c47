"""How close texts are in meaning, and what closeness is worth."""

from itertools import pairwise
from typing import Final

from evalwright_server.prose.sentences import split_sentences

LONGEST: Final = 200
"""Sentences of a text that are looked at; later ones are seen in pieces of several sentences."""


def pieces(text: str) -> list[str]:
    """Return the sentences of a text; of a very long one, groups of sentences."""
    sentences = [sentence.text for sentence in split_sentences(text)]
    size = -(-len(sentences) // LONGEST) or 1
    return [" ".join(sentences[at : at + size]) for at in range(0, len(sentences), size)]


def passages(text: str) -> list[str]:
    """Return the pieces of a text, and each with the one after it.

    What an answer says in one sentence, a source may say in two.
    """
    single = pieces(text)
    return single + [f"{one} {other}" for one, other in pairwise(single)]


def ramp(value: float, low: float, high: float) -> float:
    """Map a closeness to 0 up to `low`, to 1 from `high` on, and evenly in between."""
    return min(max((value - low) / (high - low), 0.0), 1.0)
