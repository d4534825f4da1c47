"""Whether what a text claims is said by its sources.

Closeness in meaning alone can't tell "rose 5 %" from "rose 6 %" or "did not rise": a copied
sentence with one wrong number is closer to its source than a good paraphrase. So a claim's
closeness is cut where numbers, names or negation don't agree. How much each of these is worth was
chosen on the tuning half of `benchmarks/quality`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from evalwright_server.embeddings.embeds import Embeds
from evalwright_server.metrics.meaning import passages, pieces, ramp
from evalwright_server.prose.dates import named_dates
from evalwright_server.prose.names import name_words
from evalwright_server.prose.negation import denied, is_negative, opposed
from evalwright_server.prose.quantities import Quantity, quantities, same
from evalwright_server.prose.scope import widened
from evalwright_server.prose.sentences import split_sentences
from evalwright_server.prose.units import UNITS
from evalwright_server.prose.words import content_words, stem, words

UNSUPPORTED: Final = 0.20
"""Cosine up to which a source says nothing about a claim."""
SUPPORTED: Final = 0.50
"""Cosine from which a source says the same as a claim."""
WRONG_NUMBER: Final = 0.15
UNKNOWN_DATE: Final = 0.15
UNKNOWN_NAME: Final = 0.15
OPPOSITE: Final = 0.4
DENIED: Final = 0.7
WIDENED: Final = 0.3
"""What is left of a claim's support where a number, a month, a name, whether it is so, or for whom,
does not agree."""
WEAKEST: Final = 0.8
"""How much the claim that is supported least counts beside the mean of all."""
_ROOT: Final = 5
"""Letters that forms of one name have in common."""


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
        (UNKNOWN_DATE, unknown_date(claim, everything)),
        (UNKNOWN_NAME, unknown_name(claim, everything)),
        (OPPOSITE, contradiction(claim, source)),
        (DENIED, denial(claim, source)),
        (WIDENED, widening(claim, source)),
    ):
        if fault is not None:
            value *= factor
            faults.append(fault)
    if not faults and value < 1:
        faults.append("nothing in the sources says quite the same")
    return Support(claim, value, source, tuple(faults))


def unknown_number(claim: str, sources: str) -> str | None:
    """Find a number that no source has."""
    there = _quantities_of(sources)
    for quantity in quantities(claim):
        if not any(same(quantity, other) for other in there):
            return f"the number {quantity.text} is in no source"
    return None


# Each claim of an answer is held against the same sources.
@lru_cache(maxsize=8)
def _quantities_of(text: str) -> tuple[Quantity, ...]:
    return tuple(quantities(text))


@lru_cache(maxsize=8)
def _stems_of(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the stems of a text's words, and the roots of those that are long enough."""
    there = frozenset(stem(word) for word in words(text))
    return there, frozenset(word[:_ROOT] for word in there if len(word) >= _ROOT)


def unknown_date(claim: str, sources: str) -> str | None:
    """Find a month or a weekday that no source names."""
    for name in sorted(named_dates(claim) - named_dates(sources)):
        return f"{name} is in no source"
    return None


def unknown_name(claim: str, sources: str) -> str | None:
    """Find a name that no source has, in no form: "Europe" stands in "European"."""
    there, starts = _stems_of(sources)
    first = words(claim)[:1]  # has a capital whatever it is
    for word in sorted(name_words(claim)):
        parts = [part for part in words(word) if not _is_no_name(part) and [part] != first]
        if parts and not any(stem(part) in there or part[:_ROOT] in starts for part in parts):
            return f"the name {word!r} is in no source"
    return None


def _is_no_name(word: str) -> bool:
    return word in UNITS or bool(quantities(word))


def contradiction(claim: str, source: str) -> str | None:
    """Find a word for which the source has the opposite, or that only one of them denies."""
    nearest = closest_sentence(claim, source)
    pair = opposed(claim, nearest)
    if pair is not None:
        return f"it says {pair[0]!r} where the source says {pair[1]!r}"
    word = denied_in_one(claim, nearest)
    if word is not None:
        return f"one of claim and source denies {word!r}"
    return None


def denial(claim: str, source: str) -> str | None:
    """Tell whether only one of claim and source has a negation, which is weaker evidence.

    "Entry is free" and "nobody pays" say the same. A passage may say two things of which the claim
    repeats one, so it counts only if it holds against the passage and its closest sentence.
    """
    if is_negative(claim) in (is_negative(closest_sentence(claim, source)), is_negative(source)):
        return None
    return "one of claim and source denies what the other says"


def denied_in_one(claim: str, source: str) -> str | None:
    """Find a word that both have, and only one of them denies; as a stem."""
    shared = set(content_words(claim)) & set(content_words(source))
    return min((denied(claim) ^ denied(source)) & shared, default=None)


def widening(claim: str, source: str) -> str | None:
    """Find what a claim says of all, and its source under a condition only."""
    word = widened(claim, source)
    return None if word is None else f"it says {word!r} where the source has a condition"


def closest_sentence(claim: str, source: str) -> str:
    """Return the sentence of a source that shares most words with a claim."""
    wanted = set(content_words(claim))
    sentences = [sentence.text for sentence in split_sentences(source)] or [source]
    return max(sentences, key=lambda text: len(wanted & set(content_words(text))))


def mean_support(supports: Sequence[Support]) -> float:
    """Return the mean support of claims; 1 without any, as nothing wrong is claimed."""
    return sum(one.value for one in supports) / len(supports) if supports else 1.0


def total_support(supports: Sequence[Support]) -> float:
    """Return the support of a whole answer: between the mean of its claims and the weakest one.

    One wrong claim makes an answer wrong, however many right ones are around it; yet a further
    one makes it worse.
    """
    weakest = min((one.value for one in supports), default=1.0)
    return WEAKEST * weakest + (1 - WEAKEST) * mean_support(supports)


def explain(supports: Sequence[Support]) -> str:
    """Say which claims are supported least, and why."""
    weak = sorted((one for one in supports if one.value < 0.5), key=lambda one: one.value)
    if not weak:
        return f"All {len(supports)} claims are supported." if supports else "Nothing is claimed."
    worst = "; ".join(f"“{one.claim[:120]}”: {', '.join(one.faults)}" for one in weak[:3])
    return f"{len(weak)} of {len(supports)} claims are not supported: {worst}."
