"""Metrics of how an answer is written: weak proxies, which say so.

What makes a text coherent or fluent, rules can't tell. They do tell what broken generation looks
like: sentences over and over, garbled characters, words without a sentence.
"""

import re
import unicodedata
from collections import Counter
from itertools import pairwise
from typing import Final

from evalwright_server.embeddings.embeds import Embeds
from evalwright_server.metrics.items import Engine, MetricItem, Outcome, Score
from evalwright_server.metrics.meaning import pieces, ramp
from evalwright_server.metrics.requests import is_cut_off
from evalwright_server.metrics.strings import normalized
from evalwright_server.prose.words import STOP_WORDS, words

_MOJIBAKE: Final = re.compile(r"Ã[\x80-\xbf©¨¼¶¤]|â€|\ufffd|\\u[0-9a-f]{4}")
_NGRAM: Final = 4
_ENDS: Final = ".!?…"
_MISPLACED: Final = re.compile(
    r"\b(?:the|an?) (?:the|an?|is|are|was|were|and|or|of|in|on|at|to|from|by|with|for|has|have|it"
    r"|if|when|but|until|as)\b"
    r"|\b(?:the|an?|of|at|from|and|or|but)[.,;!?]|[.!?] [a-z]|[.!?][.,]",
)
"""What no sentence has: an article before a verb or its like, one that ends with an article or
starts small."""
_PROXY: Final = "A weak proxy: "


def coherence(item: MetricItem, embedder: Embeds) -> Outcome:
    """1 if sentences don't repeat each other, follow from one another, and come to an end."""
    sentences = pieces(item.output)
    if not sentences:
        return Score(0.0, "The output has no sentence.", Engine.EMBEDDING)
    distinct = len({normalized(sentence) for sentence in sentences}) / len(sentences)
    flow = _flow(sentences, embedder)
    end = 0.6 if is_cut_off(item.output) or _stops(sentences) else 1.0
    said = (
        f"{_PROXY}{distinct:.0%} of the sentences are distinct, their closeness is worth {flow:.2f}"
    )
    return Score(distinct * flow * end, f"{said}{', and the text breaks off' if end < 1 else ''}.",
                 Engine.EMBEDDING)  # fmt: skip


def _stops(sentences: list[str]) -> bool:
    """Tell whether the last sentence has no end, and the one before has."""
    return len(sentences) > 1 and sentences[-2][-1] in _ENDS and sentences[-1][-1].isalnum()


def _flow(sentences: list[str], embedder: Embeds) -> float:
    """Tell how well sentences follow from the one before; 1 for a single one."""
    if len(sentences) == 1:
        return 1.0
    vectors = embedder.embed(sentences)
    closeness = [float(one @ other) for one, other in pairwise(vectors)]
    # Sentences of one text are seldom very close; what counts is that they aren't about nothing.
    return 0.4 + 0.6 * ramp(sum(closeness) / len(closeness), 0.0, 0.3)


def fluency(item: MetricItem) -> Outcome:
    """1 if the output reads like sentences: known characters, common words, no loops."""
    found = words(item.output)
    if not found:
        return Score(0.0, "The output has no words.", Engine.RULES)
    marks = {
        "characters": 1 - min(10 * junk(item.output), 1.0),
        "small words": ramp(sum(word in STOP_WORDS for word in found) / len(found), 0.05, 0.25),
        "variety": 1 - repeated(found),
        "order of words": 1 - ramp(misplaced(item.output), 0.0, 0.06),
        "length of words": 1.0 - ramp(sum(map(len, found)) / len(found), 7.5, 14.0),
    }
    if len(found) < 5:  # too few for the share of small words to mean anything
        marks["small words"] = 1.0
    value = 1.0
    for mark in marks.values():
        value *= 0.3 + 0.7 * mark
    weakest = min(marks, key=lambda name: marks[name])
    said = f"{_PROXY}the weakest mark is that for {weakest}, {marks[weakest]:.2f}."
    return Score(min(value, 1.0), said, Engine.RULES)


def junk(text: str) -> float:
    """Return the share of characters that no writer types."""
    odd = sum(unicodedata.category(character) in ("Cn", "Co", "Cs", "Cc") for character in text)
    odd -= sum(text.count(character) for character in "\n\r\t")
    garbled = sum(len(match) for match in _MOJIBAKE.findall(text))
    return (odd + garbled) / len(text)


def misplaced(text: str) -> float:
    """Return how many places there are, by word, that no sentence has."""
    return len(_MISPLACED.findall(text)) / max(len(text.split()), 1)


def repeated(found: list[str]) -> float:
    """Return the share of word groups that stand there more than once."""
    groups = Counter(zip(*(found[at:] for at in range(_NGRAM)), strict=False))
    total = groups.total()
    return sum(count - 1 for count in groups.values()) / total if total else 0.0
