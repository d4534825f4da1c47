"""Believing nothing of what comes out of a sandbox but its shape."""

import json
from dataclasses import dataclass
from math import isfinite
from typing import Final

from evalwright_server.evaluators.results import (
    MAX_LABEL,
    EvaluationError,
    EvaluationResult,
    Outcome,
    storable,
)


class MalformedMessage(ValueError):
    """A line that the harness would not write: user code wrote to its channel."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The evaluator is ready to judge."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The evaluator can't judge any row.

    Attributes:
        message: Why.
    """

    message: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A row is done.

    Attributes:
        index: Place of the row among those sent.
        outcome: What became of it.
    """

    index: int
    outcome: Outcome


Message = Loaded | Broken | Judged
TAGS: Final = {"loaded": 0, "broken": 1, "result": 4, "error": 2}
"""How many values follow each tag."""


def read_message(line: bytes) -> Message:
    """Read one line of the harness.

    Raises:
        MalformedMessage: It is not one.
    """
    try:
        parts = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage("no JSON") from error
    if not isinstance(parts, list) or not parts or not isinstance(parts[0], str):
        raise MalformedMessage("no tagged array")
    tag, *values = parts
    if TAGS.get(tag) != len(values):
        raise MalformedMessage("unknown tag or wrong number of values")
    if tag == "loaded":
        return Loaded()
    if tag == "broken":
        return Broken(text(values[0]))
    return Judged(index(values[0]), outcome(tag, values[1:]))


def outcome(tag: str, values: list[object]) -> Outcome:
    """Read what became of a row."""
    if tag == "error":
        return EvaluationError(text(values[0]))
    label = None if values[1] is None else text(values[1])
    if label is not None and len(label) > MAX_LABEL:
        raise MalformedMessage("label too long")
    explanation = None if values[2] is None else text(values[2])
    score = None if values[0] is None else number(values[0])
    if score is None and label is None:
        raise MalformedMessage("neither score nor label")
    return EvaluationResult(score, label, explanation)


def text(value: object) -> str:
    """Take a text, made fit for storing."""
    if not isinstance(value, str):
        raise MalformedMessage("no text")
    return storable(value)


def number(value: object) -> float:
    """Take a finite float."""
    if not isinstance(value, float) or not isfinite(value):
        raise MalformedMessage("no finite number")
    return value


def index(value: object) -> int:
    """Take a place in a list."""
    if type(value) is not int or value < 0:
        raise MalformedMessage("no index")
    return value
