"""The steps of traces, in every shape that clients record them in."""

from typing import Any

import pytest

from evalwright_server.services.span_texts import span_view
from evalwright_server.services.trace_steps import TraceStep, describe, read_steps, steps_of_spans

ASKED, ANSWERED = "Capital of France?", "Paris."


def otlp(**attributes: Any) -> dict[str, Any]:
    """Return a trace in OTLP's JSON with one span."""
    listed = [{"key": name, "value": {"stringValue": value}} for name, value in attributes.items()]
    span = {"spanId": "s1", "name": "answer", "kind": 3, "attributes": listed}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def span(kind: str | None = None, **attributes: Any) -> dict[str, Any]:
    """Return a span as this server answers it."""
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    if kind is not None:
        named["openinference.span.kind"] = kind
    return {"name": "step", "context": {"trace_id": "t", "span_id": "s1"}, "attributes": named}


MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": ASKED},
    {"role": "assistant", "content": ANSWERED},
]

SHAPES: dict[str, dict[str, Any]] = {
    "values": {"spans": [span("LLM", input__value=ASKED, output__value=ANSWERED)]},
    "members": {"spans": [{"name": "x", "input": ASKED, "output": ANSWERED}]},
    "otlp": otlp(**{"input.value": ASKED, "output.value": ANSWERED}),
    "traceloop": otlp(**{"traceloop.entity.input": ASKED, "traceloop.entity.output": ANSWERED}),
    "numbered": {
        "spans": [
            span(
                "LLM",
                **{
                    "llm.input_messages.0.message.role": "system",
                    "llm.input_messages.0.message.content": "Be brief.",
                    "llm.input_messages.1.message.role": "user",
                    "llm.input_messages.1.message.content": ASKED,
                    "llm.output_messages.0.message.role": "assistant",
                    "llm.output_messages.0.message.content": ANSWERED,
                },
            )
        ]
    },
    "prompts": otlp(
        **{
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": ASKED,
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": ANSWERED,
        }
    ),
    "parts": otlp(
        **{
            "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "'
            + ASKED
            + '"}]}]',
            "gen_ai.output.messages": '[{"role": "assistant", "parts": [{"content": "Paris."}]}]',
        }
    ),
    "json in a text": otlp(
        **{
            "input.value": '{"messages": [{"role": "user", "content": "Capital of France?"}]}',
            "output.value": '{"answer": "Paris."}',
        }
    ),
    "steps": {"steps": [{"query": ASKED, "response": ANSWERED}]},
    "eval steps": {"eval_steps": [{"user_input": ASKED, "assistant_response": ANSWERED}]},
    "messages": {"messages": MESSAGES},
    "itself": {"input": ASKED, "output": ANSWERED},
    "wrapped": {"id": "t", "trace": {"messages": MESSAGES}},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_has_the_step(shape: str) -> None:
    (step,) = read_steps(SHAPES[shape])
    assert (step.input, step.output) == (ASKED, ANSWERED)


def test_documents_and_tools_belong_to_the_answers() -> None:
    documents = {f"retrieval.documents.{n}.document.content": f"document {n}" for n in range(2)}
    tool = span("TOOL", tool__name="search", output__value="found")
    tool["attributes"]["input.value"] = '{"query": "France"}'
    chain = span("CHAIN", input__value=ASKED, output__value=ANSWERED)
    model = span("LLM", input__value=ASKED, output__value=ANSWERED)
    retriever = span("RETRIEVER", input__value=ASKED, **documents)
    (step,) = read_steps({"spans": [chain, retriever, tool, model]})
    assert step.context == ("document 0", "document 1")
    assert step.tool_calls == (
        {"name": "search", "arguments": {"query": "France"}, "result": "found"},
    )
    assert step.span_id == "s1"


def test_a_conversation_has_a_step_for_each_answer_with_its_tools() -> None:
    call = {"id": "c1", "function": {"name": "search", "arguments": '{"q": "France"}'}}
    messages = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "Paris is the capital."},
        {"role": "assistant", "content": [{"type": "text", "text": ANSWERED}]},
        {"role": "user", "content": "And of Spain?"},
        {"role": "assistant", "content": "Madrid."},
    ]
    called = {"name": "search", "arguments": {"q": "France"}, "result": "Paris is the capital."}
    assert read_steps({"messages": messages}) == [
        TraceStep(ASKED, ANSWERED, tool_calls=(called,)),
        TraceStep("And of Spain?", "Madrid."),
    ]


@pytest.mark.parametrize(
    "trace",
    [
        {},
        {"spans": None},
        {"spans": [None, 3, {"attributes": 5}, {"attributes": [{"value": 1}]}]},
        {"spans": [span("LLM", input__value=ASKED)]},
        {"messages": [{"role": "assistant", "content": "unasked"}]},
        {"messages": [{"role": "user"}, {"role": "assistant", "content": {}}]},
        {"steps": {"input": ASKED}},
        {"trace": {"trace": {"input": ASKED, "output": ANSWERED}}},
        {"resourceSpans": [{"scopeSpans": [{"spans": [{"attributes": [{"key": "input.value",
          "value": {"arrayValue": 4}}]}]}]}]},
    ],
)  # fmt: skip
def test_what_has_no_step_has_none(trace: dict[str, Any]) -> None:
    assert read_steps(trace) == []
    assert "resourceSpans" in describe(trace)


def test_stored_spans_are_read_alike() -> None:
    stored = {
        "span_id": "s2",
        "kind": "LLM",
        "name": "x",
        "attributes": {"input.value": ASKED, "output.value": ANSWERED},
    }
    (step,) = steps_of_spans([span_view(stored)])
    assert (step.span_id, step.input) == ("s2", ASKED)
