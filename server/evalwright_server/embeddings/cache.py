"""Vectors of texts that were embedded before."""

from collections import OrderedDict
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

ENTRIES: Final = 50_000
"""How many vectors are kept: 1.5 kB each, so at most 80 MB."""

Vector = NDArray[np.float32]


class VectorCache:
    """Keeps the vectors that were used last, by the text's SHA-256.

    Args:
        entries: How many.
    """

    def __init__(self, entries: int = ENTRIES) -> None:
        self._entries = entries
        self._vectors: OrderedDict[bytes, Vector] = OrderedDict()

    def get(self, text: str) -> Vector | None:
        """Return a text's vector, if it is kept."""
        digest = digest_of(text)
        vector = self._vectors.get(digest)
        if vector is not None:
            self._vectors.move_to_end(digest)
        return vector

    def put(self, text: str, vector: Vector) -> None:
        """Keep a text's vector; the one that was not used for longest goes."""
        self._vectors[digest_of(text)] = vector
        if len(self._vectors) > self._entries:
            self._vectors.popitem(last=False)


def digest_of(text: str) -> bytes:
    """Return the name under which a text's vector is kept."""
    return sha256(text.encode(errors="surrogatepass")).digest()
