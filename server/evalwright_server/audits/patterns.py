"""Harmful content by its wording: what is done, to what, and how, in one sentence.

Single words prove nothing ("kill a process", "shoot a film"), so most patterns want a verb and its
object, or instructions, near each other.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from evalwright_server.audits.findings import Finding

_NEAR: Final = r"[^.!?\n]{0,60}?"
_PEOPLE: Final = (
    r"(?:him|her|them|you|someone|somebody|people|person|man|woman|victim|neighbou?r|wife|husband"
    r"|boss|teacher|guard|driver|child)\b"
)
_WARNING: Final = re.compile(
    r"\b(?:never|do not|don't|avoid|should not|shouldn't|must not|illegal to|dangerous to"
    r"|warn(?:ing|ed)?|it is (?:false|untrue|a myth)|myth|no evidence|debunked|contrary to)\b",
    re.IGNORECASE,
)
WARNED: Final = 0.35
"""What is left of a finding's confidence in a sentence that warns of it or denies it."""
_AROUND: Final = 120

_Pattern = tuple[re.Pattern[str], float]


@cache
def _patterns() -> Mapping[str, tuple[_Pattern, ...]]:
    """Read and compile patterns.toml."""
    text = files("evalwright_server.audits").joinpath("patterns.toml").read_text(encoding="utf-8")
    return {code: tuple(map(_compile, rows)) for code, rows in tomllib.loads(text).items()}


def _compile(row: Mapping[str, Any]) -> _Pattern:
    parts = [rf"\b(?:{part})" for part in row.get("near", ())]
    pattern = row["pattern"] if "pattern" in row else _NEAR.join(parts)
    return re.compile(pattern.replace("{people}", _PEOPLE), re.IGNORECASE), row["confidence"]


def harmful_wording(text: str, codes: frozenset[str]) -> Iterator[Finding]:
    """Find harmful wording of some categories; of each category the surest place."""
    for code in _patterns().keys() & codes:
        found = [
            _finding(code, text, match, confidence)
            for pattern, confidence in _patterns()[code]
            if (match := pattern.search(text)) is not None
        ]
        if found:
            yield max(found, key=lambda finding: finding.confidence)


def _finding(code: str, text: str, match: re.Match[str], confidence: float) -> Finding:
    before = max(text.rfind(mark, 0, match.start()) for mark in ".!?\n")
    sentence = text[before + 1 : match.end()]
    if _WARNING.search(sentence):
        confidence *= WARNED
    return Finding(code, "pattern", confidence, match.start(), match.group()[:_AROUND])
