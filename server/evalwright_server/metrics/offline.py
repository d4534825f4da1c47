"""Measuring without a language model."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from evalwright_server.embeddings.embeds import Embeds
from evalwright_server.metrics.completeness import response_completeness, task_adherence
from evalwright_server.metrics.grounding import factual_accuracy, hallucination
from evalwright_server.metrics.items import MetricItem, Outcome, Unscored
from evalwright_server.metrics.meaning import passages, pieces
from evalwright_server.metrics.overlap import bleu, chrf, rouge_l, token_f1
from evalwright_server.metrics.relevance import answer_relevance, similarity
from evalwright_server.metrics.retrieval import context_precision, context_recall
from evalwright_server.metrics.strings import (
    contains,
    equals,
    exact_numeric,
    levenshtein,
    regex_match,
)
from evalwright_server.metrics.structure import json_schema
from evalwright_server.metrics.style import coherence, fluency

ByRules: TypeAlias = Callable[[MetricItem], Outcome]
ByMeaning: TypeAlias = Callable[[MetricItem, Embeds], Outcome]

BY_RULES: Final[Mapping[str, ByRules]] = {
    "equals": equals,
    "contains": contains,
    "regex_match": regex_match,
    "levenshtein": levenshtein,
    "exact_numeric": exact_numeric,
    "json_schema": json_schema,
    "rouge_l": rouge_l,
    "chrf": chrf,
    "bleu": bleu,
    "token_f1": token_f1,
    "fluency": fluency,
}
BY_MEANING: Final[Mapping[str, ByMeaning]] = {
    "similarity": similarity,
    "hallucination": hallucination,
    "factual_accuracy": factual_accuracy,
    "answer_relevance": answer_relevance,
    "context_precision": context_precision,
    "context_recall": context_recall,
    "response_completeness": response_completeness,
    "task_adherence": task_adherence,
    "coherence": coherence,
}


class OfflineEngine:
    """Measures by rules and by closeness of meaning.

    Args:
        embedder: Tells closeness; None where it is not installed.
        missing: Why it is not, and the cure.
    """

    def __init__(self, embedder: Embeds | None, missing: str = "") -> None:
        self._embedder = embedder
        self._missing = Unscored(missing or "Closeness of meaning can't be told here.")

    def measure(self, keys: Sequence[str], items: Sequence[MetricItem]) -> list[dict[str, Outcome]]:
        """Measure items with several metrics.

        Args:
            keys: Keys of metrics that have an offline engine.
            items: Some items; a few dozen at a time keep memory flat.

        Returns:
            For each item the outcome by metric.
        """
        if self._embedder is not None and any(key in BY_MEANING for key in keys):
            # All at once, as batches of texts of like length are several times as fast as single
            # texts; afterwards each is found in the embedder's cache.
            self._embedder.embed(
                list(dict.fromkeys(text for item in items for text in texts(item)))
            )
        return [{key: self._measure(key, item) for key in keys} for item in items]

    def _measure(self, key: str, item: MetricItem) -> Outcome:
        by_rules = BY_RULES.get(key)
        if by_rules is not None:
            return by_rules(item)
        return self._missing if self._embedder is None else BY_MEANING[key](item, self._embedder)


def texts(item: MetricItem) -> list[str]:
    """Return the texts of an item that metrics are likely to compare."""
    whole = [item.input, item.output, *([item.expected] if item.expected is not None else [])]
    parts = [part for text in (*whole, *item.context) for part in passages(text)]
    return [*whole, *pieces(item.input), *parts]
