"""Whether what a text claims is said by its sources.

Closeness in meaning alone can't tell "rose 5 %" from "rose 6 %" or "did not rise": a copied
sentence with one wrong number is closer to its source than a good paraphrase. So a claim's
closeness is cut where numbers, names or negation don't agree. How much each of these is worth was
chosen on the tuning half of `benchmarks/quality`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evalwright_server.metrics.meaning import Embeds, passages, pieces, ramp
from evalwright_server.prose.names import name_words
from evalwright_server.prose.negation import is_negative, opposed
from evalwright_server.prose.quantities import quantities, same
from evalwright_server.prose.sentences import split_sentences
from evalwright_server.prose.words import content_words, stem, words

UNSUPPORTED: Final = 0.40
"""Cosine up to which a source says nothing about a claim."""
SUPPORTED: Final = 0.75
"""Cosine from which a source says the same as a claim."""
WRONG_NUMBER: Final = 0.15
UNKNOWN_NAME: Final = 0.35
OPPOSITE: Final = 0.2
"""What is left of a claim's support where a number, a name, or whether it is so, does not agree."""


@dataclass(frozen=True, slots=True)
class Support:
    """What sources say about a claim.

    Attributes:
        claim: The claim.
        value: How far it is supported, from 0 to 1.
        source: What comes closest to it in the sources; empty without any.
        faults: What does not agree.
    """

    claim: str
    value: float
    source: str
    faults: tuple[str, ...]


def claims_of(text: str) -> list[str]:
    """Return the sentences of a text that claim something: no questions, no single words."""
    found = [piece for piece in pieces(text) if not piece.endswith("?")]
    return [piece for piece in found if len(content_words(piece)) > 1] or found


def support(
    claims: Sequence[str], sources: Sequence[str], known: str, embedder: Embeds
) -> list[Support]:
    """Tell for each claim how far it is supported.

    Args:
        claims: Sentences.
        sources: Texts that may support them.
        known: What else may be named without being made up, such as the question.
        embedder: Tells closeness.
    """
    parts = [passage for source in sources for passage in passages(source)]
    if not claims or not parts:
        return [Support(claim, 0.0, "", ("there is no source",)) for claim in claims]
    closeness = embedder.embed(claims) @ embedder.embed(parts).T
    everything = " ".join([*sources, known])
    return [
        _support(claim, parts[int(row.argmax())], float(row.max()), everything)
        for claim, row in zip(claims, closeness, strict=True)
    ]


def _support(claim: str, source: str, cosine: float, everything: str) -> Support:
    value = ramp(cosine, UNSUPPORTED, SUPPORTED)
    faults = []
    for factor, fault in (
        (WRONG_NUMBER, unknown_number(claim, everything)),
        (UNKNOWN_NAME, unknown_name(claim, everything)),
        (OPPOSITE, contradiction(claim, source)),
    ):
        if fault is not None:
            value *= factor
            faults.append(fault)
    if not faults and value < 1:
        faults.append("nothing in the sources says quite the same")
    return Support(claim, value, source, tuple(faults))


def unknown_number(claim: str, sources: str) -> str | None:
    """Find a number that no source has."""
    there = quantities(sources)
    for quantity in quantities(claim):
        if not any(same(quantity, other) for other in there):
            return f"the number {quantity.text} is in no source"
    return None


def unknown_name(claim: str, sources: str) -> str | None:
    """Find a name that no source has."""
    there = {stem(word) for word in words(sources)}
    for word in sorted(name_words(claim)):
        parts = words(word)
        if parts and not any(stem(part) in there for part in parts):
            return f"the name {word!r} is in no source"
    return None


def contradiction(claim: str, source: str) -> str | None:
    """Find what says in the claim that it is so, and in the source that it is not."""
    nearest = closest_sentence(claim, source)
    pair = opposed(claim, nearest)
    if pair is not None:
        return f"it says {pair[0]!r} where the source says {pair[1]!r}"
    if is_negative(claim) != is_negative(nearest):
        return "one of claim and source denies what the other says"
    return None


def closest_sentence(claim: str, source: str) -> str:
    """Return the sentence of a source that shares most words with a claim."""
    wanted = set(content_words(claim))
    sentences = [sentence.text for sentence in split_sentences(source)] or [source]
    return max(sentences, key=lambda text: len(wanted & set(content_words(text))))


def mean_support(supports: Sequence[Support]) -> float:
    """Return the mean support of claims; 1 without any, as nothing wrong is claimed."""
    return sum(one.value for one in supports) / len(supports) if supports else 1.0


def explain(supports: Sequence[Support]) -> str:
    """Say which claims are supported least, and why."""
    weak = sorted((one for one in supports if one.value < 0.5), key=lambda one: one.value)
    if not weak:
        return f"All {len(supports)} claims are supported." if supports else "Nothing is claimed."
    worst = "; ".join(f"“{one.claim[:120]}”: {', '.join(one.faults)}" for one in weak[:3])
    return f"{len(weak)} of {len(supports)} claims are not supported: {worst}."
