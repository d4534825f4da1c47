"""What is measured, and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from pydantic import JsonValue


class Engine(StrEnum):
    """What a score comes from."""

    RULES = "rules"
    """Comparison of characters, words and structure."""
    EMBEDDING = "embedding"
    """Closeness of meaning by MiniLM, with rules for what that can't see."""
    JUDGE = "judge"
    """A language model."""


@dataclass(frozen=True, slots=True)
class MetricItem:
    """A question and its answer, and what may be held against them.

    Attributes:
        input: What was asked.
        output: What was answered.
        context: What the answer is to be founded on, in order of rank.
        expected: What should have been answered.
        metadata: What single metrics read besides, such as `pattern` or `schema`.
    """

    input: str
    output: str
    context: tuple[str, ...] = ()
    expected: str | None = None
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Score:
    """A measurement.

    Attributes:
        value: From 0 to 1; 1 is good, for every metric.
        explanation: What it rests on.
        engine: What gave it.
    """

    value: float
    explanation: str
    engine: Engine

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:  # which NaN is not, either
            raise ValueError(f"a score is from 0 to 1, not {self.value}")


@dataclass(frozen=True, slots=True)
class Unscored:
    """Why there is no score: better than a number that means nothing."""

    reason: str


Outcome: TypeAlias = Score | Unscored
