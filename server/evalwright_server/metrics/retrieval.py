"""Metrics of what was retrieved for an answer."""

from collections.abc import Sequence
from typing import Final

from evalwright_server.embeddings.embeds import Embeds
from evalwright_server.metrics.claims import claims_of, explain, mean_support, support
from evalwright_server.metrics.items import Engine, MetricItem, Outcome, Score, Unscored
from evalwright_server.metrics.meaning import passages

RELEVANT: Final = 0.45
"""Cosine to the question or the answer from which a passage is of use."""
_NO_CONTEXT: Final = Unscored("The item has no `context`: nothing was retrieved.")


def context_precision(item: MetricItem, embedder: Embeds) -> Outcome:
    """Average precision of the context's order: 1 if all that is of use comes first.

    A passage is of use if it is close to what is expected (to the output, without), or to the
    question. As in information retrieval, the mean of precision at the rank of each passage of
    use; passages of no use lower it only in front of others, and 0 if none is of use.
    """
    if not item.context:
        return _NO_CONTEXT
    marks = useful(item.context, [item.input, item.expected or item.output], embedder)
    said = f"{sum(marks)} of {len(marks)} passages are of use."
    return Score(average_precision(marks), said, Engine.EMBEDDING)


def useful(context: Sequence[str], wanted: Sequence[str], embedder: Embeds) -> list[bool]:
    """Tell which passages are close to any of some texts."""
    targets = embedder.embed([part for text in wanted for part in (passages(text) or [text])])
    marks = []
    for chunk in context:
        closeness = embedder.embed(passages(chunk) or [chunk]) @ targets.T
        marks.append(bool(closeness.max() >= RELEVANT))
    return marks


def average_precision(marks: Sequence[bool]) -> float:
    """Return the mean of precision at each hit; 0 without any."""
    hits, total = 0, 0.0
    for rank, is_hit in enumerate(marks, 1):
        if is_hit:
            hits += 1
            total += hits / rank
    return total / hits if hits else 0.0


def context_recall(item: MetricItem, embedder: Embeds) -> Outcome:
    """1 if the context says everything that is expected (the output, without); the mean."""
    if not item.context:
        return _NO_CONTEXT
    wanted = item.expected or item.output
    found = support(claims_of(wanted), item.context, item.input, embedder)
    return Score(mean_support(found), explain(found), Engine.EMBEDDING)
