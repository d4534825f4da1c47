"""Metrics of whether an answer is about its question."""

from typing import Final

from rapidfuzz.distance import Levenshtein

from evalwright_server.embeddings.embeds import Embeds
from evalwright_server.metrics.items import Engine, MetricItem, Outcome, Score
from evalwright_server.metrics.meaning import pieces, ramp
from evalwright_server.metrics.strings import NO_EXPECTED, normalized
from evalwright_server.prose.refusals import is_refusal
from evalwright_server.prose.words import content_words

OFF_TOPIC: Final = 0.10
"""Cosine up to which a sentence has nothing to do with a question."""
ON_TOPIC: Final = 0.55
"""Cosine from which a sentence is about a question."""
REFUSED: Final = 0.2
"""Most that a refusal gets: it is about the question, but answers nothing."""
ECHO: Final = 0.9
"""Similarity from which an answer only repeats its question."""
NEW: Final = 0.2
"""Share of words that an answer has to add to those of its question."""


def relevance(question: str, answer: str, embedder: Embeds) -> float:
    """Tell how far an answer is about a question, by its best sentence and as a whole."""
    parts = [*pieces(answer), answer]
    closeness = embedder.embed(parts) @ embedder.embed([question])[0]
    return ramp(float(closeness.max()), OFF_TOPIC, ON_TOPIC)


def is_echo(question: str, answer: str) -> bool:
    """Tell whether an answer only repeats its question, perhaps with a few words around it."""
    asked = set(content_words(question))
    said = content_words(answer)
    added = sum(word not in asked for word in said)
    if len(said) > 3 and added <= max(NEW * len(said), 1):
        return True
    return Levenshtein.normalized_similarity(normalized(question), normalized(answer)) >= ECHO


def answer_relevance(item: MetricItem, embedder: Embeds) -> Outcome:
    """1 if the output is about the input, and no refusal and no echo of it."""
    if not item.output.strip():
        return Score(0.0, "The output is empty.", Engine.EMBEDDING)
    if is_echo(item.input, item.output):
        return Score(0.0, "The output only repeats the input.", Engine.EMBEDDING)
    value = relevance(item.input, item.output, embedder)
    if is_refusal(item.output):
        return Score(min(value, REFUSED), "The output is a refusal.", Engine.EMBEDDING)
    said = "is about the input" if value >= 0.5 else "has little to do with the input"
    return Score(value, f"The output {said}.", Engine.EMBEDDING)


def similarity(item: MetricItem, embedder: Embeds) -> Outcome:
    """Cosine of output and expected, 0 where it is negative."""
    if item.expected is None:
        return NO_EXPECTED
    one, other = embedder.embed([item.output, item.expected])
    cosine = float(one @ other)
    value = min(max(cosine, 0.0), 1.0)
    return Score(value, f"The cosine of the two is {cosine:.2f}.", Engine.EMBEDDING)
