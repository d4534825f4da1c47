"""The example files are complete, consistent and worth evaluating."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable

import pytest

Row = dict[str, str]
Evaluate = Callable[..., dict[str, object]]
SYSTEMS = ("baseline", "candidate")
REGRESSION = "dates"
COLUMNS = [
    *("question_id", "question", "reference", "category"),
    *("difficulty", "format", "must_mention"),
]


def accuracy(evaluate: Evaluate, questions: list[Row], answers: list[Row]) -> dict[str, float]:
    """Gives the share of correct answers per category, and under "all" over everything."""
    found = {row["question_id"]: row["output"] for row in answers}
    verdicts: dict[str, list[bool]] = defaultdict(list)
    for row in questions:
        correct = evaluate(output=found[row["question_id"]], **row)["label"] == "correct"
        verdicts[row["category"]].append(correct)
        verdicts["all"].append(correct)
    return {category: sum(values) / len(values) for category, values in verdicts.items()}


def test_every_question_has_the_same_columns(questions: list[Row]) -> None:
    """An evaluator that reads a column fails on the rows that lack it."""
    assert all(list(row) == COLUMNS for row in questions)
    assert all(row[name] for row in questions for name in COLUMNS if name != "must_mention")
    assert {row["difficulty"] for row in questions} == {"easy", "medium", "hard"}
    assert {row["format"] for row in questions} == {"text", "json", "number"}


def test_questions_are_many_distinct_and_balanced(questions: list[Row]) -> None:
    assert len(questions) >= 160
    assert len({row["question_id"] for row in questions}) == len(questions)
    assert len({row["question"] for row in questions}) == len(questions)
    sizes = Counter(row["category"] for row in questions)
    assert len(sizes) >= 8
    assert min(sizes.values()) >= 15
    assert max(sizes.values()) <= 2 * min(sizes.values())


def test_json_references_are_json_objects(questions: list[Row]) -> None:
    wanted = [json.loads(row["reference"]) for row in questions if row["format"] == "json"]
    assert wanted
    assert all(isinstance(value, dict) for value in wanted)


def test_a_required_mention_can_be_seen_to_matter(
    questions: list[Row], outputs: dict[str, list[Row]]
) -> None:
    """At least one system leaves the required word out, or the column would find nothing."""
    required = {row["question_id"]: row["must_mention"] for row in questions if row["must_mention"]}
    texts = [row for row in outputs["baseline"] if row["question_id"] in required]
    assert any(required[row["question_id"]] not in row["output"] for row in texts)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_answers_every_question_once(
    system: str, questions: list[Row], outputs: dict[str, list[Row]]
) -> None:
    answered = [row["question_id"] for row in outputs[system]]
    assert answered == [row["question_id"] for row in questions]
    assert all(row["output"].strip() for row in outputs[system])


def test_outputs_of_the_two_systems_are_not_one_template(outputs: dict[str, list[Row]]) -> None:
    for rows in outputs.values():
        openings = Counter(tuple(row["output"].split()[:3]) for row in rows)
        assert openings.most_common(1)[0][1] <= 0.1 * len(rows)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_evaluator_judges_every_row(
    system: str, evaluate: Evaluate, questions: list[Row], outputs: dict[str, list[Row]]
) -> None:
    for row, answer in zip(questions, outputs[system], strict=True):
        verdict = evaluate(output=answer["output"], **row)
        score = verdict["score"]
        assert isinstance(score, float)
        assert 0.0 <= score <= 1.0
        labels = {0.0: "incorrect", 1.0: "correct"}
        assert verdict["label"] == labels.get(score, "partially_correct")
        assert verdict["explanation"]


def test_references_are_correct_answers_themselves(
    evaluate: Evaluate, questions: list[Row]
) -> None:
    for row in questions:
        verdict = evaluate(output=row["reference"], reference=row["reference"])
        assert verdict["label"] == "correct", row["question_id"]


def test_the_candidate_wins_overall_and_loses_in_one_category(
    evaluate: Evaluate, questions: list[Row], outputs: dict[str, list[Row]]
) -> None:
    """The story of the data: a better mean that hides a regression."""
    old, new = (accuracy(evaluate, questions, outputs[system]) for system in SYSTEMS)
    assert new["all"] > old["all"] + 0.1
    assert new[REGRESSION] < old[REGRESSION] - 0.2
    assert all(new[name] >= old[name] for name in old if name != REGRESSION)


def test_exact_match_alone_would_prefer_the_baseline(
    questions: list[Row], outputs: dict[str, list[Row]]
) -> None:
    """The candidate wraps its answers in sentences, which plain comparison punishes."""
    expected = {row["question_id"]: row["reference"] for row in questions}
    old, new = (
        sum(row["output"] == expected[row["question_id"]] for row in outputs[system])
        for system in SYSTEMS
    )
    assert old > new
