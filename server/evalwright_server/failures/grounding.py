"""Detectors of what the sources don't say."""

import re
from collections.abc import Callable
from typing import Final

from evalwright_server.failures.items import Detection, Evidence, FailureItem, Signals
from evalwright_server.failures.scores import JUDGED, by_score_of_answer
from evalwright_server.failures.scoring import LIKELY
from evalwright_server.failures.sources import MOST_CLAIMS, Sentences, Sources
from evalwright_server.metrics.claims import claims_of, contradiction
from evalwright_server.prose.words import words

_ABSTAINS: Final = re.compile(
    r"\b(?:context|documents?|passages?|information|text|sources?|articles?|excerpts?|materials?)\b"
    r"[^.!?\n]{0,60}?\b(?:does|do|did)(?:n['’]t| not)\s+(?:\w+\s+)?"
    r"(?:say|mention|contain|provide|specify|include|state|give|tell|cover|address|indicate)\b"
    r"|\b(?:i|we)\s+(?:do not|don['’]t|did not|didn['’]t|could not|couldn['’]t|cannot|can['’]t)\s+"
    r"(?:know|find|see|have (?:any |enough )?information)\b"
    r"|\b(?:there is|there's|i have|we have) no (?:\w+ )?(?:information|mention|data|details?)\b"
    r"|\bnot (?:mentioned|specified|stated|provided|given|covered) in\b",
    re.IGNORECASE,
)
_DENIED: Final = re.compile(r"“([^”]+)” \(contradicted\)")
"""A claim in the explanation of a judge's score."""
_BEGINNING: Final = 300
_ABSTAINED: Final = 0.6
_FEW: Final = 8
_RELATED: Final = 2
"""Words that a claim and its source have to share before one can deny the other."""


def _per_claim(
    kind: str, item: FailureItem, fault_of: Callable[[str], str | None], certainty: float
) -> Detection:
    claims = claims_of(item.output)[:MOST_CLAIMS]
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
    known = Sources([item.input, *item.context])
    return _per_claim("wrong_number", item, known.unknown_number, 0.85)


def unknown_names(item: FailureItem, signals: Signals) -> Detection:  # noqa: ARG001
    """Find claims with a name that neither sources nor question have."""
    known = Sources([item.input, *item.context])
    return _per_claim("unknown_name", item, known.unknown_name, 0.7)


def factual_contradiction(item: FailureItem, signals: Signals) -> Detection:
    """Find claims that deny the sentence of the sources they share most words with."""
    sentences = Sentences(item.context)

    def fault_of(claim: str) -> str | None:
        nearest, shared, wanted = sentences.nearest(claim)
        if shared < max(_RELATED, wanted // 2):
            return None
        return contradiction(claim, nearest)

    found = _per_claim("factual_contradiction", item, fault_of, 0.75)
    return found if found.risk else _by_judge(found, signals)


def unsupported_claim(item: FailureItem, signals: Signals) -> Detection:
    """Take what the metric of hallucination says, but for answers that it can't tell about.

    Those are answers that only say that something is not known, and answers of a few words, whose
    words may stand in the sources.
    """
    found = by_score_of_answer("unsupported_claim", "hallucination", item, signals)
    if found.risk < LIKELY or "hallucination" in signals.by_judge:
        return found
    if is_abstention(item.output):
        return Detection(0.0, _ABSTAINED, "The answer says that something is not known.")
    if len(words(item.output)) <= _FEW and not set(words(item.output)) - _words_of(item):
        return Detection(0.0, 0.8, "Each word of the answer stands in the sources.")
    return found


def is_abstention(answer: str) -> bool:
    """Tell whether an answer says that the sources, or who answers, don't know."""
    return _ABSTAINS.search(answer[:_BEGINNING]) is not None


def _words_of(item: FailureItem) -> set[str]:
    return {word for text in item.context for word in words(text)}


def _by_judge(found: Detection, signals: Signals) -> Detection:
    """Take a judge's word where rules have found nothing: the claims it says are contradicted."""
    for metric in ("factual_accuracy", "hallucination"):
        said = signals.explanations.get(metric, "")
        denied = _DENIED.findall(said) if metric in signals.by_judge else []
        if denied:
            evidence = tuple(
                Evidence("factual_contradiction", said, "output", JUDGED, claim) for claim in denied
            )
            return Detection(0.9, JUDGED, said, evidence)
    return found
