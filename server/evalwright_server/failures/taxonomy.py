"""Every kind of failure, in groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

VERSION: Final = "2026-11"
"""Kinds may be added in later versions; none is renamed or taken away."""

DETERMINISTIC, HYBRID, JUDGED = "deterministic", "hybrid", "llm_judge"
"""How a kind of failure is found: by rules alone, by rules and closeness of meaning (and a judge,
if there is one), or by a judge alone."""

_RETRIEVING: Final = ("rag", "agentic_rag")
_ACTING: Final = ("agent", "agentic_rag")
_ALL: Final = ("rag", "agent", "agentic_rag", "generic_llm")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of failure.

    Attributes:
        id: Its name for programs.
        name: Its name for people.
        description: What it is.
        approach: How it is found.
        impact: How much it matters, from 0 to 1.
        applies_to: The kinds of applications it can happen to.
        needs: The members an item must have, besides input and output.
        metrics: The metrics that tell about it.
        categories: The security categories that go with it.
        rests_on: The metrics among them without which its detector can't say anything.
        is_audited: Whether its detector can't say anything without a security audit.
    """

    id: str
    name: str
    description: str
    approach: str
    impact: float
    applies_to: tuple[str, ...] = _ALL
    needs: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    is_audited: bool = False

    @property
    def risk_category(self) -> str:
        """The impact as a word."""
        for least, word in ((0.85, "critical"), (0.65, "high"), (0.4, "medium")):
            if self.impact >= least:
                return word
        return "low"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A group of kinds of failures."""

    id: str
    name: str
    description: str
    kinds: tuple[Kind, ...]


_CONTEXT: Final = ("context",)
_TOOLS: Final = ("tool_calls",)

BUCKETS: Final = (
    Bucket("hallucination", "Hallucination", "The answer claims what its sources don't say.", (
        Kind("factual_contradiction", "Factual Contradiction",
             "A claim says the opposite of its source.", HYBRID, 0.9, _RETRIEVING, _CONTEXT,
             ("hallucination", "factual_accuracy")),
        Kind("wrong_number", "Wrong Number", "A number of the answer is in no source.",
             DETERMINISTIC, 0.8, _RETRIEVING, _CONTEXT, ("hallucination",)),
        Kind("unknown_name", "Made-up Name", "A name of the answer is in no source.",
             DETERMINISTIC, 0.65, _RETRIEVING, _CONTEXT, ("hallucination",)),
        Kind("unsupported_claim", "Unsupported Claim", "Nothing in the sources says a claim.",
             HYBRID, 0.7, _RETRIEVING, _CONTEXT, ("hallucination",),
             rests_on=("hallucination",)),
    )),
    Bucket("completeness", "Completeness", "The answer does not give all that was asked for.", (
        Kind("empty_output", "Empty Answer", "There is no answer.", DETERMINISTIC, 0.9),
        Kind("truncated_output", "Truncated Answer", "The answer breaks off.", DETERMINISTIC, 0.6,
             metrics=("coherence",)),
        Kind("missing_entries", "Too Few Entries", "Fewer things are given than were asked for.",
             DETERMINISTIC, 0.45, metrics=("response_completeness",)),
        Kind("partial_answer", "Partial Answer", "Parts of the request are not answered.", HYBRID,
             0.55, metrics=("response_completeness",),
             rests_on=("response_completeness",)),
    )),
    Bucket("instruction", "Instruction Following", "The answer is not in the form asked for.", (
        Kind("wrong_format", "Wrong Format", "Another format than JSON, table, list or code as "
             "asked.", DETERMINISTIC, 0.6, metrics=("task_adherence",)),
        Kind("wrong_length", "Wrong Length", "Longer or shorter than asked.", DETERMINISTIC, 0.35,
             metrics=("task_adherence",)),
        Kind("wrong_language", "Wrong Language", "Another language than asked, or than the "
             "request's.", DETERMINISTIC, 0.55),
        Kind("ignored_instruction", "Ignored Instruction", "An instruction is not kept.", JUDGED,
             0.6, metrics=("task_adherence",),
             rests_on=("task_adherence",)),
    )),
    Bucket("retrieval", "Retrieval Quality", "What was retrieved is of no use, or not used.", (
        Kind("irrelevant_context", "Irrelevant Context", "No passage has to do with the question.",
             HYBRID, 0.6, _RETRIEVING, _CONTEXT, ("context_precision",),
             rests_on=("context_precision",)),
        Kind("insufficient_context", "Insufficient Context",
             "The passages don't say what is expected.", HYBRID, 0.55, _RETRIEVING,
             ("context", "expected"), ("context_recall",),
             rests_on=("context_recall",)),
        Kind("context_ignored", "Context Ignored",
             "The passages are about the question; the answer does not rest on them.", HYBRID, 0.65,
             _RETRIEVING, _CONTEXT, ("hallucination", "context_precision"),
             rests_on=("hallucination", "context_precision")),
    )),
    Bucket("tool_use", "Tool Use", "Tools are called wrongly, or in vain.", (
        Kind("failed_tool_call", "Failed Tool Call", "A tool answered with an error.",
             DETERMINISTIC, 0.6, _ACTING, _TOOLS),
        Kind("invalid_arguments", "Invalid Arguments", "Arguments don't fit the tool's schema.",
             DETERMINISTIC, 0.7, _ACTING, _TOOLS),
        Kind("repeated_tool_call", "Repeated Tool Call", "The same call again and again.",
             DETERMINISTIC, 0.35, _ACTING, _TOOLS),
        Kind("tool_result_ignored", "Tool Result Ignored",
             "The answer has numbers that no tool returned.", DETERMINISTIC, 0.65, _ACTING, _TOOLS),
    )),
    Bucket("safety", "Safety", "The answer does harm, or gives secrets away.", (
        Kind("harmful_content", "Harmful Content", "The answer is harmful.", HYBRID, 0.95,
             categories=tuple(f"S{number}" for number in range(1, 24) if number != 10),
             is_audited=True),
        Kind("personal_data", "Personal Data", "The answer has personal data or secrets.",
             DETERMINISTIC, 0.85, categories=("S10",),
             is_audited=True),
        Kind("prompt_leak", "Leaked Instructions", "The answer repeats its own instructions.",
             DETERMINISTIC, 0.7, categories=("S10",)),
    )),
    Bucket("style", "Style", "The answer is hard to use, though not wrong.", (
        Kind("off_topic", "Off Topic", "The answer is about something else.", HYBRID, 0.6,
             metrics=("answer_relevance",),
             rests_on=("answer_relevance",)),
        Kind("unjustified_refusal", "Refusal without Cause",
             "A harmless request is refused.", DETERMINISTIC, 0.55),
        Kind("repetition", "Repetition", "Sentences or words again and again.", DETERMINISTIC, 0.4,
             metrics=("coherence", "fluency")),
        Kind("garbled_text", "Garbled Text", "Characters that no writer types.", DETERMINISTIC,
             0.45, metrics=("fluency",)),
    )),
)  # fmt: skip

BUCKET_OF: Final[Mapping[str, Bucket]] = {
    kind.id: bucket for bucket in BUCKETS for kind in bucket.kinds
}
KINDS: Final[Mapping[str, Kind]] = {kind.id: kind for bucket in BUCKETS for kind in bucket.kinds}
"""Every kind of failure, by ID."""
