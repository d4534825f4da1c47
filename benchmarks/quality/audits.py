"""How well audits tell harm from its subject, and refusals from compliance, on hand-made sets.

    python -m benchmarks.quality.audits

Prints precision and recall at the usual threshold, and the area under the ROC curve beside that of
the answer's length, each with a bootstrap interval of 95 %. Items of a category are its harmful
answers and benign ones on the same subject. Patterns and prototypes are only ever changed with the
tuning half in view; the digest of the other half is checked before it is measured.
"""

import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from evalwright_server.audits import CATEGORIES
from evalwright_server.audits.auditing import THRESHOLD, findings_in
from evalwright_server.embeddings import EmbeddingsMissing, open_embedder
from evalwright_server.embeddings.embeds import Embeds
from evalwright_server.prose.refusals import is_refusal

DATA: Final = Path(__file__).parent / "data" / "audits.toml"
FROZEN: Final = "cf1c0123adc5f7e1bbf2776e0addc14f6e2b37a0f21d7582ed2b2076124cd244"
"""Digest of the test half, as `digest` makes it."""
REFUSALS: Final = "refusals"
REFUSING: Final = frozenset({"plain", "polite", "with_offer"})
RESAMPLES: Final = 1000

Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]


@dataclass(frozen=True)
class Labelled:
    """Scored items with what they should be."""

    labels: Labels
    scores: Scores
    lengths: Scores

    @classmethod
    def of(cls, rows: Sequence[tuple[bool, float, str]]) -> "Labelled":
        """Return items from labels, scores and texts."""
        return cls(
            np.array([label for label, _, _ in rows]),
            np.array([score for _, score, _ in rows]),
            np.array([float(len(text)) for _, _, text in rows]),
        )


def load() -> dict[str, Any]:
    """Return the sets."""
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


def digest(sets: Mapping[str, Any]) -> str:
    """Return the digest of the test half."""
    half = {name: halves["test"] for name, halves in sets.items()}
    return sha256(orjson.dumps(half, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True)
class Figures:
    """Figures of many draws from the same items: a row of each is one draw."""

    precision: Scores
    recall: Scores
    area: Scores


def measure(harmful: Scores, benign: Scores) -> Figures:
    """Measure draws.

    Precision is the share of harmful ones among what is reported, 1 where nothing is; recall the
    share of them that is reported; the area how often a harmful one scores higher, ties half.

    Args:
        harmful: Scores of harmful items, a row for each draw.
        benign: The same of benign ones.
    """
    hits, alarms = (harmful >= THRESHOLD).sum(axis=1), (benign >= THRESHOLD).sum(axis=1)
    shares = np.where(hits + alarms, hits / np.maximum(hits + alarms, 1), 1.0)
    wins = np.sign(harmful[:, :, None] - benign[:, None, :])
    return Figures(shares, hits / harmful.shape[1], (wins.mean(axis=(1, 2)) + 1) / 2)


def show(labelled: Labelled) -> list[str]:
    """Return precision, recall and area with the middle 95 % of the bootstrap of each."""
    harmful, benign = (labelled.scores[labelled.labels], labelled.scores[~labelled.labels])
    random = np.random.default_rng(5)
    exact = measure(harmful[None, :], benign[None, :])
    drawn = measure(
        random.choice(harmful, (RESAMPLES, len(harmful))),
        random.choice(benign, (RESAMPLES, len(benign))),
    )
    shown = []
    for name in ("precision", "recall", "area"):
        low, high = np.quantile(getattr(drawn, name), [0.025, 0.975])
        shown.append(f"{getattr(exact, name)[0]:.2f} [{low:.2f}, {high:.2f}]")
    return shown


def area(labels: Labels, scores: Scores) -> float:
    """Return the area under the ROC curve."""
    return float(measure(scores[labels][None, :], scores[~labels][None, :]).area[0])


def confidence(text: str, code: str, embedder: Embeds | None) -> float:
    """Return how sure an audit is that a text has a category; 0 if it finds nothing."""
    found = findings_in(text, frozenset({code}), embedder)
    return found[0].confidence if found else 0.0


def score(sets: Mapping[str, Any], half: str, embedder: Embeds | None) -> dict[str, Labelled]:
    """Return the items of each category, scored."""
    return {
        code: Labelled.of(
            [
                (kind == "harmful", confidence(text, code, embedder), text)
                for kind, texts in halves[half].items()
                for text in texts
            ]
        )
        for code, halves in sets.items()
        if code != REFUSALS
    }


def false_alarms(sets: Mapping[str, Any], half: str, embedder: Embeds | None) -> float:
    """Return the share of benign answers in which any category at all is reported."""
    benign = [text for code, halves in sets.items() if code != REFUSALS
              for text in halves[half]["benign"]]  # fmt: skip
    every = frozenset(CATEGORIES)
    alarms = [
        any(found.confidence >= THRESHOLD for found in findings_in(text, every, embedder))
        for text in benign
    ]
    return sum(alarms) / len(alarms)


def report_categories(
    sets: Mapping[str, Any], half: str, engine: str, embedder: Embeds | None
) -> Iterator[str]:
    """Yield the lines of the table of categories."""
    scored = score(sets, half, embedder)
    everything = Labelled(
        *(np.concatenate([getattr(each, name) for each in scored.values()])
          for name in ("labels", "scores", "lengths"))
    )  # fmt: skip
    yield f"\n{half} half, {engine}"
    head = ("category", "n", "precision", "recall", "AUC", "AUC of length")
    yield "{:26}{:>4}  {:18}{:18}{:18}{}".format(*head)
    rows = {f"{code} {CATEGORIES[code].name}": each for code, each in scored.items()}
    for name, each in {**rows, "all": everything}.items():
        shown = show(each)
        length = area(each.labels, each.lengths)
        figures = "".join(f"{figure:18}" for figure in shown)
        yield f"{name:26}{len(each.labels):>4}  {figures}{length:.2f}"
    alarms = false_alarms(sets, half, embedder)
    yield f"benign answers in which any of the 23 categories is reported: {alarms:.1%}"


def report_refusals(sets: Mapping[str, Any], half: str) -> Iterator[str]:
    """Yield the lines of the table of refusals."""
    yield f"\n{half} half, refusals"
    yield f"{'kind':16}{'n':>4}  judged rightly"
    right: dict[str, list[bool]] = {
        kind: [is_refusal(text) is (kind in REFUSING) for text in texts]
        for kind, texts in sets[REFUSALS][half].items()
    }
    for kind, each in right.items():
        yield f"{kind:16}{len(each):>4}  {sum(each)}"
    every = np.array([one for each in right.values() for one in each])
    random = np.random.default_rng(5)
    means = [random.choice(every, len(every)).mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    yield f"{'all':16}{len(every):>4}  {every.sum()} = {every.mean():.2f} [{low:.2f}, {high:.2f}]"


def report() -> Iterator[str]:
    """Yield the lines of the report.

    Raises:
        SystemExit: The test half is not the one that was frozen.
    """
    sets = load()
    if digest(sets) != FROZEN:
        raise SystemExit(f"the test half of {DATA.name} is not the frozen one: {digest(sets)}")
    engines: dict[str, Embeds | None] = {"rules": None}
    try:
        engines["rules and embedding"] = open_embedder()
    except EmbeddingsMissing as error:
        yield f"without embedding: {error}"
    for half in ("tuning", "test"):
        for engine, embedder in engines.items():
            yield from report_categories(sets, half, engine, embedder)
        yield from report_refusals(sets, half)


def missed(half: str = "tuning") -> Iterator[str]:
    """Yield what is judged wrongly, to be looked at while tuning."""
    sets, embedder = load(), open_embedder()
    score_of = partial(confidence, embedder=embedder)
    for code, halves in sets.items():
        for kind, texts in halves[half].items():
            for text in texts:
                if code == REFUSALS:
                    wrong = is_refusal(text) is not (kind in REFUSING)
                else:
                    wrong = (score_of(text, code) >= THRESHOLD) is not (kind == "harmful")
                if wrong:
                    yield f"{code} {kind}: {text}"


if __name__ == "__main__":
    print("\n".join(missed() if sys.argv[1:] == ["--missed"] else report()))
