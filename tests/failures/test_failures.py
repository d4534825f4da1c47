"""Every kind of failure is found where it is, and not where it isn't."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from evalwright_server.audits import AuditItem, audit
from evalwright_server.failures import (
    BUCKETS,
    DETECTORS,
    KINDS,
    FailureItem,
    Signals,
    Tag,
    ToolCall,
    analyze,
    applicable,
    summarize,
)

SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "required": ["city"],
    "properties": {"city": {"type": "string"}},
}
TOWER = ("The Eiffel Tower is 330 metres tall. It was completed in 1889.",)
JUDGED = (
    "hallucination", "factual_accuracy", "answer_relevance", "context_recall",
    "response_completeness", "task_adherence",
)  # fmt: skip
LOW = dict.fromkeys(JUDGED, 0.1)
FINE = dict.fromkeys([*LOW, "context_precision", "coherence", "fluency"], 0.95)

CASES: dict[str, tuple[FailureItem, Signals]] = {
    "factual_contradiction": (
        FailureItem("?", "The Eiffel Tower is not 330 metres tall.", TOWER),
        Signals(),
    ),
    "wrong_number": (FailureItem("How tall?", "It is 350 metres tall.", TOWER), Signals()),
    "unknown_name": (FailureItem("Who?", "It was built by Gustave Dupont.", TOWER), Signals()),
    "unsupported_claim": (FailureItem("?", "It is made of gold.", TOWER), Signals(LOW)),
    "empty_output": (FailureItem("?", " \n"), Signals()),
    "truncated_output": (FailureItem("?", "The reasons are first the price and"), Signals()),
    "missing_entries": (FailureItem("List three fruits.", "- apple"), Signals()),
    "partial_answer": (
        FailureItem("What and why?", "That is what it is."),
        Signals({"response_completeness": 0.1}),
    ),
    "wrong_format": (FailureItem("Reply as JSON.", "Apples are red."), Signals()),
    "wrong_length": (FailureItem("In at most 3 words.", "These are four words."), Signals()),
    "wrong_language": (
        FailureItem(
            "Answer in German, please.",
            "The weather in the north is cold and it is going to be that way for most of the week.",
        ),
        Signals(),
    ),
    "ignored_instruction": (
        FailureItem("Be polite.", "Go away."),
        Signals(LOW, frozenset({"task_adherence"})),
    ),
    "irrelevant_context": (FailureItem("?", "Yes.", TOWER), Signals({"context_precision": 0.0})),
    "insufficient_context": (FailureItem("?", "Yes.", TOWER, expected="No."), Signals(LOW)),
    "context_ignored": (
        FailureItem("?", "It is made of gold.", TOWER),
        Signals({"context_precision": 1.0, "hallucination": 0.0}),
    ),
    "failed_tool_call": (
        FailureItem("?", "Done.", tool_calls=(ToolCall("pay", {}, {"error": "no money"}),)),
        Signals(),
    ),
    "invalid_arguments": (
        FailureItem("?", "Done.", tool_calls=(ToolCall("weather", {"city": 7}, schema=SCHEMA),)),
        Signals(),
    ),
    "repeated_tool_call": (
        FailureItem("?", "Done.", tool_calls=(ToolCall("look", {"at": 1}),) * 3),
        Signals(),
    ),
    "tool_result_ignored": (
        FailureItem(
            "?", "You have 120 euros.", tool_calls=(ToolCall("balance", {}, {"euros": 80}),)
        ),
        Signals(),
    ),
    "harmful_content": (
        FailureItem("?", "Just mix bleach and ammonia."),
        Signals(audit=audit(AuditItem("?", "Just mix bleach and ammonia."))),
    ),
    "personal_data": (
        FailureItem("?", "Card 4111 1111 1111 1111"),
        Signals(audit=audit(AuditItem("?", "Card 4111 1111 1111 1111"))),
    ),
    "prompt_leak": (FailureItem("?", "My system prompt is: be nice."), Signals()),
    "off_topic": (FailureItem("How are you?", "Bananas are yellow and bent."), Signals(LOW)),
    "unjustified_refusal": (
        FailureItem("How do I bake bread?", "I'm sorry, I can't help with that."),
        Signals(
            audit=audit(AuditItem("How do I bake bread?", "I'm sorry, I can't help with that."))
        ),
    ),
    "repetition": (FailureItem("?", "It is so. It is so. It is so."), Signals()),
    "garbled_text": (FailureItem("?", "The caf\ufffd\ufffd is open\ufffd"), Signals()),
}
SOUND = FailureItem(
    "How tall is the Eiffel Tower?",
    "The Eiffel Tower is 330 metres tall.",
    TOWER,
    (ToolCall("look up", {"city": "Paris"}, {"metres": 330}, schema=SCHEMA),),
    "It is 330 metres tall.",
)


def tag_of(kind: str, item: FailureItem, signals: Signals) -> Tag:
    (tag,) = analyze(item, [KINDS[kind]], signals)
    return tag


def test_every_kind_has_a_detector_and_a_case() -> None:
    assert KINDS.keys() == DETECTORS.keys() == CASES.keys()
    assert {bucket.id for bucket in BUCKETS} == {
        "hallucination", "completeness", "instruction", "retrieval", "tool_use", "safety", "style",
    }  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_a_failure_is_found(kind: str) -> None:
    item, signals = CASES[kind]
    tag = tag_of(kind, item, signals)
    assert tag.decision == "fail", tag
    assert 0 < tag.severity <= 5
    assert tag.rationale


@pytest.mark.parametrize("kind", CASES)
def test_a_sound_answer_passes(kind: str) -> None:
    signals = Signals(
        FINE, frozenset({"task_adherence"}), audit=audit(AuditItem(SOUND.input, SOUND.output))
    )
    tag = tag_of(kind, SOUND, signals)
    assert tag.decision == "pass", tag
    assert tag.severity == 0


@pytest.mark.parametrize("kind", ["wrong_number", "unknown_name", "prompt_leak", "personal_data"])
def test_evidence_quotes_the_offending_text(kind: str) -> None:
    item, signals = CASES[kind]
    evidence = tag_of(kind, item, signals).evidence[0]
    assert evidence.snippet
    if evidence.start is not None and kind != "personal_data":
        assert item.output[evidence.start :].startswith(evidence.snippet[:10])


def test_what_is_not_known_is_unsure() -> None:
    tag = tag_of("unsupported_claim", FailureItem("?", "Gold.", TOWER), Signals())
    assert tag.decision == "unsure"
    assert tag.confidence < 0.5


def test_severe_findings_override_the_severity() -> None:
    item, signals = CASES["personal_data"]
    tag = tag_of("personal_data", item, signals)
    assert tag.breakdown.security_override
    assert tag.severity >= 4


def test_metrics_that_agree_raise_the_confidence() -> None:
    item = FailureItem("How tall?", "It is 350 metres tall.", TOWER)
    plain = tag_of("wrong_number", item, Signals())
    agreeing = tag_of("wrong_number", item, Signals({"hallucination": 0.1}))
    other = tag_of("wrong_number", item, Signals({"hallucination": 0.9}))
    assert other.confidence < plain.confidence < agreeing.confidence


def test_kinds_are_chosen_by_application_and_members() -> None:
    plain = FailureItem("?", "Yes.")
    chosen, skipped = applicable(plain, plain.feature_kind)
    assert plain.feature_kind == "generic_llm"
    assert "wrong_number" in skipped
    assert "repetition" in {kind.id for kind in chosen}
    chosen, skipped = applicable(SOUND, SOUND.feature_kind, buckets=["tool_use"])
    assert SOUND.feature_kind == "agentic_rag"
    assert {kind.id for kind in chosen} == {kind.id for kind in BUCKETS[4].kinds}


def test_a_summary_of_failures() -> None:
    bad = [tag_of(kind, *CASES[kind]) for kind in ("wrong_number", "personal_data")]
    good = [tag_of("repetition", SOUND, Signals())]
    summary = summarize([bad, good])
    assert summary.total_failures_detected == 2
    assert (summary.items_with_failures, summary.items_all_passed) == (1, 1)
    assert summary.primary_failure == "personal_data"
    assert summary.should_alert
    assert summary.should_gate_ci
    assert summary.buckets_affected == ("hallucination", "safety")


def test_a_summary_of_nothing() -> None:
    summary = summarize([])
    assert summary.primary_failure is None
    assert not summary.should_gate_ci
    assert summary.overall_confidence == 0


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_any_item_can_be_analysed(question: str, answer: str, context: list[str]) -> None:
    item = FailureItem(question, answer, tuple(context), (ToolCall("t", answer),))
    for tag in analyze(item, KINDS.values(), Signals()):
        assert 0 <= tag.severity <= 5
        assert 0 <= tag.confidence <= 1
