"""What is analysed, and what is known of it before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import JsonValue

if TYPE_CHECKING:
    from evalwright_server.audits import AuditVerdict


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool.

    Attributes:
        name: The tool.
        arguments: What it was given.
        result: What it returned.
        error: What went wrong, if something did.
        schema: JSON schema of its arguments, if that is known.
    """

    name: str
    arguments: JsonValue = None
    result: JsonValue = None
    error: str | None = None
    schema: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True)
class FailureItem:
    """A question and its answer, and what led to it."""

    input: str
    output: str
    context: tuple[str, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    expected: str | None = None

    @property
    def members(self) -> frozenset[str]:
        """The members it has, besides input and output."""
        present = {
            "context": bool(self.context),
            "tool_calls": bool(self.tool_calls),
            "expected": self.expected is not None,
        }
        return frozenset(name for name, is_there in present.items() if is_there)

    @property
    def feature_kind(self) -> str:
        """The kind of application that most likely gave it."""
        if self.tool_calls:
            return "agentic_rag" if self.context else "agent"
        return "rag" if self.context else "generic_llm"


@dataclass(frozen=True, slots=True)
class Signals:
    """What else is known of an item.

    Attributes:
        scores: Scores of metrics, from 0 to 1 with 1 good; those that were measured.
        by_judge: The metrics among them that a language model scored.
        explanations: Why they are what they are.
        audit: What a security audit says; None without one.
        unscored: Why other metrics could not be measured.
        audited: The categories of harm that the audit looked for; None for all.
    """

    scores: Mapping[str, float] = field(default_factory=dict)
    by_judge: frozenset[str] = frozenset()
    explanations: Mapping[str, str] = field(default_factory=dict)
    audit: "AuditVerdict | None" = None
    unscored: Mapping[str, str] = field(default_factory=dict)
    audited: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something a decision rests on.

    Attributes:
        type: What it is, for programs.
        description: What it is, for people.
        source: Where it was found: `input`, `output`, `context` or `tool_calls`.
        confidence: How sure it is, from 0 to 1.
        snippet: The offending text.
        start: Where that begins, if it does.
    """

    type: str
    description: str
    source: str
    confidence: float
    snippet: str
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """What a detector says about an item.

    Attributes:
        risk: How much of the failure was found, from 0 (none of it) to 1.
        certainty: How sure the detector is of that, from 0 to 1.
        rationale: Why.
        evidence: What that rests on.
    """

    risk: float
    certainty: float
    rationale: str
    evidence: tuple[Evidence, ...] = ()
