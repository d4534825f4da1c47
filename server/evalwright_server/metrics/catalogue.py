"""The metrics there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from evalwright_server.metrics.items import Engine

GOOD: Final = 0.8
"""The score from which an item counts as good, unless the metric says otherwise."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric.

    Attributes:
        key: Its name for programs.
        display_name: Its name for people.
        definition: What it measures, and how far that can be trusted.
        engines: What can give its scores; the first one does where nothing else is asked for.
        category: `heuristic`, or `llm` for what a judge is better at.
        needs: The members an item must have besides input and output; any one of them.
        value_type: `score`, or `boolean` where every score is 0 or 1.
        default_threshold: The score from which an item counts as good.
    """

    key: str
    display_name: str
    definition: str
    engines: tuple[Engine, ...]
    category: str = "heuristic"
    needs: tuple[str, ...] = ()
    value_type: str = "score"
    default_threshold: float = GOOD


@dataclass(frozen=True, slots=True)
class UnknownMetric:
    """A name that is no metric's.

    Attributes:
        index: Its place among the names.
        name: The name.
        nearest: The metric whose key is closest to it, if one is close.
    """

    index: int
    name: str
    nearest: str | None


_R, _E, _J = (Engine.RULES,), (Engine.EMBEDDING,), Engine.JUDGE
_EXPECTED: Final = ("expected",)


def _heuristic(
    key: str, name: str, definition: str, needs: tuple[str, ...] = _EXPECTED, *, is_boolean: bool
) -> Metric:
    kind = "boolean" if is_boolean else "score"
    return Metric(key, name, definition, _R, needs=needs, value_type=kind)


def _judged(
    key: str,
    name: str,
    definition: str,
    needs: tuple[str, ...] = (),
    offline: tuple[Engine, ...] = _E,
) -> Metric:
    return Metric(key, name, definition, (*offline, _J), "llm", needs)


_ALL: Final = (
    _heuristic("equals", "Equals", "Whether the output is the expected text, apart from case and "
               "blanks.", is_boolean=True),
    _heuristic("contains", "Contains", "Whether the output contains the expected text, apart from "
               "case and blanks.", is_boolean=True),
    _heuristic("regex_match", "Regex match", "Whether the output matches a pattern (RE2).",
               ("metadata.pattern", "expected"), is_boolean=True),
    _heuristic("levenshtein", "Edit similarity", "1 minus the edit distance to the expected text "
               "over the longer length.", is_boolean=False),
    _heuristic("exact_numeric", "Exact number", "Whether the output ends with the expected number, "
               "however it is written.", is_boolean=True),
    _heuristic("json_schema", "JSON schema", "Whether the output is JSON that fits a schema.",
               ("metadata.schema",), is_boolean=True),
    _heuristic("rouge_l", "ROUGE-L", "F1 of the longest common subsequence of words. Overlap of "
               "words is no measure of truth.", is_boolean=False),
    _heuristic("chrf", "chrF", "F-score of shared character n-grams, over 100.", is_boolean=False),
    _heuristic("bleu", "BLEU", "Precision of shared word n-grams, over 100.", is_boolean=False),
    _heuristic("token_f1", "Token F1", "F1 of the shared words, as in SQuAD.", is_boolean=False),
    Metric("similarity", "Similarity", "Cosine of the meanings of output and expected text.", _E,
           needs=_EXPECTED, default_threshold=0.7),
    _judged("hallucination", "Absence of hallucination", "How much of what the output claims is "
            "said by the context; 1 is no hallucination. Offline, a proxy: closeness of meaning, "
            "cut where numbers, names or negation don't agree.", ("context",)),
    _judged("factual_accuracy", "Factual accuracy", "How far output and expected text say the same "
            "(context, without). Offline, a proxy like hallucination's.", ("expected", "context")),
    _judged("answer_relevance", "Answer relevance", "Whether the output is about the input. "
            "Offline: closeness of meaning, with rules for refusals and echoes."),
    _judged("context_precision", "Context precision", "Whether what is of use was retrieved first: "
            "average precision.", ("context",)),
    _judged("context_recall", "Context recall", "How much of what is expected the context says.",
            ("context",)),
    _judged("response_completeness", "Completeness", "Whether every part of the request is "
            "answered. Offline: parts by rules, coverage by closeness of meaning."),
    _judged("task_adherence", "Task adherence", "Whether the output keeps to what the request asks "
            "of its form, such as length, number of entries and format, and is about it."),
    _judged("coherence", "Coherence", "Whether sentences follow from one another. Offline, a weak "
            "proxy: repetition, jumps and broken ends."),
    _judged("fluency", "Fluency", "Whether the output reads well. Offline, a weak proxy: garbled "
            "characters, loops, words without sentences.", offline=_R),
)  # fmt: skip

METRICS: Final[Mapping[str, Metric]] = {metric.key: metric for metric in _ALL}
"""Every metric, by key."""


def unknown_metrics(names: Iterable[str]) -> list[UnknownMetric]:
    """Return those of some names that are no metric's, each with the nearest key there is."""
    found = []
    for index, name in enumerate(names):
        if name not in METRICS:
            near = get_close_matches(name.lower(), METRICS, n=1)
            found.append(UnknownMetric(index, name, near[0] if near else None))
    return found
