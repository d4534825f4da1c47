"""Numbers in texts, with what they count."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from evalwright_server.prose.units import UNITS, comparable

_SMALL: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS: Final = {word: Decimal(index) for index, word in enumerate(_SMALL)} | {
    word: Decimal(20 + 10 * index) for index, word in enumerate(_TENS)
}
_SCALES: Final = {
    "hundred": Decimal(100),
    "thousand": Decimal(10**3),
    "million": Decimal(10**6),
    "billion": Decimal(10**9),
    "trillion": Decimal(10**12),
    "k": Decimal(10**3),
    "m": Decimal(10**6),
    "bn": Decimal(10**9),
}
_DIGITS: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SPELLED: Final = "|".join(sorted(_WORDS, key=len, reverse=True))
_NUMBER: Final = re.compile(
    rf"(?P<sign>(?<![\w.])[-−])?(?P<before>[$€£]\s?|\b(?:EUR|USD|GBP)\s?)?"
    rf"(?:(?P<digits>(?<![\w.]){_DIGITS}|(?<=[$€£RDP]){_DIGITS})(?:st|nd|rd|th)?"
    rf"|\b(?P<spelled>(?:{_SPELLED})(?:[ -](?:{_SPELLED}))?)\b)"
    r"(?:\s?(?P<scale>hundred|thousand|million|billion|trillion|bn)\b|(?P<short>[km])\b(?!²))?"
    r"(?P<half> and a half)?"
    r"(?:[\s-]?(?P<after>%|°[cf]\b|(?:(?:square|cubic|degrees) )?[a-z]+))?",
    re.IGNORECASE,
)
_LONGEST: Final = 40
"""Digits of the longest number that is read as one."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, and where it stands.

    Attributes:
        value: The number itself.
        unit: What it counts, in one spelling; None where that is no unit that is known.
        text: As it is written.
        start: Where it begins.
    """

    value: Decimal
    unit: str | None
    text: str
    start: int


def quantities(text: str) -> list[Quantity]:
    """Find the numbers of a text: digits or words, with scale and unit.

    "one" and "a" alone are left out: they are seldom meant as numbers. So is "three times", which
    compares.
    """
    found = []
    for match in _NUMBER.finditer(text):
        value = _value(match)
        is_counted = (match["spelled"] or "").lower() != "one"
        if value is not None and is_counted and (match["after"] or "").lower() != "times":
            found.append(Quantity(value, _unit(match), match.group().strip(), match.start()))
    return found


def _value(match: re.Match[str]) -> Decimal | None:
    if match["spelled"]:
        number = sum(
            (_WORDS[part] for part in re.split("[ -]", match["spelled"].lower())), Decimal()
        )
    elif len(match["digits"]) > _LONGEST:
        return None
    else:
        try:
            number = Decimal(match["digits"].replace(",", ""))
        except InvalidOperation:
            return None
    if match["half"]:
        number += Decimal("0.5")
    scaled = number * _SCALES.get((match["scale"] or _short(match)).lower(), Decimal(1))
    return -scaled if match["sign"] else scaled


def _short(match: re.Match[str]) -> str:
    """Return a scale of one letter: "$3m" are millions, "34 m" are metres."""
    short = match["short"] or ""
    return short if match["before"] or short.lower() == "k" else ""


def _unit(match: re.Match[str]) -> str | None:
    before = (match["before"] or "").strip().lower()
    after = (match["after"] or "").lower()
    if match["short"] and not _short(match):
        after = match["short"].lower()
    return UNITS.get(before) or UNITS.get(after) or UNITS.get(after.removeprefix("degrees "))


def same(one: Quantity, other: Quantity) -> bool:
    """Tell whether two quantities say the same: 21 days are three weeks.

    A unit that is left out may be any.
    """
    if one.unit is None or other.unit is None:
        return one.value == other.value
    return comparable(one.value, one.unit) == comparable(other.value, other.unit)
