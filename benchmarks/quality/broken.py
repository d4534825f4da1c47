"""Ways of breaking texts that need no hand: of form, not of content. The same each time."""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from evalwright_server.prose.sentences import split_sentences

_SEED: Final = 7


def coherence_breaks(text: str, other: str) -> Iterator[tuple[str, str]]:
    """Break the thread of a text.

    Args:
        text: Some sentences.
        other: A text about something else.
    """
    own = [sentence.text for sentence in split_sentences(text)]
    foreign = [sentence.text for sentence in split_sentences(other)]
    yield "spliced", " ".join([own[0], foreign[1], own[2], foreign[-1]])
    yield "reversed", " ".join(reversed(own))
    yield "loop", " ".join([own[0], own[1], own[0], own[1]])
    yield "cut off", text[: text.rstrip().rfind(" ")]


def salad(text: str) -> str:
    """Put the words of a text into any order."""
    words = text.split()
    random.Random(_SEED).shuffle(words)
    return " ".join(words)


def garbled(text: str) -> str:
    """Read some of a text in the wrong encoding."""
    return re.sub("[aeiou]", lambda match: "Ã©" if match.start() % 11 == 0 else match[0], text)


def looping(text: str) -> str:
    """Repeat the beginning of a text up to its length."""
    start = " ".join(text.split()[:6])
    return " ".join([start] * (len(text) // len(start) + 1))[: len(text)]


def ungrammatical(text: str) -> str:
    """Take the agreement out of a text and some articles."""
    swaps = {"is": "are", "are": "is", "was": "were", "were": "was", "has": "have", "the": "a"}
    return re.sub(r"\b(is|are|was|were|has|the)\b", lambda match: swaps[match[0]], text)


FLUENCY: Final[Mapping[str, Callable[[str], str]]] = {
    "word salad": salad,
    "garbled": garbled,
    "loop": looping,
    "grammar": ungrammatical,
}
"""How texts are made to read badly, by kind."""
