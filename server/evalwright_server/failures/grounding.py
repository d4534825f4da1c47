"""Detectors of what the sources don't say."""

from collections.abc import Callable

from evalwright_server.failures.items import Detection, Evidence, FailureItem, Signals
from evalwright_server.failures.scores import by_score
from evalwright_server.metrics.claims import (
    claims_of,
    contradiction,
    unknown_name,
    unknown_number,
)
from evalwright_server.prose.sentences import split_sentences
from evalwright_server.prose.words import content_words

_RELATED = 2
"""Words that a claim and its source have to share before one can deny the other."""


def _per_claim(
    kind: str, item: FailureItem, fault_of: Callable[[str], str | None], certainty: float
) -> Detection:
    claims = claims_of(item.output)
    found = [(claim, fault) for claim in claims if (fault := fault_of(claim)) is not None]
    evidence = tuple(
        Evidence(kind, fault, "output", certainty, claim[:300], item.output.find(claim))
        for claim, fault in found[:10]
    )
    if not found:
        return Detection(0.0, 0.8, f"None of {len(claims)} claims.")
    # One wrong claim is a failure, however many right ones stand around it.
    risk = 0.6 + 0.4 * len(found) / len(claims)
    rationale = f"{len(found)} of {len(claims)} claims: {found[0][1]}."
    return Detection(risk, certainty, rationale, evidence)


def wrong_number(item: FailureItem, signals: Signals) -> Detection:  # noqa: ARG001
    """Find claims with a number that neither sources nor question have."""
    known = " ".join([*item.context, item.input])
    return _per_claim("wrong_number", item, lambda claim: unknown_number(claim, known), 0.85)


def unknown_names(item: FailureItem, signals: Signals) -> Detection:  # noqa: ARG001
    """Find claims with a name that neither sources nor question have."""
    known = " ".join([*item.context, item.input])
    return _per_claim("unknown_name", item, lambda claim: unknown_name(claim, known), 0.7)


def factual_contradiction(item: FailureItem, signals: Signals) -> Detection:
    """Find claims that deny the sentence of the sources they share most words with."""
    sentences = [sentence.text for text in item.context for sentence in split_sentences(text)]

    def fault_of(claim: str) -> str | None:
        wanted = set(content_words(claim))
        nearest = max(
            sentences, key=lambda text: len(wanted & set(content_words(text))), default=""
        )
        shared = wanted & set(content_words(nearest))
        if len(shared) < max(_RELATED, len(wanted) // 2):
            return None
        return contradiction(claim, nearest)

    found = _per_claim("factual_contradiction", item, fault_of, 0.75)
    return found if found.risk else _by_judge(found, item, signals)


def unsupported_claim(item: FailureItem, signals: Signals) -> Detection:
    """Take what the metric of hallucination says."""
    return by_score("unsupported_claim", "hallucination", item, signals)


def _by_judge(found: Detection, item: FailureItem, signals: Signals) -> Detection:
    """Take a judge's word where rules have found nothing; an offline metric's adds nothing."""
    metric = "factual_accuracy"
    if metric not in signals.scores or metric not in signals.by_judge:
        return found
    return by_score("factual_contradiction", metric, item, signals)
