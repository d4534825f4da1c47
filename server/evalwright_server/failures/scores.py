"""Detections that rest on the score of a metric."""

import re
from typing import Final

from evalwright_server.failures.items import Detection, Evidence, FailureItem, Signals
from evalwright_server.failures.languages import language_of
from evalwright_server.failures.scoring import LIKELY
from evalwright_server.prose.words import words

JUDGED: Final = 0.85
"""How sure a detection is that rests on the score of a judge."""
UNDECIDED, DECIDED = 0.35, 0.75
"""How sure one is that rests on an offline metric: least at a score of 0.5, most at 0 and 1."""
SHORT: Final = 0.35
"""How sure it is, offline, about an answer of a few words."""

_BRIEF, _SHORT = 2, 4
"""Words up to which closeness of meaning tells nothing about an answer, and little."""
_YES_NO: Final = frozenset("yes no yeah nope true false correct incorrect maybe never none".split())
_YES_NO_WORDS: Final = 8
_QUOTED: Final = re.compile(r"“([^”]{4,})”")
_SNIPPET: Final = 300


def by_score(
    kind: str, metric: str, item: FailureItem, signals: Signals, *, source: str = "output"
) -> Detection:
    """Take a metric's score for the risk; without a score nothing is known.

    Args:
        kind: The kind of failure.
        metric: The metric.
        item: The item.
        signals: Where the score is.
        source: The member of the item in which the failure is to be seen.
    """
    score = signals.scores.get(metric)
    if score is None:
        reason = signals.unscored.get(metric, "")
        return Detection(0.0, 0.0, f"The metric {metric} was not measured. {reason}".strip())
    explanation = signals.explanations.get(metric, "")
    certainty = JUDGED if metric in signals.by_judge else certainty_of(score)
    evidence: tuple[Evidence, ...] = ()
    if score < LIKELY:
        snippet, start = quote(explanation, text_of(item, source))
        said = explanation or f"{metric} is {score:.2f}."
        evidence = (Evidence(kind, said, source, certainty, snippet, start),)
    rationale = f"{metric} is {score:.2f}. {explanation}".strip()
    return Detection(1 - score, certainty, rationale, evidence)


def certainty_of(score: float) -> float:
    """Return how sure a detection is that rests on an offline metric's score.

    These metrics are proxies, and a score in the middle says next to nothing.
    """
    return UNDECIDED + (DECIDED - UNDECIDED) * abs(2 * score - 1)


def by_score_of_answer(kind: str, metric: str, item: FailureItem, signals: Signals) -> Detection:
    """Take a metric's score, but mind what offline metrics can't tell about answers.

    "4" is far from every question in meaning, and may be the answer to one. And the model that
    tells closeness of meaning has learnt English: other languages it knows by their names only.
    """
    found = by_score(kind, metric, item, signals)
    if metric in signals.by_judge or found.risk < LIKELY:
        return found
    if is_brief(item.output):
        said = "The answer is too short for closeness of meaning to tell anything."
        return Detection(0.0, SHORT, said)
    if len(words(item.output)) <= _SHORT or is_foreign(item):
        return Detection(found.risk, SHORT, found.rationale, found.evidence)
    return found


def is_foreign(item: FailureItem) -> bool:
    """Tell whether the question or the answer is recognised to be in another language."""
    languages = {language_of(item.input), language_of(item.output)}
    return not languages <= {None, "english"}


def is_brief(answer: str) -> bool:
    """Tell whether an answer is only a word or two, a number, or yes or no."""
    found = words(answer)
    if len(found) <= _BRIEF:
        return True
    if found[0] in _YES_NO:
        return len(found) <= _YES_NO_WORDS
    return len(found) <= _SHORT and any(word[0].isdigit() for word in found)


def quote(explanation: str, text: str) -> tuple[str, int | None]:
    """Return the passage of a text that an explanation quotes, and where it begins.

    Of an explanation that quotes none the text's beginning counts: the whole is meant.
    """
    for quoted in _QUOTED.findall(explanation):
        start = text.find(quoted)
        if start >= 0:
            return quoted[:_SNIPPET], start
    return text[:_SNIPPET], 0 if text else None


def text_of(item: FailureItem, source: str) -> str:
    """Return a member of an item as text."""
    if source == "context":
        return "\n".join(item.context)
    return item.input if source == "input" else item.output
