"""Metrics that compare characters and numbers."""

import unicodedata
from decimal import Decimal
from typing import Final

import re2
from rapidfuzz.distance import Levenshtein

from evalwright_server.metrics.items import Engine, MetricItem, Outcome, Score, Unscored
from evalwright_server.prose.quantities import quantities, same

NO_EXPECTED: Final = Unscored("The item has no `expected` to compare with.")
_LONGEST_PATTERN: Final = 10_000


def normalized(text: str, *, ignores_case: bool = True) -> str:
    """Return a text as it is compared: NFKC, single blanks, and lower case unless that counts."""
    folded = " ".join(unicodedata.normalize("NFKC", text).split())
    return folded.casefold() if ignores_case else folded


def _ignores_case(item: MetricItem) -> bool:
    return item.metadata.get("case_sensitive") is not True


def equals(item: MetricItem) -> Outcome:
    """1 if output and expected are the same text, after `normalized`."""
    if item.expected is None:
        return NO_EXPECTED
    ignores_case = _ignores_case(item)
    is_same = normalized(item.output, ignores_case=ignores_case) == normalized(
        item.expected, ignores_case=ignores_case
    )
    said = "The output is the expected text." if is_same else "The output is another text."
    return Score(float(is_same), said, Engine.RULES)


def contains(item: MetricItem) -> Outcome:
    """1 if the output contains the expected text, after `normalized`."""
    if item.expected is None:
        return NO_EXPECTED
    ignores_case = _ignores_case(item)
    wanted = normalized(item.expected, ignores_case=ignores_case)
    if not wanted:
        return Unscored("`expected` is empty; every text contains that.")
    is_there = wanted in normalized(item.output, ignores_case=ignores_case)
    said = "The output contains" if is_there else "The output does not contain"
    return Score(float(is_there), f"{said} the expected text.", Engine.RULES)


def regex_match(item: MetricItem) -> Outcome:
    """1 if a pattern is found in the output.

    The pattern is `metadata.pattern`, else `expected`, in the syntax of RE2, which takes time
    linear in the text whatever the pattern.
    """
    pattern = item.metadata.get("pattern", item.expected)
    if not isinstance(pattern, str) or not pattern:
        return Unscored("The item has no pattern: give one as `metadata.pattern` or `expected`.")
    if len(pattern) > _LONGEST_PATTERN:
        return Unscored(f"The pattern has more than {_LONGEST_PATTERN} characters.")
    options = re2.Options()
    options.case_sensitive = item.metadata.get("case_sensitive") is not False
    options.log_errors = False
    try:
        found = re2.compile(pattern, options).search(item.output)
    except (re2.error, UnicodeError) as error:
        return Unscored(f"The pattern can't be compiled by RE2: {_text(error)}")
    if found is None:
        return Score(0.0, "The pattern is not found in the output.", Engine.RULES)
    return Score(1.0, f"The pattern is found at character {found.start()}.", Engine.RULES)


def _text(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return first.decode(errors="replace") if isinstance(first, bytes) else str(first)


def levenshtein(item: MetricItem) -> Outcome:
    """1 minus the edit distance to expected over the longer length (Levenshtein 1966)."""
    if item.expected is None:
        return NO_EXPECTED
    one, other = normalized(item.output), normalized(item.expected)
    value = Levenshtein.normalized_similarity(one, other)
    edits = Levenshtein.distance(one, other)
    said = f"{edits} edits turn the output into the expected text."
    return Score(value, said, Engine.RULES)


def exact_numeric(item: MetricItem) -> Outcome:
    """1 if the last number of the output is the last number of expected.

    `metadata.tolerance` is how far they may be apart, relative to the expected one; 0 when left
    out. The last number counts, as answers end with their result.
    """
    if item.expected is None:
        return NO_EXPECTED
    wanted = quantities(item.expected)
    if not wanted:
        return Unscored("`expected` has no number.")
    found = quantities(item.output)
    if not found:
        return Score(0.0, "The output has no number.", Engine.RULES)
    one, other = found[-1], wanted[-1]
    tolerance = item.metadata.get("tolerance", 0)
    allowed = Decimal(str(tolerance)) if isinstance(tolerance, int | float) else Decimal()
    near = abs(one.value - other.value) <= abs(other.value) * allowed
    units = one.unit is None or other.unit is None or one.unit == other.unit
    is_same = same(one, other) or (near and units)
    said = f"The output's last number is {one.text}, the expected one {other.text}."
    return Score(float(is_same), said, Engine.RULES)
