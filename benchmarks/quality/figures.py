"""Measuring the cases, and what comes out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.quality.auc import Area, area, best_threshold, bootstrapped, share
from benchmarks.quality.cases import CASES, GOOD, Case
from benchmarks.quality.data import Half, refusing
from evalwright_server.metrics import MetricItem, OfflineEngine, Score
from evalwright_server.prose.refusals import is_refusal
from evalwright_server.prose.words import words

ALL: Final = "all kinds"
AT_ONCE: Final = 64


@dataclass(frozen=True, slots=True)
class Row:
    """What a metric is worth against one kind of fault.

    Attributes:
        metric: Its key.
        kind: The kind of fault.
        cases: How many good and bad cases there are.
        area: Of the metric.
        length: Area of the baseline that calls the shorter answer better.
        overlap: Area of the baseline that counts words shared with the other texts.
    """

    metric: str
    kind: str
    cases: tuple[int, int]
    area: Area
    length: float
    overlap: float


@dataclass(frozen=True, slots=True)
class Cut:
    """What a threshold is worth that was chosen on the tuning half.

    Attributes:
        metric: The metric's key.
        threshold: Scores below count as bad.
        recall: The share of bad cases that are found.
        precision: The share of truly bad ones among those found, if both were equally frequent.
    """

    metric: str
    threshold: float
    recall: float
    precision: float


@dataclass(frozen=True, slots=True)
class Marked:
    """A case and its score."""

    case: Case
    score: float


def length_of(item: MetricItem) -> float:
    """Score shorter texts higher: what a metric could owe to length alone."""
    return -float(len(item.output) + sum(map(len, item.context)))


def overlap_of(item: MetricItem) -> float:
    """Score the share of the output's words that stand in the other texts."""
    others = [*item.context, item.expected or ""] if item.context else [item.input]
    there = set(words(" ".join(others)))
    own = words(item.output)
    return sum(word in there for word in own) / len(own) if own else 0.0


def marked(metric: str, half: Half, engine: OfflineEngine) -> list[Marked]:
    """Measure the cases of a metric."""
    found = []
    every = list(CASES[metric](half))
    for cases in (every[at : at + AT_ONCE] for at in range(0, len(every), AT_ONCE)):
        outcomes = engine.measure([metric], [case.item for case in cases])
        for case, outcome in zip(cases, outcomes, strict=True):
            score = outcome[metric]
            if not isinstance(score, Score):
                raise TypeError(f"{metric} has no score for {case}: {score.reason}")
            found.append(Marked(case, score.value))
    return found


def rows(metric: str, cases: Sequence[Marked]) -> list[Row]:
    """Return a row for all kinds of fault together, and one for each."""
    kinds = list(dict.fromkeys(one.case.kind for one in cases if one.case.kind != GOOD))
    return [_row(metric, kind, cases) for kind in ([ALL] if len(kinds) > 1 else []) + kinds]


def _row(metric: str, kind: str, cases: Sequence[Marked]) -> Row:
    good = [one for one in cases if one.case.kind == GOOD]
    bad = [one for one in cases if one.case.kind != GOOD and kind in (ALL, one.case.kind)]
    # Where each bad case has a good one of its own, others would only add noise.
    groups = {one.case.group for one in bad}
    good = [one for one in good if one.case.group in groups]
    pairs = ([(one.case.group, one.score) for one in part] for part in (good, bad))

    def baseline(score: Callable[[MetricItem], float]) -> float:
        return area(*([score(one.case.item) for one in part] for part in (good, bad)))

    counts = (len(good), len(bad))
    return Row(
        metric, kind, counts, bootstrapped(*pairs), baseline(length_of), baseline(overlap_of)
    )


def cut(metric: str, tuning: Sequence[Marked], test: Sequence[Marked]) -> Cut:
    """Choose a threshold on one half and try it on the other."""
    threshold = round(best_threshold(*_scores(tuning)), 2)
    good, bad = _scores(test)
    false, found = 1 - share(good, threshold), 1 - share(bad, threshold)
    return Cut(metric, threshold, found, found / (found + false) if found + false else 0.0)


def _scores(cases: Sequence[Marked]) -> tuple[list[float], list[float]]:
    good = [one.score for one in cases if one.case.kind == GOOD]
    return good, [one.score for one in cases if one.case.kind != GOOD]


@dataclass(frozen=True, slots=True)
class RefusalFigures:
    """What the rule for refusals is worth.

    Attributes:
        counts: How many refusals and other answers there are.
        recall: The share of refusals that are found.
        precision: The share of refusals among those found.
        by_kind: The share that is told right, by kind.
    """

    counts: tuple[int, int]
    recall: float
    precision: float
    by_kind: Mapping[str, float]


def refusal_figures(half: Half) -> RefusalFigures:
    """Measure the rule that tells refusals."""
    entries = [one for one in refusing() if one.half == half]
    found = {one.text: is_refusal(one.text) for one in entries}
    refusals = [one for one in entries if one.refuses]
    hits = sum(found[one.text] for one in refusals)
    kinds: dict[str, list[bool]] = {}
    for one in entries:
        kinds.setdefault(one.kind, []).append(found[one.text] == one.refuses)
    return RefusalFigures(
        (len(refusals), len(entries) - len(refusals)),
        hits / len(refusals),
        hits / (sum(found.values()) or 1),
        {kind: sum(right) / len(right) for kind, right in kinds.items()},
    )
