"""The items of failure analyses, from datasets as they are sent."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from evalwright_server.runs.handlers.failure_analysis import failure_item
from evalwright_server.services.analysis_rules import read_context
from evalwright_server.services.requests import JsonObject

GUESSED: Final = "generic_llm"
"""The kind of application of a dataset that says nothing about it."""

_CALL_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("tool_name", "tool", "function_name"),
    "arguments": ("args", "parameters", "tool_input", "input"),
    "result": ("output", "response", "tool_output"),
    "error": ("error_message", "exception"),
    "schema": ("input_schema", "parameters_schema"),
}
"""How other frameworks name the members of a tool call."""


def read_dataset(dataset: Sequence[Mapping[str, Any]], trace_id: str | None) -> list[JsonObject]:
    """Return the items of a dataset in the form that runs ask for.

    Args:
        dataset: The items as they were sent.
        trace_id: The trace they are from, if that was sent, too.
    """
    return [
        {
            "input": item["input"],
            "output": item["output"],
            "context": read_context(item.get("context")),
            "tool_calls": [read_tool_call(call) for call in item.get("tool_calls") or ()],
            "expected": item.get("expected"),
            "trace_id": trace_id,
        }
        for item in dataset
    ]


def read_tool_call(call: Mapping[str, Any]) -> JsonObject:
    """Return a tool call with the names of members that detectors know.

    Other frameworks' names for them are understood; what is under them stays there, too.
    """
    function = call.get("function")
    given = {**call, **function} if isinstance(function, Mapping) else dict(call)
    if isinstance(function, str):
        given.setdefault("name", function)
    for name, others in _CALL_NAMES.items():
        found = next((given[other] for other in others if other in given), None)
        if given.get(name) is None and found is not None:
            given[name] = found
    return given


def describe_items(body: Mapping[str, Any], items: Iterable[JsonObject]) -> JsonObject:
    """Return what answers tell of the items of an analysis.

    The kind of application is the one asked for, or else that of most items.
    """
    own = [failure_item(item) for item in items]
    kinds = Counter(item.feature_kind for item in own)
    guessed = max(kinds, key=lambda kind: kinds[kind], default=GUESSED)
    return {
        "feature_kind": body.get("feature_kind") or guessed,
        "input_type": "json" if body.get("dataset") else "trace",
        "is_minimal": not any(item.context or item.tool_calls for item in own),
        "trace_id": body.get("trace_id") or None,
    }
