"""The vectors are those of the model, whatever else is embedded with a text."""

import json
from pathlib import Path

import numpy as np
import pytest

from evalwright_server.embeddings import open_embedder
from evalwright_server.embeddings.embedder import Embedder, batches
from evalwright_server.embeddings.tokens import WINDOW, cut

REFERENCE = Path(__file__).with_name("reference.json")
PARIS = "Paris is the capital of France."
SEAT = "The French government sits in Paris."
FRUIT = "Bananas are rich in potassium."


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    """The installed model, loaded once."""
    return open_embedder()


def test_vectors_agree_with_another_implementation(embedder: Embedder) -> None:
    """reference.json holds what sentence-transformers 6.2 computed from the same weights."""
    reference = json.loads(REFERENCE.read_text(encoding="utf-8"))
    vectors = embedder.embed([entry["text"] for entry in reference])
    expected = np.array([entry["vector"] for entry in reference])
    assert np.abs(vectors[:, : expected.shape[1]] - expected).max() < 1e-5


def test_vectors_have_length_one(embedder: Embedder) -> None:
    vectors = embedder.embed([PARIS, FRUIT, "", "\ud800", "x" * 5_000])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_like_meaning_is_closer_than_other_meaning(embedder: Embedder) -> None:
    paris, seat, fruit = embedder.embed([PARIS, SEAT, FRUIT])
    assert paris @ seat > 0.5 > paris @ fruit


def test_a_vector_does_not_depend_on_its_company() -> None:
    """Texts of a batch are filled up to one length, which must not show."""
    alone = open_embedder().embed([PARIS])[0]
    crowd = open_embedder().embed([FRUIT, "long " * 200, PARIS, "short"])[2]
    assert np.abs(alone - crowd).max() < 1e-5


def test_the_same_text_gets_the_same_vector(embedder: Embedder) -> None:
    first = embedder.embed([PARIS, FRUIT, PARIS])
    again = embedder.embed([PARIS])
    assert (first[0] == first[2]).all()
    assert (first[0] == again[0]).all()


def test_the_end_of_a_long_text_counts(embedder: Embedder) -> None:
    """A model that cuts at its window would give both the same vector."""
    start = "Bananas are rich in potassium. " * 60
    plain, with_end = embedder.embed([start, start + PARIS * 40])
    paris = embedder.embed([PARIS])[0]
    assert paris @ with_end > paris @ plain + 0.1


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


def test_windows_cover_every_piece_once() -> None:
    pieces = list(range(1000, 1700))
    rows = list(cut(pieces))
    assert [piece for row in rows for piece in row[1:-1]] == pieces
    assert all(len(row) <= WINDOW for row in rows)


def test_batches_are_bounded_and_complete() -> None:
    rows = [
        (index, (1,) * length) for index, length in enumerate([3, 5, 200, 256, 256, 256, 256, 256])
    ]
    parts = list(batches(rows))
    assert [row for part in parts for row in part] == rows
    assert all(len(part) * len(part[-1][1]) <= 1024 for part in parts)
