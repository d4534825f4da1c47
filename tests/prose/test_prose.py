"""What rules tell about prose, by example, and that no text is too odd for them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright_server.prose.dates import named_dates
from evalwright_server.prose.names import name_words, names
from evalwright_server.prose.negation import denied, is_negative, opposed
from evalwright_server.prose.quantities import quantities, same
from evalwright_server.prose.refusals import is_refusal
from evalwright_server.prose.scope import widened
from evalwright_server.prose.sentences import split_sentences
from evalwright_server.prose.words import content_words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("He left. She stayed!", ["He left.", "She stayed!"]),
        ("Dr. Smith paid $3.5 million, i.e. a lot.", ["Dr. Smith paid $3.5 million, i.e. a lot."]),
        ("J. R. Tolkien wrote it. Really?", ["J. R. Tolkien wrote it.", "Really?"]),
        ("- one\n* two\n2. three\n(4) four", ["one", "two", "three", "four"]),
        ('He said "Go." Then he went.', ['He said "Go."', "Then he went."]),
        ("It ended in 1999. Then came 2000.", ["It ended in 1999.", "Then came 2000."]),
        (" \n--\n ...", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [sentence.text for sentence in split_sentences(text)] == sentences


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("rose 3.5%", "3.5", "percent"),
        ("for $1,234.50 in cash", "1234.50", "dollar"),
        ("12 km away", "12", "kilometre"),
        ("twenty-five days", "25", "day"),
        ("3 million users", "3000000", None),
        ("two hundred euros", "200", "euro"),
        ("it was -4 °C", "-4", "celsius"),
        ("on the 21st", "21", None),
        ("34 m above", "34", "metre"),
        ("for $3m in cash", "3000000", "dollar"),
        ("two and a half hours", "2.5", "hour"),
        ("pay EUR 65 now", "65", "euro"),
        ("350 square miles", "350", "square mile"),
        ("2 degrees Celsius", "2", "celsius"),
        ("a 15-minute walk", "15", "minute"),
    ],
)
def test_quantities(text: str, value: str, unit: str | None) -> None:
    (found,) = quantities(text)
    assert (found.value, found.unit) == (Decimal(value), unit)


def test_quantities_agree_whatever_their_spelling() -> None:
    (one,), (other,) = quantities("costs $1,500"), quantities("1500 dollars")
    assert same(one, other)
    assert not same(one, quantities("1500 euros")[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("21 days", "three weeks"),
        ("150 minutes", "two and a half hours"),
        ("two years", "24 months"),
        ("1.5 km", "1,500 metres"),
        ("120 megawatts", "120 MW"),
        ("5 kg", "5000 g"),
    ],
)
def test_quantities_agree_in_other_units(one: str, other: str) -> None:
    assert same(quantities(one)[0], quantities(other)[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [("5 kg", "5 pounds"), ("28 minutes", "28 hours"), ("40 hectares", "40 acres")],
)
def test_quantities_of_other_units_do_not_agree(one: str, other: str) -> None:
    assert not same(quantities(one)[0], quantities(other)[0])


def test_times_that_compare_are_no_quantity() -> None:
    assert quantities("three times as much") == []


def test_months_and_weekdays_have_capitals() -> None:
    assert named_dates("On Mondays in May they may march.") == {"Monday", "May"}


def test_what_is_said_of_all_and_only_under_a_condition() -> None:
    source = "Dogs may enter only on a lead."
    assert widened("All dogs may enter.", source) == "All"
    assert widened("Dogs on a lead may enter.", source) is None
    assert widened("All dogs may enter.", "Dogs may enter.") is None


def test_what_is_denied() -> None:
    assert denied("It does not work, nor was it ever opened.") == {"work"}
    assert denied("It can't be seen.") == {"seen"}


def test_names() -> None:
    text = "The French met Angela Merkel in Berlin. Berlin is big. It rained on Monday. IBM left."
    assert names(text) == {"french", "angela merkel", "berlin", "ibm"}
    assert name_words("He met Angela Merkel.") == {"angela", "merkel"}


def test_negations_cancel_each_other() -> None:
    assert is_negative("It does not work.")
    assert not is_negative("It is not impossible.")


def test_opposites() -> None:
    assert opposed("Prices rose.", "Prices fell.") == ("rose", "fell")
    assert opposed("It rose, then fell.", "It fell.") is None


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I am unable to assist with this request.",
        "As an AI language model, I cannot do that.",
        "I’d rather not. Shall we talk about gardening?",
        "I won't provide instructions for that, but I can suggest a locksmith.",
        "That request goes against my guidelines.",
    ],
)
def test_refusals(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sure! First, take the lock. I cannot be held liable.",
        "I can't help with that. However, here's how it works: Step 1 ...",
        "I'm sorry to hear that your order is late. It ships on Monday.",
        "You can't help but smile.",
        "I will not go to the party, she said.",
        "",
    ],
)
def test_what_is_no_refusal(text: str) -> None:
    assert not is_refusal(text)


def test_content_words_are_stems() -> None:
    assert content_words("The cities' policies were returned") == ["city", "policy", "return"]


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    for sentence in split_sentences(text):
        assert text[sentence.start : sentence.end] == sentence.text
    for quantity in quantities(text):
        assert quantity.text in text
    names(text)
    is_negative(text)
    is_refusal(text)
