"""The embedder and the offline engine, against the arithmetic they can't do without.

The peer is a bare numpy product that takes as many floating-point operations as the model's layers
on the same word pieces: what is above 1 goes to splitting texts, softmax, norms and the activation.
sentence-transformers is no contestant, as it would bring torch.
"""

import itertools
from collections.abc import Callable

import numpy as np

from benchmarks.measure import race
from evalwright_server.embeddings import open_embedder
from evalwright_server.embeddings.embedder import BATCH_PIECES
from evalwright_server.embeddings.tokens import Vocabulary
from evalwright_server.embeddings.transformer import LAYERS, SIZE
from evalwright_server.embeddings.weights import model_folder
from evalwright_server.metrics import MetricItem, OfflineEngine

TEXTS = 64
ITEMS = 16
ROUNDS = 7
_WIDE = 4 * SIZE
_SENTENCE = "The bridge number {} spans {} metres and was opened by the mayor in May."
_numbers = itertools.count(100)


def report() -> str:
    """Measure and return the figures as text."""
    embedder = open_embedder()
    engine = OfflineEngine(embedder)
    results = race(
        {
            "bare products of the same size": products(embedder_pieces()),
            f"embed {TEXTS} new sentences": lambda: embedder.embed(sentences()),
            f"hallucination of {ITEMS} new items": lambda: measure(engine, "hallucination"),
            f"token_f1 of {ITEMS} new items": lambda: measure(engine, "token_f1"),
        },
        peer="bare products of the same size",
        rounds=ROUNDS,
        calls=1,
    )
    lines = ["Metrics", *(each.row() for each in results)]
    for each, count, what in zip(results[1:], (TEXTS, ITEMS, ITEMS), _KINDS, strict=True):
        speed = count / sorted(each.seconds)[ROUNDS // 2]
        lines.append(f"{each.name:<42}{speed:>11.0f} {what} a second")
    return "\n".join([*lines, ""])


_KINDS = ("texts", "items", "items")


def sentences() -> list[str]:
    """Return sentences that were never embedded before."""
    return [_SENTENCE.format(number, 3 * number) for number in itertools.islice(_numbers, TEXTS)]


def embedder_pieces() -> int:
    """Count the word pieces of such sentences."""
    windows = Vocabulary(model_folder()).windows(sentences())
    return sum(len(row) for own in windows for row in own)


def products(pieces: int) -> Callable[[], object]:
    """Return what multiplies as much as the model's layers do for so many pieces.

    Per layer and piece these are four products with 384 x 384 numbers and two with 384 x 1536;
    attention between pieces of one short text adds a hundredth, which is left out.
    """
    rows = np.ones((min(pieces, BATCH_PIECES), SIZE), dtype=np.float32)
    square = np.ones((SIZE, SIZE), dtype=np.float32)
    wide, narrow = np.ones((SIZE, _WIDE), np.float32), np.ones((_WIDE, SIZE), np.float32)
    batches = max(round(pieces / len(rows)), 1)

    def multiply() -> None:
        for _ in range(batches * LAYERS):
            for _ in range(4):
                rows @ square
            (rows @ wide) @ narrow

    return multiply


def measure(engine: OfflineEngine, metric: str) -> None:
    """Measure new items of two sentences each against a context of three."""
    items = []
    for _ in range(ITEMS):
        one, two, three = sentences()[:3]
        items.append(
            MetricItem("Which bridges are there?", f"{one} {two}", (one, f"{two} {three}"))
        )
    if metric == "token_f1":
        items = [MetricItem(each.input, each.output, expected=each.context[0]) for each in items]
    engine.measure([metric], items)


if __name__ == "__main__":
    print(report())
