"""Months and days of the week that a text names."""

import re
from typing import Final

# With a capital only: "may" and "march" are other words, too.
_NAMED: Final = re.compile(
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)s?\b"
)


def named_dates(text: str) -> set[str]:
    """Return the months and weekdays of a text."""
    return {match[1] for match in _NAMED.finditer(text)}
