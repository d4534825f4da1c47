"""How far a statement goes: for all, or under a condition."""

import re
from typing import Final

_UNIVERSAL: Final = re.compile(
    r"\b(?:all|any|anyone|anybody|always|every|everyone|everybody|everything|entirely|even"
    r"|whatever|whoever|whenever|no matter|regardless|at any (?:time|point))\b",
    re.IGNORECASE,
)
_CONDITION: Final = re.compile(
    r"\b(?:only|unless|if|except|when|whenever|before|after|until|once|provided|condition|need"
    r"|needs|must|with|without|alone|where|under|below|above|at least)\b",
    re.IGNORECASE,
)


def widened(claim: str, source: str) -> str | None:
    """Find what makes a claim hold for all where its source has a condition, and no such word."""
    found = _UNIVERSAL.search(claim)
    if found is None or _UNIVERSAL.search(source) or not _CONDITION.search(source):
        return None
    return found.group()
