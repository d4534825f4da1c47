"""Texts as words that carry meaning."""

import re
import unicodedata
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

STOP_WORDS: Final = frozenset(
    "a about above after again all also am an and any are as at be because been before being "
    "below between both but by can could did do does doing down during each few for from "
    "further had has have having he her here hers him his how i if in into is it its itself "
    "just me more most my no nor not now of off on once only or other our ours out over own "
    "same she should so some such than that the their theirs them then there these they this "
    "those through to too under until up very was we were what when where which while who "
    "whom why will with would you your yours".split()
)
"""Words that say little about what a text is about."""

_ENDINGS: Final = ("ingly", "edly", "ing", "edly", "ies", "ed", "ly", "es", "s")
_SHORTEST_STEM: Final = 3


def words(text: str) -> list[str]:
    """Return the words of a text, normalised (NFKC) and in lower case, in order."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [word.replace("’", "'") for word in _WORD.findall(folded)]


def stem(word: str) -> str:
    """Take off the commonest endings, so that `returns`, `returned` and `returning` are one."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            stemmed = word.removesuffix(ending)
            return stemmed + "y" if ending == "ies" else stemmed
    return word


def content_words(text: str) -> list[str]:
    """Return the stems of the words that tell what a text is about, in order."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]
