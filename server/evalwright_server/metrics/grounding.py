"""Metrics of whether an answer is true to its sources."""

from evalwright_server.embeddings.embeds import Embeds
from evalwright_server.metrics.claims import claims_of, explain, support, total_support
from evalwright_server.metrics.items import Engine, MetricItem, Outcome, Score, Unscored
from evalwright_server.prose.refusals import is_refusal


def hallucination(item: MetricItem, embedder: Embeds) -> Outcome:
    """1 if everything the output claims is said by the context; mostly the weakest claim counts.

    A refusal claims nothing.
    """
    if not item.context:
        return Unscored("The item has no `context`, so nothing can be told from made-up claims.")
    if is_refusal(item.output):
        return Score(1.0, "The output is a refusal, which claims nothing.", Engine.EMBEDDING)
    found = support(claims_of(item.output), item.context, item.input, embedder)
    return Score(total_support(found), explain(found), Engine.EMBEDDING)


def factual_accuracy(item: MetricItem, embedder: Embeds) -> Outcome:
    """1 if the output says what is expected, and nothing against it.

    With `expected`, the mean of two directions: how far the output supports what is expected, and
    how far `expected` and context support what the output claims. Without, how far the context
    supports it.
    """
    if item.expected is None:
        if not item.context:
            return Unscored("The item has neither `expected` nor `context` to check facts with.")
        return hallucination(item, embedder)
    if not item.output.strip():
        return Score(0.0, "The output is empty.", Engine.EMBEDDING)
    if is_refusal(item.output) and not is_refusal(item.expected):
        return Score(0.0, "The output is a refusal, so none of it is said.", Engine.EMBEDDING)
    said = support(claims_of(item.expected), [item.output], item.input, embedder)
    sources = [item.expected, *item.context]
    founded = support(claims_of(item.output), sources, item.input, embedder)
    value = (total_support(said) + total_support(founded)) / 2
    explanation = f"Expected claims: {explain(said)} Claims of the output: {explain(founded)}"
    return Score(value, explanation, Engine.EMBEDDING)
