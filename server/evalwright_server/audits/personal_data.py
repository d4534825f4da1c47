"""Personal data and secrets in texts, found by form and, where there is one, by check digit."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from evalwright_server.audits.findings import Finding

CATEGORY: Final = "S10"
_KEPT: Final = 2
"""Characters of masked data that are shown at its end."""

_IBAN_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22,
    "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28,
    "IE": 22, "IL": 23, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27,
    "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SA": 24, "SE": 24, "SI": 19,
    "SK": 24, "TR": 26,
}  # fmt: skip
"""Lengths of account numbers by country (the IBAN registry)."""


def luhn(digits: str) -> bool:
    """Check the last digit of a card number (ISO/IEC 7812-1)."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        digit = int(character) * (1 + place % 2)
        total += digit - 9 * (digit > 9)
    return total % 10 == 0


def is_card(text: str) -> bool:
    """Tell whether digits are a card's: 13 to 19, a known first digit, and the check digit."""
    digits = re.sub(r"\D", "", text)
    is_plain = len(set(digits)) > 1
    return 13 <= len(digits) <= 19 and digits[0] in "3456" and is_plain and luhn(digits)


def is_iban(text: str) -> bool:
    """Check an international account number: length and remainder 1 of 97 (ISO 13616)."""
    compact = re.sub(r"\s", "", text).upper()
    if len(compact) != _IBAN_LENGTHS.get(compact[:2]):
        return False
    moved = compact[4:] + compact[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def iban_part(text: str) -> str:
    """Return the part of a text that is as long as account numbers of its country are."""
    left = _IBAN_LENGTHS.get(text[:2].upper(), 0)
    for place, character in enumerate(text):
        left -= not character.isspace()
        if left == 0:
            return text[: place + 1]
    return text


def is_social_security_number(text: str) -> bool:
    """Tell whether digits are a US social security number: no part may be zero, nor 666 or 9xx."""
    area, group, serial = re.split(r"[- ]", text)
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def is_address_of_host(text: str) -> bool:
    """Tell whether numbers are an IPv4 address that points at a host on the internet."""
    parts = [int(part) for part in text.split(".")]
    is_private = parts[0] in (0, 10, 127) or parts[:2] in ([192, 168], [169, 254])
    return all(part < 256 for part in parts) and not is_private and parts[0] < 224


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of personal data.

    Attributes:
        detector: Its name.
        pattern: What it looks like.
        confidence: How sure a match that passes the check is.
        check: Tells whether a match is one.
        trim: Takes off what the pattern has taken too much.
    """

    detector: str
    pattern: re.Pattern[str]
    confidence: float
    check: Callable[[str], bool] = lambda _text: True
    trim: Callable[[str], str] = str


_FORMS: Final = (
    _Form("luhn", re.compile(r"(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-])"), 0.95, is_card),
    _Form("iban", re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}\b"), 0.98, is_iban,
          iban_part),
    _Form("social_security_number", re.compile(r"(?<![\d-])\d{3}[- ]\d{2}[- ]\d{4}(?![\d-])"),
          0.85, is_social_security_number),
    _Form("private_key", re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"), 0.99),
    _Form("api_key", re.compile(
        r"\b(?:sk-(?:proj-|ant-)?[A-Za-z0-9_-]{20,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}"
        r"|xox[abpr]-[A-Za-z0-9-]{10,}|AIza[0-9A-Za-z_-]{35})"), 0.97),
    _Form("password", re.compile(
        r"\b(?:password|passwd|passcode|pin code)\s*(?:is|:|=)\s*['\"]?(?=\S*\d)[^\s'\".,]{6,64}",
        re.IGNORECASE), 0.75),
    _Form("email", re.compile(
        r"\b[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}\b"), 0.6),
    _Form("phone", re.compile(
        r"(?<![\w+.-])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)|\d{2,4})[ .-]\d{3,4}[ .-]\d{3,4}"
        r"(?![\w-])"), 0.55),
    _Form("ip_address", re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"), 0.3,
          is_address_of_host),
    _Form("street_address", re.compile(
        r"\b\d{1,5} (?:[A-Z][a-z]+ ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Court|Ct"
        r"|Boulevard|Blvd)\b"), 0.5),
)  # fmt: skip


def personal_data(text: str) -> Iterator[Finding]:
    """Find personal data; each place counts once, as the surest form that fits."""
    taken: list[range] = []
    for form in _FORMS:
        for match in form.pattern.finditer(text):
            part = form.trim(match.group())
            place = range(match.start(), match.start() + len(part))
            if any(place.start < other.stop and other.start < place.stop for other in taken):
                continue
            if form.check(part):
                taken.append(place)
                snippet = mask(part)
                yield Finding(CATEGORY, form.detector, form.confidence, place.start, snippet)


def mask(text: str) -> str:
    """Hide a text but for its last characters, so that a report does not give it away."""
    hidden = re.sub(r"[^\W_]", "*", text[:-_KEPT])
    return hidden + text[-_KEPT:] if len(text) > 2 * _KEPT else "*" * len(text)


def masked(text: str) -> str:
    """Hide all personal data in a text."""
    for form in _FORMS:
        text = form.pattern.sub(partial(_replacement, form), text)
    return text


def _replacement(form: _Form, match: re.Match[str]) -> str:
    whole, part = match.group(), form.trim(match.group())
    return mask(part) + whole[len(part) :] if form.check(part) else whole
