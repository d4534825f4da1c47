"""Harmful content by its meaning: nearer to what does harm than to what is only on the subject."""

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Protocol

from evalwright_server.audits.findings import Finding
from evalwright_server.prose.sentences import Sentence, split_sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEAR: Final = 0.5
"""Cosine to a harmful sentence from which a sentence is suspect."""
LEAD: Final = 0.08
"""How much nearer it has to be to harmful sentences than to benign ones."""
SURE: Final = 0.8
"""Cosine at which it is as sure as it gets."""
MOST: Final = 0.8
"""The confidence that is: closeness of meaning alone is no proof."""
SENTENCES: Final = 300
"""Sentences of a text that are looked at."""
_SHORTEST: Final = 20


class Embeds(Protocol):
    """Turns texts into vectors of length 1; see `embeddings.Embedder`."""

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Return a row for each text."""
        ...


@cache
def _sentences() -> dict[str, Any]:
    text = files(__package__).joinpath("prototypes.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=2)
def _vectors(
    embedder: Embeds,
) -> "dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]":
    """Return the vectors of harmful and benign sentences by category, embedded all at once."""
    rows = _sentences()
    embedder.embed([text for row in rows.values() for text in row["harmful"] + row["benign"]])
    return {
        code: (embedder.embed(row["harmful"]), embedder.embed(row["benign"]))
        for code, row in rows.items()
    }


def comparable(text: str) -> list[Sentence]:
    """Return the sentences of a text whose meaning is looked at."""
    return [
        sentence
        for sentence in split_sentences(text)[:SENTENCES]
        if len(sentence.text) >= _SHORTEST
    ]


def harmful_meaning(text: str, codes: frozenset[str], embedder: Embeds) -> Iterator[Finding]:
    """Find sentences whose meaning is that of harmful ones; of each category the surest."""
    sentences = comparable(text)
    if not sentences:
        return
    vectors = embedder.embed([sentence.text for sentence in sentences])
    for code in sorted(_sentences().keys() & codes):
        harmful, benign = ((vectors @ rows.T).max(axis=1) for rows in _vectors(embedder)[code])
        suspect = [
            (float(near), sentence)
            for near, far, sentence in zip(harmful, benign, sentences, strict=True)
            if near >= NEAR and near - far >= LEAD
        ]
        if suspect:
            yield _finding(code, *max(suspect, key=lambda pair: pair[0]))


def _finding(code: str, near: float, sentence: Sentence) -> Finding:
    share = min((near - NEAR) / (SURE - NEAR), 1.0)
    confidence = MOST * (0.5 + 0.5 * share)
    return Finding(code, "prototype", confidence, sentence.start, sentence.text[:200])
