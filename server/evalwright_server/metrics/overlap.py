"""Metrics that count the words and characters that output and expected share."""

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from evalwright_server.metrics.items import Engine, MetricItem, Outcome, Score
from evalwright_server.metrics.strings import NO_EXPECTED
from evalwright_server.prose.words import words

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF


def token_f1(item: MetricItem) -> Outcome:
    """F1 of the words that output and expected share, as in SQuAD (Rajpurkar et al. 2016)."""
    if item.expected is None:
        return NO_EXPECTED
    own, wanted = Counter(words(item.output)), Counter(words(item.expected))
    shared = (own & wanted).total()
    total = own.total() + wanted.total()
    value = 2 * shared / total if total else 1.0
    said = (
        f"{shared} words are shared, of {own.total()} in the output and {wanted.total()} expected."
    )
    return Score(value, said, Engine.RULES)


def rouge_l(item: MetricItem) -> Outcome:
    """F1 of the longest common subsequence of words (Lin 2004), by the library rouge-score."""
    if item.expected is None:
        return NO_EXPECTED
    score = _rouge().score(item.expected, item.output)["rougeL"]
    said = f"ROUGE-L precision {score.precision:.2f}, recall {score.recall:.2f}."
    return Score(_unit(score.fmeasure), said, Engine.RULES)


def chrf(item: MetricItem) -> Outcome:
    """Character n-gram F-score (Popović 2015), by the library sacrebleu, over 100."""
    if item.expected is None:
        return NO_EXPECTED
    score = _chrf().sentence_score(item.output, [item.expected])
    return Score(_unit(score.score / 100), f"chrF {score.score:.1f}.", Engine.RULES)


def bleu(item: MetricItem) -> Outcome:
    """BLEU of one sentence with effective order (Papineni et al. 2002), by sacrebleu, over 100."""
    if item.expected is None:
        return NO_EXPECTED
    score = _bleu().sentence_score(item.output, [item.expected])
    return Score(_unit(score.score / 100), f"BLEU {score.score:.1f}.", Engine.RULES)


def _unit(value: float) -> float:
    """Return a score that floating point may have put beyond its ends."""
    return min(max(float(value), 0.0), 1.0)


# These libraries take a while to import, and few runs need them.
@cache
def _rouge() -> "RougeScorer":
    from rouge_score.rouge_scorer import RougeScorer  # noqa: PLC0415

    return RougeScorer(["rougeL"], use_stemmer=False)


@cache
def _chrf() -> "CHRF":
    from sacrebleu.metrics.chrf import CHRF  # noqa: PLC0415

    return CHRF()


@cache
def _bleu() -> "BLEU":
    from sacrebleu.metrics.bleu import BLEU  # noqa: PLC0415

    return BLEU(effective_order=True)
