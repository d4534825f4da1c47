"""Whether a sentence says that something is so, or that it is not."""

from typing import Final

from evalwright_server.prose.words import STOP_WORDS, stem, words

NEGATIONS: Final = frozenset(
    "not no never none nobody nothing neither nor cannot without hardly barely scarcely isn't "
    "aren't wasn't weren't don't doesn't didn't won't wouldn't can't couldn't shouldn't "
    "hasn't haven't hadn't mustn't needn't fails failed lacks lacked denies denied refuses "
    "refused unable impossible unless free exempt banned bans forbidden forbids prohibited "
    "unproven unbeaten unchanged".split()
)
_BEFORE_VERBS: Final = frozenset({"not", "never", "cannot"})
OPPOSITES: Final = (
    ("increase", "decrease"), ("increased", "decreased"), ("increases", "decreases"),
    ("rise", "fall"), ("rose", "fell"), ("rises", "falls"), ("higher", "lower"), ("more", "less"),
    ("before", "after"), ("first", "last"), ("allowed", "forbidden"), ("permitted", "prohibited"),
    ("open", "closed"), ("opens", "closes"), ("true", "false"), ("safe", "unsafe"),
    ("legal", "illegal"), ("possible", "impossible"), ("always", "never"),
    ("include", "exclude"), ("includes", "excludes"),
    ("accept", "reject"), ("accepted", "rejected"), ("won", "lost"), ("early", "late"),
    ("earlier", "later"), ("largest", "smallest"), ("maximum", "minimum"), ("above", "below"),
    ("optional", "mandatory"), ("required", "optional"), ("free", "paid"), ("enabled", "disabled"),
)  # fmt: skip
"""Pairs of words of which one can't stand for the other."""


def is_negative(text: str) -> bool:
    """Tell whether a text has an odd number of negations: two of them cancel each other."""
    return sum(word in NEGATIONS for word in words(text)) % 2 == 1


def denied(text: str) -> set[str]:
    """Return the stems of what "not" and "never" deny: the first word of meaning after each."""
    said = words(text)
    found = set()
    for place, word in enumerate(said):
        if word in _BEFORE_VERBS or word.endswith("n't"):
            following = [each for each in said[place + 1 : place + 4] if each not in STOP_WORDS]
            found |= {stem(each) for each in following[:1]}
    return found


def opposed(one: str, other: str) -> tuple[str, str] | None:
    """Find a word of one text whose opposite stands in the other, and the word itself does not.

    Returns:
        The word and its opposite, or None.
    """
    own, others = set(words(one)), set(words(other))
    for pair in OPPOSITES:
        for word, opposite in (pair, pair[::-1]):
            if word in own and opposite in others and word not in others and opposite not in own:
                return word, opposite
    return None
