"""Names of people, places and things: what is written with a capital inside a sentence."""

import re
from typing import Final

from evalwright_server.prose.sentences import split_sentences
from evalwright_server.prose.words import STOP_WORDS

_NAME: Final = re.compile(
    r"[A-ZÀ-Þ][\w’'.-]*(?:\s+(?:of|de|van|von|the|del|la)\s+[A-ZÀ-Þ][\w’'.-]*|\s+[A-ZÀ-Þ][\w’'.-]*)*"
)
_CALENDAR: Final = frozenset(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday".split()
)
_FORMS: Final = re.compile(r"^(?:the|a|an)\s+|['’]s$|[.,;:]+$", re.IGNORECASE)


def names(text: str) -> set[str]:
    """Return the names in a text, in lower case.

    A single capital word at the start of a sentence counts only if it stands elsewhere in the text
    with a capital, too, since every sentence begins with one, or if it is all capitals.
    """
    inside: set[str] = set()
    first: set[str] = set()
    for sentence in split_sentences(text):
        for match in _NAME.finditer(sentence.text):
            name = _FORMS.sub("", match.group()).casefold()
            is_word = " " not in match.group() and not match.group().isupper()
            starts = is_word and match.start() == 0
            (first if starts else inside).add(name)
    found = inside | (first & {part for name in inside for part in name.split()})
    return {name for name in found if _is_name(name)}


def _is_name(name: str) -> bool:
    return (
        len(name) > 1 and name not in STOP_WORDS and not set(name.split()) <= _CALENDAR | STOP_WORDS
    )


def name_words(text: str) -> set[str]:
    """Return the words that names of a text consist of."""
    return {word for name in names(text) for word in name.split() if word not in STOP_WORDS}
