"""What is measured: items labelled good or bad, per metric."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from benchmarks.quality.broken import FLUENCY, coherence_breaks
from benchmarks.quality.data import (
    CORRUPTIONS,
    Grounded,
    Half,
    by_half,
    formal,
    grounded,
    partial,
    refusing,
)
from evalwright_server.metrics import MetricItem
from evalwright_server.prose.sentences import split_sentences

GOOD: Final = ""
EVASIONS: Final = (
    "That is a question many people ask, and there is much to be said about it on all sides.",
    "It depends on a number of things, some of which are more important than others, as always.",
    "Let me know if there is anything else you would like to hear about, I am always glad to help.",
    "Opinions differ on this, and what is right for one person may well be wrong for the next one.",
)


@dataclass(frozen=True, slots=True)
class Case:
    """An item with its label.

    Attributes:
        group: What it is about; cases of one group are no independent evidence.
        kind: What is wrong with it; empty if nothing is.
        item: The item.
    """

    group: str
    kind: str
    item: MetricItem


Cases: TypeAlias = Iterator[Case]


def grounding_cases(half: Half) -> Cases:
    """Answers with the passages they are to be true to."""
    for name, entry in by_half(grounded(), half).items():
        for text in (entry.a, entry.b):
            yield Case(name, GOOD, MetricItem(entry.q, text, entry.c))
        for kind in CORRUPTIONS:
            yield Case(name, kind, MetricItem(entry.q, entry.corrupted(kind), entry.c))


def reference_cases(half: Half) -> Cases:
    """Answers with another right answer to compare with, and the passages."""
    for name, entry in by_half(grounded(), half).items():
        for one, other in ((entry.a, entry.b), (entry.b, entry.a)):
            yield Case(name, GOOD, MetricItem(entry.q, one, entry.c, other))
        for kind in CORRUPTIONS:
            item = MetricItem(entry.q, entry.corrupted(kind), entry.c, entry.b)
            yield Case(name, kind, item)


def relevance_cases(half: Half) -> Cases:
    """First sentences of answers, and sentences of like length that don't answer."""
    entries = list(by_half(grounded(), half).values())
    refusals = [one.text for one in refusing() if one.half == half and one.refuses]
    for index, entry in enumerate(entries):
        other = entries[(index + 1) % len(entries)]
        for text in (entry.a, entry.b):
            yield _answer(entry, GOOD, _first(text))
        yield _answer(entry, "off topic", _first(other.a))
        yield _answer(entry, "near miss", entry.near)
        yield _answer(entry, "evasion", EVASIONS[index % len(EVASIONS)])
        yield _answer(entry, "refusal", refusals[index % len(refusals)])
        yield _answer(entry, "echo", f"So you ask: {entry.q}")


def _answer(entry: Grounded, kind: str, text: str) -> Case:
    return Case(entry.id, kind, MetricItem(entry.q, text))


def _first(text: str) -> str:
    return split_sentences(text)[0].text


def precision_cases(half: Half) -> Cases:
    """Passages in a good order and in worse ones."""
    for entry, other in _neighbours(half):
        one, two = entry.c
        yield _ranked(entry, GOOD, (one, two, entry.near))
        yield _ranked(entry, GOOD, (one, two, other.near, other.c[0]))
        yield _ranked(entry, "late", (entry.near, one, two))
        yield _ranked(entry, "last", (other.c[0], entry.near, two, one))
        yield _ranked(entry, "missing", (entry.near, other.near, other.c[0]))


def recall_cases(half: Half) -> Cases:
    """Passages that say all that is expected, and some that don't."""
    for entry, other in _neighbours(half):
        one, two = entry.c
        yield _ranked(entry, GOOD, (one, two, entry.near))
        yield _ranked(entry, GOOD, (other.near, two, one))
        yield _ranked(entry, "first missing", (two, entry.near, other.near))
        yield _ranked(entry, "second missing", (one, entry.near, other.near))
        yield _ranked(entry, "all missing", (entry.near, other.near, other.c[0]))


def _neighbours(half: Half) -> Iterator[tuple[Grounded, Grounded]]:
    entries = list(by_half(grounded(), half).values())
    yield from zip(entries, entries[1:] + entries[:1], strict=True)


def _ranked(entry: Grounded, kind: str, context: tuple[str, ...]) -> Case:
    return Case(entry.id, kind, MetricItem(entry.q, entry.a, context, entry.b))


def completeness_cases(half: Half) -> Cases:
    """Answers to all that was asked, and to less."""
    for entry in partial():
        if entry.half == half:
            yield Case(entry.id, GOOD, MetricItem(entry.q, entry.full))
            yield Case(entry.id, entry.lack, MetricItem(entry.q, entry.part))


def adherence_cases(half: Half) -> Cases:
    """Answers in the form that was asked for, and in another."""
    for entry in formal():
        if entry.half == half:
            yield Case(entry.id, GOOD, MetricItem(entry.q, entry.kept))
            yield Case(entry.id, entry.kind, MetricItem(entry.q, entry.broken))


def coherence_cases(half: Half) -> Cases:
    """Texts as they were written, and taken apart."""
    for entry, other in _neighbours(half):
        text = " ".join(entry.c)
        yield Case(entry.id, GOOD, MetricItem(entry.q, text))
        for kind, broken in coherence_breaks(text, " ".join(other.c)):
            yield Case(entry.id, kind, MetricItem(entry.q, broken))


def fluency_cases(half: Half) -> Cases:
    """Answers as they were written, and garbled."""
    for name, entry in by_half(grounded(), half).items():
        for text in (entry.a, entry.b):
            yield Case(name, GOOD, MetricItem(entry.q, text))
        for kind, garble in FLUENCY.items():
            yield Case(name, kind, MetricItem(entry.q, garble(entry.a)))


_REFERENCED: Final = (
    "factual_accuracy",
    "similarity",
    "rouge_l",
    "chrf",
    "bleu",
    "token_f1",
    "levenshtein",
)
CASES: Final[Mapping[str, Callable[[Half], Cases]]] = {
    "hallucination": grounding_cases,
    **dict.fromkeys(_REFERENCED, reference_cases),
    "answer_relevance": relevance_cases,
    "context_precision": precision_cases,
    "context_recall": recall_cases,
    "response_completeness": completeness_cases,
    "task_adherence": adherence_cases,
    "coherence": coherence_cases,
    "fluency": fluency_cases,
}
"""The cases of each metric, by its key."""
