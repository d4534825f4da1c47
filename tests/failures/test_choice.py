"""Kinds whose detectors have nothing to go by are skipped, and say why."""

import pytest

from evalwright_server.audits import AuditItem, audit
from evalwright_server.failures import FailureItem, Signals, analyze, applicable
from evalwright_server.failures.scores import certainty_of, is_brief, quote
from evalwright_server.failures.scoring import UNSURE
from evalwright_server.failures.taxonomy import KINDS

ITEM = FailureItem("What is 2 + 2?", "The sum of these two is four.", ("2 + 2 = 4",), (), "4")
SCORES = {metric: 0.9 for kind in KINDS.values() for metric in kind.metrics}


def skipped(signals: Signals) -> dict[str, str]:
    return applicable(ITEM, "rag", signals)[1]


def test_without_signals_only_rules_are_left() -> None:
    reasons = skipped(Signals())
    resting = {kind.id for kind in KINDS.values() if kind.rests_on or kind.is_audited}
    assert resting <= set(reasons)
    assert "security audit" in reasons["harmful_content"]
    assert "hallucination" in reasons["unsupported_claim"]


def test_only_a_judge_can_tell_whether_an_instruction_is_kept() -> None:
    assert "judge" in skipped(Signals(SCORES))["ignored_instruction"]
    judged = Signals(SCORES, frozenset({"task_adherence"}))
    assert "ignored_instruction" not in skipped(judged)


def test_the_reason_is_that_of_the_metric() -> None:
    signals = Signals(unscored={"answer_relevance": "the judge is on holiday"})
    assert "the judge is on holiday" in skipped(signals)["off_topic"]


def test_an_audit_of_other_categories_is_none() -> None:
    verdict = audit(AuditItem(ITEM.input, ITEM.output))
    signals = Signals(audit=verdict, audited=frozenset({"S10"}))
    assert "harmful_content" in skipped(signals)
    assert "personal_data" not in skipped(signals)


def test_what_is_looked_for_can_be_told() -> None:
    """With all signals there are, no detector says that it knows nothing."""
    verdict = audit(AuditItem(ITEM.input, ITEM.output))
    signals = Signals(SCORES, frozenset({"task_adherence"}), audit=verdict)
    kinds, _ = applicable(ITEM, "rag", signals)
    assert not any(tag.decision == UNSURE for tag in analyze(ITEM, kinds, signals))


@pytest.mark.parametrize("answer", ["4", "Paris", "330 metres", "In late 1889.", "Yes, it does."])
def test_brief_answers(answer: str) -> None:
    """Closeness of meaning is not believed about them; a judge is."""
    assert is_brief(answer)
    item = FailureItem("How?", answer)
    (off,) = analyze(item, [KINDS["off_topic"]], Signals({"answer_relevance": 0.0}))
    assert off.decision == "pass"
    judged = Signals({"answer_relevance": 0.0}, frozenset({"answer_relevance"}))
    (off,) = analyze(item, [KINDS["off_topic"]], judged)
    assert off.decision == "fail"


def test_answers_in_other_languages_are_not_found_off_topic_by_an_english_model() -> None:
    item = FailureItem("Was ist das?", "Das ist ein Haus, und es steht auf dem Hügel im Dorf.")
    (off,) = analyze(item, [KINDS["off_topic"]], Signals({"answer_relevance": 0.0}))
    assert off.decision == "unsure"


@pytest.mark.parametrize("answer", ["I don't know.", "The documents do not mention it."])
def test_saying_that_something_is_not_known_is_no_claim(answer: str) -> None:
    item = FailureItem("How?", answer, ("A text.",))
    (tag,) = analyze(item, [KINDS["unsupported_claim"]], Signals({"hallucination": 0.0}))
    assert tag.decision == "pass"


def test_scores_in_the_middle_say_least() -> None:
    assert certainty_of(0.5) < certainty_of(0.3) < certainty_of(0.0) == certainty_of(1.0)


@pytest.mark.parametrize(
    ("explanation", "found"),
    [
        ("1 of 2 claims: “It is gold.”: no.", ("It is gold.", 8)),
        ("It quotes “something else”.", ("It was. It is gold.", 0)),
        ("It quotes nothing.", ("It was. It is gold.", 0)),
    ],
)
def test_evidence_is_what_an_explanation_quotes(
    explanation: str, found: tuple[str, int | None]
) -> None:
    assert quote(explanation, "It was. It is gold.") == found


def test_a_judge_finds_contradictions_that_rules_do_not() -> None:
    """What it only finds unsupported is none."""
    item = FailureItem("How?", "The tower is small.", ("The tower is 330 metres tall.",))
    judged = frozenset({"hallucination"})
    for verdict, decision in (("contradicted", "fail"), ("unknown", "pass")):
        said = f"0 of 1 claims are supported; not “The tower is small.” ({verdict})."
        signals = Signals({"hallucination": 0.0}, judged, {"hallucination": said})
        (tag,) = analyze(item, [KINDS["factual_contradiction"]], signals)
        assert tag.decision == decision
    (tag,) = analyze(item, [KINDS["factual_contradiction"]], Signals())
    assert tag.decision == "pass"
