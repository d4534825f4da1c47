"""Laying the planes between harmful and benign sentences; see `prototypes`.

`scripts/audit_planes.py` keeps what comes out in `planes.npz`; a test holds the two together.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evalwright_server.embeddings.embeds import Embeds

SOFTNESS: Final = 0.01
"""How much the planes may err about prototypes (the ridge of the least squares)."""
_OWN_BENIGN, _OTHER_BENIGN, _OTHER_HARMFUL = 0.5, 0.3, 0.2
"""What groups of prototypes weigh for a category's plane; its own harmful ones weigh 1."""


@cache
def prototypes() -> dict[str, Any]:
    """Return the sentences by category and kind, as they stand in `prototypes.toml`."""
    text = files("evalwright_server.audits").joinpath("prototypes.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def lay_planes(embedder: Embeds) -> Mapping[str, NDArray[np.float64]]:
    """Return a plane for each category: its normal, and how far it is off the origin."""
    rows = [
        (code, kind == "harmful", text)
        for code, kinds in prototypes().items()
        for kind, texts in kinds.items()
        for text in texts
    ]
    vectors = embedder.embed([text for _, _, text in rows]).astype(np.float64)
    points = np.hstack([vectors, np.ones((len(rows), 1))])
    codes = np.array([code for code, _, _ in rows])
    harmful = np.array([is_harmful for _, is_harmful, _ in rows])
    return {code: _plane(points, codes == code, harmful) for code in prototypes()}


def _plane(
    points: NDArray[np.float64], own: NDArray[np.bool_], harmful: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the plane that fits best, by weighted least squares with a ridge."""
    weights = np.zeros(len(points))
    for group, weight in (
        (own & harmful, 1.0),
        (own & ~harmful, _OWN_BENIGN),
        (~own & ~harmful, _OTHER_BENIGN),
        (~own & harmful, _OTHER_HARMFUL),
    ):
        weights[group] = weight / max(group.sum(), 1)
    sides = np.where(own & harmful, 1.0, -1.0)
    ridge = SOFTNESS * np.eye(points.shape[1])
    ridge[-1, -1] = 0.0
    weighted = (points * weights[:, None]).T
    solved = np.linalg.solve(weighted @ points + ridge, weighted @ sides)
    return np.asarray(solved, dtype=np.float64)
