"""What a request asks for, as far as rules can tell."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from evalwright_server.metrics.structure import unfenced
from evalwright_server.metrics.wording import wordings_of
from evalwright_server.prose.quantities import quantities
from evalwright_server.prose.sentences import split_sentences
from evalwright_server.prose.words import words

_ASKING: Final = "what|why|how|who|when|where|which|list|explain|describe|give|tell"
_JOINED: Final = re.compile(
    rf"\s*(?:;|,?\s+and (?:also |then )?(?=(?:{_ASKING})\b))", re.IGNORECASE
)
_NO_THINGS: Final = (
    r"words?|sentences?|paragraphs?|characters?|lines?|seconds?|minutes?|hours?|days?|weeks?|months?"
    r"|years?|percent|times|dollars?|euros?|pounds?"
)
_COUNTED: Final = re.compile(
    r"\b(?:list|give|name|provide|write|suggest|mention|state|describe|tell me|what are|show)\b"
    r"[^.?!\n]{0,30}?"
    r"\b(?P<count>two|three|four|five|six|seven|eight|nine|ten|\d{1,2})\b\s+"
    rf"(?!(?:{_NO_THINGS})\b)(?:[\w-]+\s+){{0,3}}?(?!(?:{_NO_THINGS})\b)"
    r"(?:[\w-]{2,}s|people|children|men|women|media|data)\b",
    re.IGNORECASE,
)
_LIMIT: Final = re.compile(
    r"\b(?P<bound>at most|no more than|under|fewer than|less than|within|maximum of|up to|in"
    r"|at least|more than|exactly)\s+(?P<count>\d{1,5}|one|two|three|four|five|ten)\s+"
    r"(?P<unit>words?|sentences?|paragraphs?|characters?|lines?|bullet points?)\b",
    re.IGNORECASE,
)
_FORMATS: Final = {
    "JSON": re.compile(
        r"\b(?:as|in|valid|return|output|reply with|respond with) (?:a |an )?(?:valid )?json\b",
        re.IGNORECASE,
    ),
    "a table": re.compile(r"\b(?:as|in|make|create) (?:a |an )?(?:\w+ )?table\b", re.IGNORECASE),
    "a list": re.compile(
        r"\b(?:as|in|with) (?:a |an )?(?:bullet(?:ed)?|numbered) (?:list|points?)\b"
        r"|\bbullet points\b",
        re.IGNORECASE,
    ),
    "code": re.compile(
        r"\b(?:write|implement) (?:a |an |the )?(?:\w+ )?"
        r"(?:function|program|script|class|query|regex)\b",
        re.IGNORECASE,
    ),
}
_ENTRY: Final = re.compile(r"^\s*(?:[-*•]|\(?\d{1,3}[.)])\s+\S", re.MULTILINE)
_TABLE_ROW: Final = re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE)
_CODE: Final = re.compile(
    r"```|^\s*(?:def |class |function |SELECT |import |#include|const |let |var )",
    re.MULTILINE | re.IGNORECASE,
)
_CUT_OFF: Final = re.compile(
    r"(?:[,;:]|\b(?:and|or|the|of|to|with|a|an|in|for|because|that))\s*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Constraint:
    """Something a request asks of the form of its answer.

    Attributes:
        text: What it is, for people.
        is_kept: Tells whether an answer keeps to it.
    """

    text: str
    is_kept: Callable[[str], bool]


def parts_of(request: str) -> list[str]:
    """Return the single questions and orders of a request."""
    sentences = [sentence.text for sentence in split_sentences(request)]
    parts = [part.strip() for text in sentences for part in _JOINED.split(text) if part.strip()]
    questions = [part for part in parts if part.endswith("?") or len(words(part)) > 2]
    return questions or parts or [request]


def asked_count(request: str) -> int | None:
    """Return how many things a request asks for, such as 3 for "list three reasons"."""
    match = _COUNTED.search(request)
    if match is None:
        return None
    found = quantities(match["count"])
    return int(found[0].value) if found else None


def entries(answer: str) -> int:
    """Count the entries of an answer: those of its lists, or else its sentences."""
    return len(_ENTRY.findall(answer)) or len(split_sentences(answer))


def is_cut_off(answer: str) -> bool:
    """Tell whether an answer breaks off in the middle of a sentence."""
    return _CUT_OFF.search(answer.rstrip()[-40:]) is not None or answer.count("```") % 2 == 1


def constraints_of(request: str) -> list[Constraint]:
    """Find what a request asks of the form of its answer."""
    found = [_limit(match) for match in _LIMIT.finditer(request)]
    count = asked_count(request)
    if count is not None:
        found.append(Constraint(f"{count} entries", lambda answer: entries(answer) == count))
    found += [Constraint(text, keeps) for text, keeps in wordings_of(request)]
    kinds = {"JSON": _is_json, "a table": _has_table, "a list": _has_list, "code": _has_code}
    asked = [name for name, form in _FORMATS.items() if form.search(request)]
    return found + [Constraint(name, kinds[name]) for name in asked]


def _limit(match: re.Match[str]) -> Constraint:
    unit, bound = match["unit"].lower().rstrip("s"), match["bound"].lower()
    number = quantities(match["count"])
    count = int(number[0].value) if number else 1
    return Constraint(match.group(), partial(_is_within, unit, bound, count))


def _is_within(unit: str, bound: str, count: int, answer: str) -> bool:
    size = _MEASURES[unit](answer)
    if bound in ("at least", "more than"):
        return size >= count
    if bound in ("in", "exactly"):
        # "In 100 words" is meant roughly, "in two sentences" is not.
        slack = 0.2 * count if unit in ("word", "character") else 0
        return abs(size - count) <= slack
    return size <= count


_MEASURES: Final[dict[str, Callable[[str], int]]] = {
    "word": lambda answer: len(words(answer)),
    "sentence": lambda answer: len(split_sentences(answer)),
    "paragraph": lambda answer: len(
        [part for part in re.split(r"\n\s*\n", answer) if part.strip()]
    ),
    "character": len,
    "line": lambda answer: len([line for line in answer.splitlines() if line.strip()]),
    "bullet point": lambda answer: len(_ENTRY.findall(answer)),
}


def _is_json(answer: str) -> bool:
    try:
        json.loads(unfenced(answer))
    except (ValueError, RecursionError):
        return False
    return True


def _has_table(answer: str) -> bool:
    return len(_TABLE_ROW.findall(answer)) > 1 or "\t" in answer


def _has_list(answer: str) -> bool:
    return len(_ENTRY.findall(answer)) > 1


def _has_code(answer: str) -> bool:
    return _CODE.search(answer) is not None
