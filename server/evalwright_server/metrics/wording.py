"""What a request asks of the words of its answer: which to use first, only, or not at all."""

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from evalwright_server.prose.words import stem, words

_QUOTE: Final = r"(?:\"|'|“|”|’)?"
_WORD: Final = rf"{_QUOTE}(?P<word>[\w-]+){_QUOTE}"
_WITHOUT: Final = re.compile(
    r"\b(?:without (?:using|saying)|(?:do not|don['’]t|never) (?:use|say)|avoid(?: using)?)"
    rf" the (?:word|term) {_WORD}",
    re.IGNORECASE,
)
_FIRST: Final = re.compile(
    rf"\b(?:start|begin) (?:your |the )?(?:answer|reply|response|text)? ?with the word {_WORD}",
    re.IGNORECASE,
)
_ONLY: Final = re.compile(
    rf"\b(?:answer|reply|respond) (?:only|just) (?:with )?{_QUOTE}(?P<one>\w+){_QUOTE}"
    rf" or {_QUOTE}(?P<other>\w+)",
    re.IGNORECASE,
)

Keeps = Callable[[str], bool]


def wordings_of(request: str) -> list[tuple[str, Keeps]]:
    """Find what a request asks of words: how it says so, and what tells whether it is kept to."""
    return [
        *_each(_WITHOUT, request, lambda match: partial(_lacks, match["word"])),
        *_each(_FIRST, request, lambda match: partial(_starts, match["word"])),
        *_each(_ONLY, request, lambda match: partial(_is_one, {match["one"], match["other"]})),
    ]


def _each(
    pattern: re.Pattern[str], request: str, keeps: Callable[[re.Match[str]], Keeps]
) -> list[tuple[str, Keeps]]:
    return [(match.group(), keeps(match)) for match in pattern.finditer(request)]


def _lacks(word: str, answer: str) -> bool:
    return stem(word.casefold()) not in {stem(each) for each in words(answer)}


def _starts(word: str, answer: str) -> bool:
    return words(answer)[:1] == [word.casefold()]


def _is_one(choice: set[str], answer: str) -> bool:
    said = words(answer)
    return len(said) == 1 and said[0] in {word.casefold() for word in choice}
