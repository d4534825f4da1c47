"""Measuring by a language model."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from pydantic import Field

from evalwright_server.judging.forms import Form
from evalwright_server.judging.judge import Judge, NoAnswer, quoted
from evalwright_server.metrics.items import Engine, MetricItem, Outcome, Score, Unscored
from evalwright_server.metrics.retrieval import average_precision

VERSION: Final = "1"
"""Of the questions below; answers to another version are not used again."""


class Claim(Form):
    """One claim of a text, and what the sources say about it."""

    claim: str
    verdict: Literal["supported", "contradicted", "unknown"]


class Claims(Form):
    """Every claim of a text."""

    claims: list[Claim] = Field(max_length=200)


class Requirement(Form):
    """One thing that was asked for, and whether it is there."""

    requirement: str
    is_met: bool


class Checklist(Form):
    """Everything that was asked for."""

    requirements: list[Requirement] = Field(max_length=100)


class Usefulness(Form):
    """Which passages are of use, in their order."""

    is_useful: list[bool] = Field(max_length=1000)


class Rating(Form):
    """A mark from 1 to 5."""

    reason: str
    rating: int = Field(ge=1, le=5)


Measure: TypeAlias = Callable[[MetricItem, Judge], Awaitable[tuple[Outcome, int]]]
"""Measures an item; returns the outcome and the tokens it took."""


def _sources(item: MetricItem) -> str:
    return "\n".join(
        quoted(passage, f"passage {number}") for number, passage in enumerate(item.context, 1)
    )


async def _claims(judge: Judge, text: str, sources: str, question: str) -> tuple[Outcome, int]:
    """Score the share of a text's claims that its sources support."""
    answer = await judge.ask(
        "List every factual claim of the answer, each on its own. For each, say whether the "
        "sources support it, contradict it, or don't tell (unknown). Opinions, questions and "
        "politeness are no claims.\n\n"
        f"Question:\n{quoted(question, 'question')}\n\nAnswer:\n{quoted(text, 'answer')}\n\n"
        f"Sources:\n{sources}",
        Claims,
    )
    claims = answer.value.claims
    if not claims:
        return Score(1.0, "Nothing is claimed.", Engine.JUDGE), answer.tokens
    good = sum(claim.verdict == "supported" for claim in claims)
    weak = [f"“{claim.claim[:120]}” ({claim.verdict})" for claim in claims
            if claim.verdict != "supported"]  # fmt: skip
    said = f"{good} of {len(claims)} claims are supported"
    explanation = f"{said}{'; not ' + '; '.join(weak[:3]) if weak else ''}."
    return Score(good / len(claims), explanation, Engine.JUDGE), answer.tokens


async def _hallucination(item: MetricItem, judge: Judge) -> tuple[Outcome, int]:
    if not item.context:
        return Unscored("The item has no `context`, so nothing can be told from made-up claims."), 0
    return await _claims(judge, item.output, _sources(item), item.input)


async def _factual_accuracy(item: MetricItem, judge: Judge) -> tuple[Outcome, int]:
    sources = _sources(item)
    if item.expected is not None:
        sources += f"\n{quoted(item.expected, 'expected answer')}"
    if not sources:
        return Unscored("The item has neither `expected` nor `context` to check facts with."), 0
    return await _claims(judge, item.output, sources, item.input)


async def _context_recall(item: MetricItem, judge: Judge) -> tuple[Outcome, int]:
    if not item.context:
        return Unscored("The item has no `context`: nothing was retrieved."), 0
    return await _claims(judge, item.expected or item.output, _sources(item), item.input)


async def _context_precision(item: MetricItem, judge: Judge) -> tuple[Outcome, int]:
    if not item.context:
        return Unscored("The item has no `context`: nothing was retrieved."), 0
    answer = await judge.ask(
        "Say for each passage, in order, whether it helps to answer the question.\n\n"
        f"Question:\n{quoted(item.input, 'question')}\n\n"
        f"Right answer:\n{quoted(item.expected or item.output, 'answer')}\n\n"
        f"{len(item.context)} passages:\n{_sources(item)}",
        Usefulness,
    )
    marks = answer.value.is_useful
    if len(marks) != len(item.context):
        raise NoAnswer(
            f"the judge marked {len(marks)} of {len(item.context)} passages", answer.tokens
        )
    said = f"{sum(marks)} of {len(marks)} passages are of use."
    return Score(average_precision(marks), said, Engine.JUDGE), answer.tokens


def _checklist(task: str) -> Measure:
    async def measure(item: MetricItem, judge: Judge) -> tuple[Outcome, int]:
        answer = await judge.ask(
            f"{task}\n\nRequest:\n{quoted(item.input, 'request')}\n\n"
            f"Answer:\n{quoted(item.output, 'answer')}",
            Checklist,
        )
        found = answer.value.requirements
        if not found:
            return Score(1.0, "Nothing is required.", Engine.JUDGE), answer.tokens
        missing = [each.requirement[:120] for each in found if not each.is_met]
        met = len(found) - len(missing)
        said = f"{met} of {len(found)} requirements are met"
        explanation = f"{said}{'; not ' + '; '.join(missing[:3]) if missing else ''}."
        return Score(met / len(found), explanation, Engine.JUDGE), answer.tokens

    return measure


def _rating(task: str) -> Measure:
    async def measure(item: MetricItem, judge: Judge) -> tuple[Outcome, int]:
        answer = await judge.ask(
            f"{task}\n\nQuestion:\n{quoted(item.input, 'question')}\n\n"
            f"Answer:\n{quoted(item.output, 'answer')}",
            Rating,
        )
        rating = answer.value
        return Score((rating.rating - 1) / 4, rating.reason[:500], Engine.JUDGE), answer.tokens

    return measure


BY_JUDGE: Final[Mapping[str, Measure]] = {
    "hallucination": _hallucination,
    "factual_accuracy": _factual_accuracy,
    "context_recall": _context_recall,
    "context_precision": _context_precision,
    "answer_relevance": _rating(
        "How well does the answer address the question? 1: not at all, or a refusal; 3: in part; "
        "5: fully and to the point. Whether it is true does not matter here."
    ),
    "response_completeness": _checklist(
        "List every part of the request that needs an answer, and say whether the answer gives it."
    ),
    "task_adherence": _checklist(
        "List every instruction of the request about what to do and in which form (length, number, "
        "format, language, tone, what to leave out), and say whether the answer keeps to it."
    ),
    "coherence": _rating(
        "How coherent is the answer? 1: sentences have nothing to do with each other; 3: one can "
        "follow with effort; 5: each sentence follows from the one before."
    ),
    "fluency": _rating(
        "How fluent is the language of the answer? 1: hardly readable; 3: mistakes disturb; 5: "
        "like a good native writer. What it says does not matter here."
    ),
}


class JudgeEngine:
    """Measures by a language model; an item it fails on has an `Unscored` with the reason.

    Args:
        judge: The model.

    Attributes:
        tokens: How many tokens were taken so far.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.tokens = 0

    async def measure(self, key: str, item: MetricItem) -> Outcome:
        """Measure an item with a metric that has a judge engine.

        Raises:
            IntegrationUnusable: No question will get an answer.
        """
        try:
            outcome, tokens = await BY_JUDGE[key](item, self._judge)
        except NoAnswer as error:
            self.tokens += error.tokens
            return Unscored(str(error))
        self.tokens += tokens
        return outcome


def judged(keys: Sequence[str]) -> list[str]:
    """Return those of some metrics that a judge can measure."""
    return [key for key in keys if key in BY_JUDGE]
