"""What users of an embedder need of it; importing this needs no extra."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embeds(Protocol):
    """Turns texts into vectors of length 1; see `embedder.Embedder`."""

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Return a row for each text."""
        ...
