"""Detectors of what is wrong with an answer's form."""

from collections import Counter
from typing import Final

from evalwright_server.failures.items import Detection, Evidence, FailureItem, Signals
from evalwright_server.failures.languages import asked_language, language_of, speaks_of_languages
from evalwright_server.failures.scores import by_score, by_score_of_answer
from evalwright_server.failures.scoring import LIKELY
from evalwright_server.metrics.requests import (
    Constraint,
    asked_count,
    constraints_of,
    entries,
    is_cut_off,
)
from evalwright_server.metrics.strings import normalized
from evalwright_server.metrics.style import junk, repeated
from evalwright_server.prose.refusals import is_refusal
from evalwright_server.prose.sentences import split_sentences
from evalwright_server.prose.words import content_words, words

_FORMATS: Final = frozenset({"JSON", "a table", "a list", "code"})


def _none(rationale: str) -> Detection:
    return Detection(0.0, 0.9, rationale)


def _found(
    kind: str, rationale: str, snippet: str, risk: float, certainty: float = 0.9
) -> Detection:
    evidence = (Evidence(kind, rationale, "output", certainty, snippet[:300], 0),)
    return Detection(risk, certainty, rationale, evidence)


def empty_output(item: FailureItem, signals: Signals) -> Detection:  # noqa: ARG001
    """Find answers without a word."""
    if words(item.output):
        return _none("There is an answer.")
    return _found("empty_output", "The answer has no words.", item.output, 1.0, 1.0)


def truncated_output(item: FailureItem, signals: Signals) -> Detection:  # noqa: ARG001
    """Find answers that break off."""
    if not item.output.strip() or not is_cut_off(item.output):
        return _none("The answer comes to an end.")
    return _found("truncated_output", "The answer breaks off.", item.output[-120:], 0.8, 0.75)


def missing_entries(item: FailureItem, signals: Signals) -> Detection:  # noqa: ARG001
    """Compare the number of things asked for with that given."""
    wanted = asked_count(item.input)
    if not wanted:
        return _none("No number of things is asked for.")
    given = entries(item.output)
    if given >= wanted:
        return _none(f"{given} things are given, {wanted} asked for.")
    said = f"{given} things are given, {wanted} asked for."
    return _found("missing_entries", said, item.output, 0.5 + 0.5 * (1 - given / wanted), 0.8)


def partial_answer(item: FailureItem, signals: Signals) -> Detection:
    """Take what the metric of completeness says; refusals and other topics are other kinds."""
    relevance = signals.scores.get("answer_relevance", 1.0)
    if is_refusal(item.output) or not words(item.output) or relevance < LIKELY:
        return _none("There is no answer of which parts could be missing.")
    return by_score_of_answer("partial_answer", "response_completeness", item, signals)


def _broken(item: FailureItem, *, is_format: bool) -> list[Constraint]:
    asked = [each for each in constraints_of(item.input) if (each.text in _FORMATS) is is_format]
    return [each for each in asked if not each.is_kept(item.output)]


def wrong_format(item: FailureItem, signals: Signals) -> Detection:  # noqa: ARG001
    """Check the formats that the request names."""
    broken = _broken(item, is_format=True)
    if not broken:
        return _none("No format that was asked for is missing.")
    names = ", ".join(each.text for each in broken)
    return _found("wrong_format", f"The request asks for {names}.", item.output, 0.9, 0.85)


def wrong_length(item: FailureItem, signals: Signals) -> Detection:  # noqa: ARG001
    """Check the lengths that the request names."""
    broken = [each for each in _broken(item, is_format=False) if not each.text.endswith("entries")]
    if not broken:
        return _none("No length that was asked for is missed.")
    names = ", ".join(each.text for each in broken)
    return _found("wrong_length", f"The request asks for {names}.", item.output, 0.8, 0.85)


def wrong_language(item: FailureItem, signals: Signals) -> Detection:  # noqa: ARG001
    """Compare the answer's language with the one asked for, or the request's own."""
    asked = asked_language(item.input)
    wanted = asked
    if asked is None and not speaks_of_languages(item.input):
        wanted = language_of(item.input)
    got = language_of(item.output)
    if wanted is None or got is None or wanted == got:
        return _none("No other language than wanted was recognised.")
    said = f"The answer is in {got.capitalize()}, not in {wanted.capitalize()}."
    return _found("wrong_language", said, item.output, 0.9, 0.8 if asked else 0.65)


def ignored_instruction(item: FailureItem, signals: Signals) -> Detection:
    """Take what a judge says about task adherence; without a judge nothing is known."""
    if "task_adherence" not in signals.by_judge:
        return Detection(0.0, 0.0, "Only a judge can tell, and there is none.")
    return by_score("ignored_instruction", "task_adherence", item, signals)


def off_topic(item: FailureItem, signals: Signals) -> Detection:
    """Take what the metric of relevance says; refusals are another kind."""
    if is_refusal(item.output) or not words(item.output):
        return _none("There is no answer that could be about something else.")
    if "answer_relevance" not in signals.by_judge and _shares_words(item):
        return _none("Most words of the answer stand in the request.")
    return by_score_of_answer("off_topic", "answer_relevance", item, signals)


def _shares_words(item: FailureItem) -> bool:
    """Tell whether an answer is made of the request's words: a summary is, and no other topic."""
    own = content_words(item.output)
    asked = set(content_words(item.input))
    return bool(own) and 2 * sum(word in asked for word in own) > len(own)


def unjustified_refusal(item: FailureItem, signals: Signals) -> Detection:
    """Find refusals of requests that no audit has anything against."""
    if not is_refusal(item.output):
        return _none("The answer is no refusal.")
    if signals.audit is None:
        return _found("unjustified_refusal", "The answer is a refusal; whether the request is "
                      "harmless was not audited.", item.output, 0.6, 0.3)  # fmt: skip
    if signals.audit.input_findings:
        return _none("The answer refuses a request that asks for harm.")
    said = "The answer refuses a request in which nothing harmful was found."
    return _found("unjustified_refusal", said, item.output, 0.8, 0.7)


def repetition(item: FailureItem, signals: Signals) -> Detection:  # noqa: ARG001
    """Find sentences, or groups of four words, that stand there again and again."""
    sentences = [normalized(each.text) for each in split_sentences(item.output)]
    twice = [text for text, count in Counter(sentences).items() if count > 1]
    found = words(item.output)
    share = max(repeated(found), 1 - len(set(sentences)) / len(sentences) if sentences else 0.0)
    if share < 0.15:
        return _none(f"{share:.0%} of the answer is repetition.")
    snippet = twice[0] if twice else item.output
    said = f"{share:.0%} of the answer is repetition."
    return _found("repetition", said, snippet, min(0.4 + share, 1.0), 0.85)


def garbled_text(item: FailureItem, signals: Signals) -> Detection:  # noqa: ARG001
    """Find characters that no writer types."""
    share = junk(item.output) if item.output else 0.0
    if share < 0.01:
        return _none("The characters are ordinary ones.")
    said = f"{share:.1%} of the characters are garbled."
    return _found("garbled_text", said, item.output, min(0.5 + 5 * share, 1.0), 0.9)
