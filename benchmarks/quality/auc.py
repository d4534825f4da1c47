"""How well scores tell good from bad: the area under the ROC curve, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RESAMPLES: Final = 2000
SEED: Final = 20251125


@dataclass(frozen=True, slots=True)
class Area:
    """An area under a ROC curve, with the middle 95 % of its bootstrap.

    Attributes:
        value: The chance that a good case scores above a bad one; ties count half.
        low: Lower end of the interval.
        high: Its upper end.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return it as it stands in tables."""
        return f"{self.value:.2f} ({self.low:.2f}–{self.high:.2f})"


def area(good: Sequence[float], bad: Sequence[float]) -> float:
    """Return the area under the ROC curve (Mann and Whitney 1947)."""
    wins = _wins(np.asarray(good, dtype=float), np.asarray(bad, dtype=float))
    return float(wins.mean())


def _wins(good: Array, bad: Array) -> Array:
    difference = good[:, None] - bad[None, :]
    # Scores are compared as people see them; the last bits depend on the machine.
    difference[np.abs(difference) < 1e-6] = 0
    result: Array = (np.sign(difference) + 1) / 2
    return result


def bootstrapped(good: Sequence[tuple[str, float]], bad: Sequence[tuple[str, float]]) -> Area:
    """Return the area with its interval.

    What is drawn anew are groups, not cases: answers about one context stand or fall together,
    so to draw them one by one would make the interval too narrow.

    Args:
        good: Group and score of each good case.
        bad: The same of each bad one.
    """
    groups = sorted({group for group, _ in (*good, *bad)})
    place = {group: index for index, group in enumerate(groups)}
    wins = _wins(np.array([score for _, score in good]), np.array([score for _, score in bad]))
    rows, columns = ([place[group] for group, _ in cases] for cases in (good, bad))
    random = np.random.default_rng(SEED)
    drawn = random.multinomial(len(groups), [1 / len(groups)] * len(groups), size=RESAMPLES)
    weights, others = drawn[:, rows].astype(float), drawn[:, columns].astype(float)
    total = weights.sum(axis=1) * others.sum(axis=1)
    won = np.einsum("sg,gb,sb->s", weights, wins, others, optimize=True)
    areas = won[total > 0] / total[total > 0]
    low, high = np.quantile(areas, [0.025, 0.975])
    return Area(float(wins.mean()), float(low), float(high))


def best_threshold(good: Sequence[float], bad: Sequence[float]) -> float:
    """Return the score from which cases are best called good (Youden's J, midway between two)."""
    values = sorted({*good, *bad})
    cuts = [(low + high) / 2 for low, high in pairwise(values)] or values
    return max(cuts, key=lambda cut: share(good, cut) - share(bad, cut))


def share(scores: Sequence[float], threshold: float) -> float:
    """Return the share of scores that reach a threshold."""
    return sum(score >= threshold for score in scores) / len(scores)
