"""How close texts are in meaning, and what closeness is worth."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

from evalwright_server.prose.sentences import split_sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST: Final = 200
"""Sentences of a text that are looked at; later ones are seen in pieces of several sentences."""


class Embeds(Protocol):
    """Turns texts into vectors of length 1; see `embeddings.Embedder`."""

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Return a row for each text."""
        ...


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
