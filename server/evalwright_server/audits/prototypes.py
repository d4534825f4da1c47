"""Harmful content by its meaning: nearer to what does harm than to what is only on the subject.

For each category a plane is laid between the vectors of harmful sentences and of benign ones, and
the side and distance of a sentence say what it is. The sentences stand in `prototypes.toml`; they
are what there is to change.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from evalwright_server.audits.findings import Finding
from evalwright_server.embeddings.embeds import Embeds
from evalwright_server.prose.sentences import Sentence, split_sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PLANES: Final = "planes.npz"
"""Where the planes are kept."""
SUSPECT: Final = 0.2
"""Distance from which a sentence counts with the usual threshold: 1 is that of harmful prototypes,
and -1 that of benign ones."""
STEEPNESS: Final = 0.5
"""How much more confidence there is for each unit of distance beyond that."""
LEAST: Final = 0.3
"""The confidence below which nothing is reported."""
MOST: Final = 0.8
"""The highest confidence: closeness of meaning alone is no proof."""
SENTENCES: Final = 300
"""Sentences of a text that are looked at."""
DENIED: Final = 0.5
"""What is left of the confidence in a sentence that denies or warns: vectors don't show that."""
_DENIAL: Final = re.compile(
    r"\b(?:never|myth|no evidence|debunked|contrary to|warn(?:s|ed|ing)?|do(?:es)? not cause"
    r"|(?:is|are) (?:false|wrong|untrue|illegal|forbidden|banned|dangerous))\b",
    re.IGNORECASE,
)
_SHORTEST: Final = 20
_SHOWN: Final = 200


@cache
def stored_planes() -> "Mapping[str, NDArray[np.float32]]":
    """Return a plane for each category: its normal, and how far it is off the origin.

    They were laid by `planes.py`; embedding all prototypes anew would take seconds.
    """
    import numpy as np  # noqa: PLC0415 - comes with an extra

    with files("evalwright_server.audits").joinpath(PLANES).open("rb") as file:
        stored = np.load(file)
        return dict(zip(stored["codes"].tolist(), stored["planes"], strict=True))


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
    denials = [DENIED if _DENIAL.search(sentence.text) else 1.0 for sentence in sentences]
    planes = stored_planes()
    for code in sorted(planes.keys() & codes):
        distances = vectors @ planes[code][:-1] + planes[code][-1]
        found = [
            (_confidence(float(distance)) * denial, sentence)
            for distance, denial, sentence in zip(distances, denials, sentences, strict=True)
        ]
        confidence, sentence = max(found, key=lambda pair: pair[0])
        if confidence >= LEAST:
            shown = sentence.text[:_SHOWN]
            yield Finding(code, "prototype", confidence, sentence.start, shown)


def _confidence(distance: float) -> float:
    return min(max(0.5 + STEEPNESS * (distance - SUSPECT), 0.0), MOST)
