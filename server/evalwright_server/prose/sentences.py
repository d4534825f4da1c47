"""Texts as sentences."""

import re
from dataclasses import dataclass
from typing import Final

_ABBREVIATIONS: Final = frozenset(
    "mr mrs ms dr prof sr jr st vs etc eg ie approx dept est fig inc ltd co corp no vol pp cf "
    "al gen col sgt rev hon jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k e.g i.e "
    "a.m p.m".split()
)
_END: Final = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|\n+")
_LAST_WORD: Final = re.compile(r"([\w.]+)$")
_BULLET: Final = re.compile(r"\s*(?:[-*•–]|\(?\d{1,3}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, or an entry of a list, and where it stands.

    Attributes:
        text: Without bullet and surrounding space.
        start: Where it begins in the text it was taken from.
    """

    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends in the text it was taken from."""
        return self.start + len(self.text)


def split_sentences(text: str) -> list[Sentence]:
    """Split a text at the ends of its sentences and lines; pieces without a word are left out."""
    found: list[Sentence] = []
    start = 0
    for end in [*_ends(text), len(text)]:
        sentence = _trimmed(text, start, end)
        if any(character.isalnum() for character in sentence.text):
            found.append(sentence)
        start = end
    return found


def _ends(text: str) -> list[int]:
    return [
        match.end()
        for match in _END.finditer(text)
        if match.group().startswith("\n") or not _is_abbreviated(text, match)
    ]


def _is_abbreviated(text: str, end: re.Match[str]) -> bool:
    """Tell whether a full stop belongs to an abbreviation, an initial or a list's number."""
    if end.group()[0] != ".":
        return False
    # A word of more than 30 letters is no abbreviation; looking back further costs time.
    last = _LAST_WORD.search(text[max(0, end.start() - 30) : end.start()])
    if last is None:
        return False
    word = last.group().lower()
    at_line_start = not text[text.rfind("\n", 0, end.start()) + 1 : end.start() - len(word)].strip()
    is_number = word.isdecimal() and at_line_start
    is_initial = len(word) == 1 and last.group().isupper() and word != "i"
    return is_number or is_initial or word in _ABBREVIATIONS


def _trimmed(text: str, start: int, end: int) -> Sentence:
    bullet = _BULLET.match(text, start, end)
    if bullet is not None:
        start = bullet.end()
    piece = text[start:end]
    return Sentence(piece.strip(), start + len(piece) - len(piece.lstrip()))
