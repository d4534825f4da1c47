"""Units of what is counted, in one spelling, and which of them measure the same."""

from decimal import Decimal
from typing import Final

_SPELLINGS: Final = {
    "percent": "% percent pct", "dollar": "$ usd dollar dollars", "euro": "€ eur euro euros",
    "pound": "£ gbp pound pounds lb lbs",  # of money or of weight, which only the text tells
    "crown": "crown crowns", "cent": "cent cents", "yen": "¥ yen",
    "millimetre": "mm millimetre millimetres", "centimetre": "cm centimetre centimetres",
    "metre": "m metre metres meter meters", "kilometre": "km kilometre kilometres kilometer "
    "kilometers", "inch": "inch inches", "foot": "ft foot feet", "yard": "yd yard yards",
    "mile": "mi mile miles", "gram": "g gram grams", "kilogram": "kg kilogram kilograms",
    "tonne": "t ton tons tonne tonnes", "ounce": "oz ounce ounces",
    "litre": "l litre litres liter liters", "gallon": "gallon gallons",
    "hectare": "ha hectare hectares", "acre": "acre acres",
    "celsius": "°c celsius", "fahrenheit": "°f fahrenheit",
    "second": "s second seconds", "minute": "min minute minutes", "hour": "h hour hours",
    "day": "day days", "week": "week weeks", "month": "month months", "year": "year years",
    "watt": "w watt watts", "kilowatt": "kw kilowatt kilowatts",
    "megawatt": "mw megawatt megawatts", "kilowatt hour": "kwh",
    "megabyte": "mb megabyte megabytes", "gigabyte": "gb gigabyte gigabytes",
    "terabyte": "tb terabyte terabytes",
}  # fmt: skip
_AREAS: Final = {
    f"{prefix} {spelling}": f"{prefix} {unit}"
    for unit in ("metre", "kilometre", "foot", "yard", "mile")
    for spelling in _SPELLINGS[unit].split()
    for prefix in ("square", "cubic")
}
UNITS: Final = {
    spelling: unit for unit, all_ in _SPELLINGS.items() for spelling in all_.split()
} | _AREAS
"""Each unit by its spellings, in lower case."""

_SAME: Final = {
    "millimetre": ("metre", Decimal("0.001")), "centimetre": ("metre", Decimal("0.01")),
    "kilometre": ("metre", Decimal(1000)), "kilogram": ("gram", Decimal(1000)),
    "tonne": ("gram", Decimal(1_000_000)), "minute": ("second", Decimal(60)),
    "hour": ("second", Decimal(3600)), "day": ("second", Decimal(86_400)),
    "week": ("second", Decimal(604_800)), "year": ("month", Decimal(12)),
    "kilowatt": ("watt", Decimal(1000)), "megawatt": ("watt", Decimal(1_000_000)),
}  # fmt: skip


def comparable(value: Decimal, unit: str) -> tuple[Decimal, str]:
    """Return a quantity in the unit that its kind is compared in."""
    base, factor = _SAME.get(unit, (unit, Decimal(1)))
    return value * factor, base
