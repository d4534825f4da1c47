"""The steps of a trace that have an input and an output, so that answers in it can be analysed.

Understood are, in this order:

* spans, under `spans` or in the envelopes of OTLP (`resourceSpans`): inputs and outputs by the
  conventions of OpenInference (`input.value`, `llm.input_messages...`), OpenTelemetry's GenAI
  (`gen_ai.input.messages`, `gen_ai.prompt...`) and Traceloop (`traceloop.entity.input`);
* steps, under `steps` or `eval_steps`, with an input and an output each;
* conversations, under `messages`: each answer with what the user had said before it;
* a trace that is a single step: `input` and `output`.

What retrievers returned is the context of the other steps, and what tools did their tool calls.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson

from evalwright_server.services.errors import Findings
from evalwright_server.services.span_texts import (
    SpanView,
    input_of,
    objects,
    output_of,
    read_spans,
    retrieved_by,
    text_of,
    tool_call_of,
)

UNDERSTOOD: Final = "spans, resourceSpans, steps, eval_steps, messages, or input and output"
"""The members in which steps are found."""

Trace: TypeAlias = Mapping[str, Any]

_INPUTS: Final = ("input", "user_input", "query", "question", "prompt")
_OUTPUTS: Final = ("output", "assistant_response", "response", "answer", "completion")
_ASIDE: Final = frozenset({"RETRIEVER", "EMBEDDING", "RERANKER", "TOOL"})
"""Kinds of spans that lead to answers, and are none."""


@dataclass(frozen=True, slots=True)
class TraceStep:
    """A step of a trace.

    Attributes:
        input: What was asked.
        output: What was answered.
        context: What was retrieved for the answer.
        tool_calls: The tools that were called.
        span_id: The span that it is, if it is one.
    """

    input: str
    output: str
    context: tuple[str, ...] = ()
    tool_calls: tuple[dict[str, Any], ...] = ()
    span_id: str | None = None


def read_steps(trace: Trace) -> list[TraceStep]:
    """Return the steps of a trace; none if there is nothing in it that is understood.

    Of steps with the same input and output, such as a chain and the model it calls, the first one
    counts.
    """
    inner = trace.get("trace")
    return _read(trace) or (_read(inner) if isinstance(inner, Mapping) else [])


def _read(trace: Trace) -> list[TraceStep]:
    found = [
        *_from_spans(list(read_spans(trace))),
        *_from_steps(trace.get("steps")),
        *_from_steps(trace.get("eval_steps")),
    ]
    found = found or list(_from_messages(trace.get("messages"))) or list(_from_steps([trace]))
    unique: dict[tuple[str, str], TraceStep] = {}
    for step in found:
        unique.setdefault((step.input, step.output), step)
    return list(unique.values())


def steps_of_spans(spans: Sequence[SpanView]) -> list[TraceStep]:
    """Return the steps among the spans of one trace."""
    return list(_from_spans(spans))


def describe(trace: Trace) -> str:
    """Return what is in a trace without steps, and what would be understood."""
    there = ", ".join(list(trace)[:10]) or "nothing"
    return (
        "no step of this trace has both an input and an output; steps are looked for in "
        f"{UNDERSTOOD}, and this trace has {there}"
    )


def _from_spans(spans: Sequence[SpanView]) -> Iterator[TraceStep]:
    answering = [span for span in spans if span.kind not in _ASIDE]
    context = tuple(dict.fromkeys(text for span in spans for text in retrieved_by(span)))
    calls = tuple(tool_call_of(span) for span in spans if span.kind == "TOOL")
    for span in answering or spans:
        asked, answered = input_of(span), output_of(span)
        if asked and answered:
            yield TraceStep(asked, answered, context, calls, span.span_id)


def _from_steps(steps: object) -> Iterator[TraceStep]:
    for step in objects(steps):
        asked, answered = _first_text(step, _INPUTS), _first_text(step, _OUTPUTS)
        if asked and answered:
            context, calls = step.get("context"), step.get("tool_calls")
            texts = [context] if isinstance(context, str) else context
            yield TraceStep(
                asked,
                answered,
                tuple(text for text in texts if isinstance(text, str))
                if isinstance(texts, list)
                else (),
                tuple(dict(call) for call in objects(calls)),
            )


def _from_messages(messages: object) -> Iterator[TraceStep]:
    asked = ""
    calls: list[Mapping[str, Any]] = []
    results: dict[str, str] = {}
    for message in objects(messages):
        text = text_of(message.get("content"))
        match message.get("role"):
            case "user" | "human":
                asked, calls, results = text, [], {}
            case "tool":
                results[str(message.get("tool_call_id"))] = text
            case "assistant" | "ai":
                calls += list(objects(message.get("tool_calls")))
                if asked and text:
                    called = tuple(_called(call, results) for call in calls)
                    yield TraceStep(asked, text, tool_calls=called)
                    calls = []


def _called(call: Mapping[str, Any], results: Mapping[str, str]) -> dict[str, Any]:
    """Return a tool call of a message, with what the tool answered."""
    function = call.get("function")
    named: Mapping[str, Any] = function if isinstance(function, Mapping) else call
    arguments = named.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            arguments = {"text": arguments}
    made: dict[str, Any] = {"name": str(named.get("name", "")), "arguments": arguments or {}}
    result = results.get(str(call.get("id")))
    return made if result is None else made | {"result": result}


def _first_text(step: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((text for name in names if (text := text_of(step.get(name)))), "")


def check_trace(body: Mapping[str, Any], findings: Findings) -> None:
    """Note that there is nothing to analyse in the trace of a request."""
    trace = body.get("trace")
    if isinstance(trace, dict) and not read_steps(trace):
        findings.add("/trace", describe(trace))
