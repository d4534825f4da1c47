"""Metrics of meaning: what must come out above what, on plain cases.

How well they do on harder ones is measured in benchmarks/quality.
"""

from typing import Any

import pytest

from evalwright_server.embeddings import open_embedder
from evalwright_server.metrics import MetricItem, OfflineEngine, Score

TOWER = "The Eiffel Tower was completed in 1889. It is 330 metres tall and stands in Paris."
FRUIT = "Bananas are rich in potassium and grow in warm countries."
QUESTION = "How tall is the Eiffel Tower, and when was it completed?"


@pytest.fixture(scope="module")
def engine() -> OfflineEngine:
    return OfflineEngine(open_embedder())


def value(engine: OfflineEngine, key: str, output: str, **members: Any) -> float:
    members = {"input": QUESTION, "context": (TOWER, FRUIT), **members}
    outcome = engine.measure([key], [MetricItem(output=output, **members)])[0][key]
    assert isinstance(outcome, Score), outcome
    return outcome.value


GOOD = "The Eiffel Tower is 330 metres tall. It was finished in 1889."
CORRUPTED = {
    "number": "The Eiffel Tower is 350 metres tall. It was finished in 1889.",
    "year": "The Eiffel Tower is 330 metres tall. It was finished in 1898.",
    "negation": "The Eiffel Tower is not 330 metres tall. It was finished in 1889.",
    "name": "The Eiffel Tower is 330 metres tall. Gustave Dupont finished it.",
    "off topic": "Penguins live in Antarctica. They eat fish.",
}


@pytest.mark.parametrize("kind", CORRUPTED)
def test_corrupted_answers_score_lower(engine: OfflineEngine, kind: str) -> None:
    for key in ("hallucination", "factual_accuracy"):
        expected = "It is 330 metres tall and was completed in 1889."
        good = value(engine, key, GOOD, expected=expected)
        bad = value(engine, key, CORRUPTED[kind], expected=expected)
        assert good > bad + 0.2, key


def test_refusals_claim_nothing_but_answer_nothing(engine: OfflineEngine) -> None:
    refusal = "I'm sorry, but I can't help with that."
    assert value(engine, "hallucination", refusal) == 1
    assert value(engine, "answer_relevance", refusal) <= 0.2
    assert value(engine, "response_completeness", refusal) == 0


def test_echoes_and_empty_answers_are_irrelevant(engine: OfflineEngine) -> None:
    assert value(engine, "answer_relevance", QUESTION) == 0
    assert value(engine, "answer_relevance", " ") == 0
    assert value(engine, "answer_relevance", GOOD) > 0.8


def test_precision_depends_on_the_order_and_recall_does_not(engine: OfflineEngine) -> None:
    first, last = (TOWER, FRUIT), (FRUIT, TOWER)
    assert value(engine, "context_precision", GOOD, context=first) == 1
    assert value(engine, "context_precision", GOOD, context=last) == 0.5
    assert value(engine, "context_precision", GOOD, context=(FRUIT,)) == 0
    recalls = [value(engine, "context_recall", GOOD, context=order) for order in (first, last)]
    assert recalls[0] == pytest.approx(recalls[1], abs=1e-6)


def test_more_useless_passages_lower_precision_in_front_only(engine: OfflineEngine) -> None:
    behind = value(engine, "context_precision", GOOD, context=(TOWER, FRUIT, FRUIT))
    assert behind == 1


def test_half_an_answer_is_less_complete(engine: OfflineEngine) -> None:
    half = value(engine, "response_completeness", "The tower is 330 metres tall.", context=())
    both = value(engine, "response_completeness", GOOD, context=())
    assert half < both


@pytest.mark.parametrize(
    ("request_", "kept", "broken"),
    [
        ("List three fruits.", "- apple\n- pear\n- plum", "Apples are fruits."),
        (
            "Describe apples in at most 5 words.",
            "Apples are round red fruits.",
            "Apples are round and red or green fruits that grow on trees.",
        ),
        ("Give me the colours of an apple as JSON.", '{"colours": ["red"]}', "Apples are red."),
        (
            "Write a function that adds apples.",
            "```python\ndef add(a, b):\n    return a + b\n```",
            "Adding apples is easy.",
        ),
    ],
)
def test_requirements_of_form_are_checked(
    engine: OfflineEngine, request_: str, kept: str, broken: str
) -> None:
    good = value(engine, "task_adherence", kept, input=request_)
    bad = value(engine, "task_adherence", broken, input=request_)
    assert good > bad


def test_blanks_and_the_order_of_passages_do_not_matter(engine: OfflineEngine) -> None:
    plain = value(engine, "hallucination", GOOD)
    spaced = value(engine, "hallucination", GOOD.replace(" ", "  "), context=(FRUIT, TOWER))
    assert plain == pytest.approx(spaced, abs=0.02)


def test_more_corruption_is_never_better(engine: OfflineEngine) -> None:
    sentences = ["It is 330 metres tall.", "It stands in Paris.", "It was completed in 1889."]
    scores = []
    for wrong in range(4):
        said = ["It is 999 metres tall.", "It stands in Rome.", "It was completed in 1777."][:wrong]
        scores.append(value(engine, "hallucination", " ".join(said + sentences[wrong:])))
    assert scores == sorted(scores, reverse=True)


def test_coherent_text_beats_repetition_and_jumps(engine: OfflineEngine) -> None:
    good = value(
        engine,
        "coherence",
        "The tower opened in 1889. Soon it drew visitors from all over Europe. "
        "Today it is the most visited monument in Paris.",
    )
    loop = value(engine, "coherence", "The tower is tall. The tower is tall. The tower is tall.")
    assert good > loop


def test_many_items_at_once_score_as_one_by_one(engine: OfflineEngine) -> None:
    items = [MetricItem(QUESTION, text, (TOWER,)) for text in (GOOD, *CORRUPTED.values())]
    together = engine.measure(["hallucination"], items)
    alone = [engine.measure(["hallucination"], [item])[0] for item in items]
    for one, other in zip(together, alone, strict=True):
        first, second = one["hallucination"], other["hallucination"]
        assert isinstance(first, Score)
        assert isinstance(second, Score)
        assert first.value == pytest.approx(second.value, abs=1e-4)
