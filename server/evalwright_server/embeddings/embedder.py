"""Texts in, vectors out: in batches of like length, and none twice."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from evalwright_server.embeddings.cache import VectorCache
from evalwright_server.embeddings.tokens import Pieces, Vocabulary, pad
from evalwright_server.embeddings.transformer import SIZE, Transformer
from evalwright_server.embeddings.weights import read_weights

Vectors = NDArray[np.float32]

BATCH_PIECES: Final = 1024
"""Pieces computed at a time, filling included. More would not fit into a processor's caches: 4096
gave 0.6 times as many texts a second."""


class Embedder:
    """Embeds texts; several threads may use one, which then take turns.

    Args:
        vocabulary: Splits texts.
        transformer: Computes vectors.
        cache: Keeps vectors.
    """

    def __init__(
        self, vocabulary: Vocabulary, transformer: Transformer, cache: VectorCache | None = None
    ) -> None:
        self._vocabulary = vocabulary
        self._transformer = transformer
        self._cache = cache or VectorCache()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Read the model in a folder.

        Raises:
            OSError: A file is missing.
            ValueError: A file is broken.
        """
        return cls(Vocabulary(folder), Transformer(read_weights(folder)))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Compute the vectors of texts.

        A text of more than 254 word pieces is cut into windows, and its vector is the direction of
        their mean, so that no part of it is ignored.

        Args:
            texts: Any texts; one without words has a vector, too, of no meaning.

        Returns:
            Of shape [texts, 384]; each row has length 1, so that products of rows are cosines.
        """
        if not texts:
            return np.zeros((0, SIZE), dtype=np.float32)
        with self._lock:
            found = self._recall(texts)
            missing = [text for text in dict.fromkeys(texts) if text not in found]
            for text, vector in zip(missing, self._compute(missing), strict=True):
                self._cache.put(text, vector)
                found[text] = vector
        return np.stack([found[text] for text in texts])

    def _recall(self, texts: Sequence[str]) -> dict[str, Vectors]:
        kept = ((text, self._cache.get(text)) for text in dict.fromkeys(texts))
        return {text: vector for text, vector in kept if vector is not None}

    def _compute(self, texts: Sequence[str]) -> list[Vectors]:
        windows = self._vocabulary.windows(texts) if texts else []
        rows = [(owner, row) for owner, own in enumerate(windows) for row in own]
        sums = np.zeros((len(texts), SIZE), dtype=np.float32)
        for batch in batches(sorted(rows, key=lambda pair: len(pair[1]))):
            vectors = self._transformer.encode(*pad([row for _, row in batch]))
            np.add.at(sums, [owner for owner, _ in batch], vectors)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return list(sums / np.maximum(lengths, np.finfo(np.float32).tiny))


def batches(rows: Sequence[tuple[int, Pieces]]) -> Iterator[Sequence[tuple[int, Pieces]]]:
    """Part rows, shortest first, so that none has more than `BATCH_PIECES` pieces when filled."""
    start = 0
    for end in range(1, len(rows) + 1):
        at_end = end == len(rows)
        if at_end or (end - start + 1) * len(rows[end][1]) > BATCH_PIECES:
            yield rows[start:end]
            start = end
