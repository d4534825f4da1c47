"""The example evaluator reads answers as a person would."""

from collections.abc import Callable

import pytest

Evaluate = Callable[..., dict[str, object]]

CORRECT = [
    ("the NILE!", "Nile", "case, articles and punctuation"),
    ("une bibliotheque", "bibliothèque", "accents"),
    ("Ohm's law", "Ohm\u2019s law", "kinds of apostrophes"),
    (
        "The Dominican Republic in the east, Haiti in the west.",
        "Haiti and Dominican Republic",
        "order",
    ),
    ("Mt Cook", "Mount Cook", "common abbreviations"),
    ("It has seven of them: a, b and c.", "7", "number words"),
    ("There are twenty-one", "21", "compound number words"),
    ("It makes 12,345 in all", "12345", "thousands separators"),
    ("It makes 12\u202f345", "12345", "thin spaces as separators"),
    ("42, as 6 * 7 shows", "42", "an answer that opens the text"),
    ("**42**, which is 6 * 7", "42", "an answer in bold"),
    ("The answer is 42 because 6 * 7 gives that.", "42", "an answer that is named"),
    ("6 * 7 = 42", "42", "an answer that ends the text"),
    ("£70.00", "70", "currencies and trailing zeros"),
    ("8.047 km", "8.05 km", "other roundings of a decimal"),
    ("5 miles are 8.05 kilometres", "8.05 km", "spellings of a unit"),
    ("a = 4 m/s^2", "4 m/s²", "raised numbers"),
    ("\u2212273.15 degrees Celsius", "-273.15 °C", "typographic minus signs"),
    ("the 3rd of May 2021", "2021-05-03", "dates in words"),
    ("May 3rd, 2021", "2021-05-03", "dates in American order"),
    ("on 29 May 1453", "1453", "the year of a date"),
    ("at 1:05", "01:05", "times without a leading zero"),
    ("that is 6/36", "1/6", "fractions that are not reduced"),
    ("run `git switch  -c fix`", "git switch -c fix", "spacing in code"),
    ("[1,9]", "[1, 9]", "spacing in lists"),
    ('{"b": [1, 2.0], "a": "X"}', '{"a": "x", "b": [1, 2]}', "order of members and case of text"),
]

INCORRECT = [
    ("Sydney", "Canberra", "another answer"),
    ("Sydney, not Canberra", "Canberra", "a denial"),
    ("Genghis Khan", "Kublai Khan", "half a name"),
    ("category", "cat", "part of a word"),
    ("41", "42", "a whole number next to it"),
    ("77 °C", "77 °F", "the right number in the wrong unit"),
    ("273.15 °C", "-273.15 °C", "a lost sign"),
    ("2021-03-05", "2021-05-03", "swapped day and month"),
    ("no idea", "42", "no number at all"),
    ("git reset --hard HEAD~1", "git reset --soft HEAD~1", "a similar command"),
    ("[0, 1, 4, 9]", "[1, 9]", "a longer list"),
    ("not json", '{"a": 1}', "prose instead of JSON"),
    ('{"a": 2}', '{"a": 1}', "another value"),
    ('{"a": true}', '{"a": 1}', "another JSON type"),
    ("", "42", "nothing"),
]

PARTIAL = [
    ("Liechtenstein and Turkmenistan", "Liechtenstein and Uzbekistan", 0.5, "one of two parts"),
    ("Qin Shi", "Qin Shi Huang", 0.8, "an incomplete name"),
    ("It might be Canberra", "Canberra", 0.5, "a guess"),
    ("7 * 6 is 42, so 43", "42", 0.5, "a step that was right"),
    ('```json\n{"a": 1}\n```', '{"a": 1}', 0.5, "a code fence"),
    ('{"a": [1, 2,],}', '{"a": [1, 2]}', 0.5, "trailing commas"),
    ("{'a': None}", '{"a": null}', 0.5, "Python instead of JSON"),
    ('{"a": 1, "b": "2"}', '{"a": 1, "b": 2}', 0.5, "one of two members"),
    ('{"a": 1, "b": 2}', '{"a": 1}', 2 / 3, "a member too many"),
]


@pytest.mark.parametrize(("output", "reference", "why"), CORRECT)
def test_it_sees_through(evaluate: Evaluate, output: str, reference: str, why: str) -> None:
    verdict = evaluate(output=output, reference=reference)
    assert (verdict["label"], verdict["score"]) == ("correct", 1.0), why


@pytest.mark.parametrize(("output", "reference", "why"), INCORRECT)
def test_it_is_not_fooled_by(evaluate: Evaluate, output: str, reference: str, why: str) -> None:
    verdict = evaluate(output=output, reference=reference)
    assert (verdict["label"], verdict["score"]) == ("incorrect", 0.0), why


@pytest.mark.parametrize(("output", "reference", "score", "why"), PARTIAL)
def test_it_gives_part_of_the_credit_for(
    evaluate: Evaluate, output: str, reference: str, score: float, why: str
) -> None:
    verdict = evaluate(output=output, reference=reference)
    assert verdict["label"] == "partially_correct", why
    assert verdict["score"] == pytest.approx(score), why


def test_a_missing_mention_halves_the_credit(evaluate: Evaluate) -> None:
    verdict = evaluate(output="PUT (RFC 2616)", reference="PUT", must_mention="9110")
    assert (verdict["label"], verdict["score"]) == ("partially_correct", 0.5)
    assert "9110" in str(verdict["explanation"])
    complete = evaluate(output="PUT, see RFC 9110", reference="PUT", must_mention="9110")
    assert complete["label"] == "correct"


def test_the_explanation_names_what_was_expected_and_found(evaluate: Evaluate) -> None:
    verdict = evaluate(output="77 °C", reference="77 °F", question="ignored")
    why = str(verdict["explanation"])
    assert "77 °F" in why
    assert "°C instead of °F" in why


def test_the_explanation_says_that_an_answer_was_refused(evaluate: Evaluate) -> None:
    verdict = evaluate(output="I'm sorry, I cannot say.", reference="Volga")
    assert "declines" in str(verdict["explanation"])


def test_faults_of_an_object_are_named(evaluate: Evaluate) -> None:
    verdict = evaluate(output='{"a": 1, "c": 3, "d": 4}', reference='{"a": 1, "b": 2, "d": 4}')
    assert "different: /b" in str(verdict["explanation"])
    assert "not asked for: /c" in str(verdict["explanation"])


def test_an_output_that_is_already_an_object_is_compared_as_json(evaluate: Evaluate) -> None:
    assert evaluate(output={"a": [1]}, reference='{"a": [1]}')["label"] == "correct"


HOSTILE = [
    "[" * 100_000,
    "9" * 5_000,
    "9" * 5_000 + "/3",
    '{"a": 1' + "0" * 400 + "}",
    "{\0}",
    "(" * 50_000,
]


@pytest.mark.parametrize("reference", ["42", "1/2", '{"a": 1.5}', "2021-05-03", "f(x)", "Nile"])
@pytest.mark.parametrize("output", HOSTILE, ids=range(len(HOSTILE)))
def test_odd_outputs_are_wrong_answers_and_not_failures(
    evaluate: Evaluate, output: str, reference: str
) -> None:
    assert evaluate(output=output, reference=reference)["label"] == "incorrect"


def test_a_row_without_reference_is_an_error(evaluate: Evaluate) -> None:
    """A score for nothing would look like a judgement."""
    with pytest.raises(ValueError, match="reference is empty"):
        evaluate(output="x", reference="  ")
