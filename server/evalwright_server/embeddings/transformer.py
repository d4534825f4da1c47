"""The forward pass of a BERT encoder in numpy: six layers of 384 numbers, twelve heads.

After Devlin et al. 2019 (https://arxiv.org/abs/1810.04805), with mean pooling as
sentence-transformers does it for all-MiniLM-L6-v2. It agrees with that library to 1e-6.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

LAYERS: Final = 6
HEADS: Final = 12
SIZE: Final = 384
EPSILON: Final = 1e-12
"""`layer_norm_eps` of the model's config.json."""
MASKED: Final = np.float32(-1e9)

# Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: off by less than 1.5e-7.
_ERF: Final = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
_ERF_P: Final = 0.3275911


class Transformer:
    """Turns rows of word pieces into vectors.

    Args:
        weights: The model's numbers by name, as they stand in its file.
    """

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._weights = weights

    def encode(self, pieces: NDArray[np.int64], mask: Array) -> Array:
        """Compute a vector of length 1 for each row.

        Args:
            pieces: Numbers of word pieces, of shape [texts, pieces].
            mask: 1 where there is a piece, 0 where a row is filled up; of the same shape.

        Returns:
            Of shape [texts, 384].
        """
        hidden = self._embed(pieces)
        bias = (1.0 - mask[:, None, None, :]) * MASKED
        for layer in range(LAYERS):
            hidden = self._layer(f"encoder.layer.{layer}", hidden, bias)
        pooled = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        unit: Array = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit

    def _embed(self, pieces: NDArray[np.int64]) -> Array:
        words = self._weights["embeddings.word_embeddings.weight"][pieces]
        places = self._weights["embeddings.position_embeddings.weight"][: pieces.shape[1]]
        kind = self._weights["embeddings.token_type_embeddings.weight"][0]
        return self._normalize("embeddings.LayerNorm", words + places + kind)

    def _layer(self, name: str, hidden: Array, bias: Array) -> Array:
        attended = self._attend(f"{name}.attention.self", hidden, bias)
        projected = self._linear(f"{name}.attention.output.dense", attended)
        hidden = self._normalize(f"{name}.attention.output.LayerNorm", projected + hidden)
        wide = gelu(self._linear(f"{name}.intermediate.dense", hidden))
        return self._normalize(
            f"{name}.output.LayerNorm", self._linear(f"{name}.output.dense", wide) + hidden
        )

    def _attend(self, name: str, hidden: Array, bias: Array) -> Array:
        query, key, value = (
            split_heads(self._linear(f"{name}.{part}", hidden))
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32((SIZE / HEADS) ** 0.5) + bias
        attended = softmax(scores) @ value
        texts, _, pieces, _ = attended.shape
        return attended.transpose(0, 2, 1, 3).reshape(texts, pieces, SIZE)

    def _linear(self, name: str, hidden: Array) -> Array:
        result: Array = hidden @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return result

    def _normalize(self, name: str, hidden: Array) -> Array:
        centered = hidden - hidden.mean(axis=-1, keepdims=True)
        variance = np.square(centered).mean(axis=-1, keepdims=True)
        scaled: Array = centered / np.sqrt(variance + np.float32(EPSILON))
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def split_heads(hidden: Array) -> Array:
    """Reshape [texts, pieces, 384] to [texts, heads, pieces, 32]."""
    texts, pieces, _ = hidden.shape
    return hidden.reshape(texts, pieces, HEADS, SIZE // HEADS).transpose(0, 2, 1, 3)


def softmax(scores: Array) -> Array:
    """Turn scores into shares along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Array = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def gelu(values: Array) -> Array:
    """Apply x * Phi(x), Phi by the error function."""
    scaled = np.abs(values) * np.float32(0.5**0.5)
    factor = np.float32(1.0) / (np.float32(1.0) + np.float32(_ERF_P) * scaled)
    series = np.zeros_like(factor)
    for coefficient in reversed(_ERF):
        series = (series + np.float32(coefficient)) * factor
    erf = np.sign(values) * (np.float32(1.0) - series * np.exp(-np.square(scaled)))
    return np.asarray(values * np.float32(0.5) * (np.float32(1.0) + erf), dtype=np.float32)
