"""Texts as rows of word pieces."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

WINDOW: Final = 256
"""Pieces the model takes at a time, with the two that mark beginning and end (its
`max_seq_length`)."""
BEGIN: Final = 101
END: Final = 102

Pieces = tuple[int, ...]


class Vocabulary:
    """Splits texts into the pieces the model was trained on.

    Args:
        folder: The model's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def windows(self, texts: Sequence[str]) -> list[list[Pieces]]:
        """Split texts, long ones into windows one after the other.

        Returns:
            For each text one or more rows, each of at most `WINDOW` pieces.
        """
        # A lone surrogate can't be encoded, which the library needs.
        clean = [text.encode(errors="replace").decode() for text in texts]
        encoded = self._tokenizer.encode_batch(clean, add_special_tokens=False)
        return [list(cut(encoding.ids)) for encoding in encoded]


def cut(pieces: Sequence[int]) -> Iterator[Pieces]:
    """Cut a row of pieces into windows and mark their ends; a text without pieces gives one."""
    size = WINDOW - 2
    for start in range(0, max(len(pieces), 1), size):
        yield (BEGIN, *pieces[start : start + size], END)


def pad(rows: Sequence[Pieces]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Fill rows up to one length.

    Returns:
        The pieces and the mask that `Transformer.encode` takes.
    """
    longest = max(map(len, rows))
    pieces = np.zeros((len(rows), longest), dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=np.float32)
    for index, row in enumerate(rows):
        pieces[index, : len(row)] = row
        mask[index, : len(row)] = 1.0
    return pieces, mask
