"""What an evaluator says about a row."""

from dataclasses import dataclass
from typing import Final

from evalwright_server.models import Usage

MAX_LABEL: Final = 1_000
MAX_TEXT: Final = 20_000
"""Longest explanation or error, in characters; more is cut off."""
CUT: Final = " … (cut)"
TOO_DEEP: Final = "A value of the row is nested too deeply to be judged."


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """A judgement; at least one of score and label is there.

    Attributes:
        score: A finite number, by convention between 0 and 1.
        label: A category.
        explanation: Why, for people.
        usage: The tokens that a model took for it.
    """

    score: float | None
    label: str | None
    explanation: str | None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class EvaluationError:
    """One row could not be judged.

    Attributes:
        message: Why, and where that is known what to change.
        usage: The tokens that a model took nevertheless.
    """

    message: str
    usage: Usage | None = None


Outcome = EvaluationResult | EvaluationError
"""What becomes of one row."""


def storable(text: str, limit: int = MAX_TEXT) -> str:
    """Make a text from user code fit for any database.

    NUL and lone surrogates, which PostgreSQL or UTF-8 can't hold, become replacement characters.

    Args:
        text: Anything.
        limit: Longest result in characters, not counting the mark that something was cut off.
    """
    clean = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= limit else clean[:limit] + CUT
