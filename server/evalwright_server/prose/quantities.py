"""Numbers in texts, with what they count."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

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
_UNITS: Final = {
    "%": "percent", "percent": "percent", "pct": "percent",
    "$": "dollar", "usd": "dollar", "dollar": "dollar", "dollars": "dollar",
    "€": "euro", "eur": "euro", "euro": "euro", "euros": "euro",
    "£": "pound", "gbp": "pound",
    "km": "kilometre", "kilometers": "kilometre", "kilometres": "kilometre",
    "mi": "mile", "mile": "mile", "miles": "mile",
    "kg": "kilogram", "kilogram": "kilogram", "kilograms": "kilogram",
    "lb": "pound weight", "lbs": "pound weight",
    "°c": "celsius", "celsius": "celsius", "°f": "fahrenheit", "fahrenheit": "fahrenheit",
    "second": "second", "seconds": "second", "minute": "minute", "minutes": "minute",
    "hour": "hour", "hours": "hour", "day": "day", "days": "day", "week": "week", "weeks": "week",
    "month": "month", "months": "month", "year": "year", "years": "year",
    "gb": "gigabyte", "mb": "megabyte", "tb": "terabyte",
}  # fmt: skip

_DIGITS: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SPELLED: Final = "|".join(sorted(_WORDS, key=len, reverse=True))
_NUMBER: Final = re.compile(
    rf"(?P<sign>(?<![\w.])[-−])?(?P<before>[$€£]\s?)?"
    rf"(?:(?P<digits>(?<![\w.]){_DIGITS}|(?<=[$€£]){_DIGITS})(?:st|nd|rd|th)?"
    rf"|\b(?P<spelled>(?:{_SPELLED})(?:[ -](?:{_SPELLED}))?)\b)"
    r"(?:\s?(?P<scale>hundred|thousand|million|billion|trillion|k|m|bn)\b)?"
    r"(?:\s?(?P<after>%|°[cf]\b|[a-z]+))?",
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

    "one" and "a" alone are left out: they are seldom meant as numbers.
    """
    found = []
    for match in _NUMBER.finditer(text):
        value = _value(match)
        if value is not None and (match["spelled"] or "").lower() != "one":
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
    scaled = number * _SCALES.get((match["scale"] or "").lower(), Decimal(1))
    return -scaled if match["sign"] else scaled


def _unit(match: re.Match[str]) -> str | None:
    before = (match["before"] or "").strip()
    return _UNITS.get(before) or _UNITS.get((match["after"] or "").lower())


def same(one: Quantity, other: Quantity) -> bool:
    """Tell whether two quantities say the same; a unit that is left out may be any."""
    units = one.unit is None or other.unit is None or one.unit == other.unit
    return units and one.value == other.value
