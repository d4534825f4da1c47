"""Failure analyses of stored traces."""

from collections.abc import Callable, Sequence

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from server.client import Api
from server.failure_analyses import FAMILY, PLAIN, Json, decisions, problem
from spans.exports import export_of, send, span


@pytest.fixture
def project(unique: Callable[[str], str]) -> str:
    """The name of a project that nobody has made."""
    return unique("traced")


def store(api: Api, project: str, spans: Sequence[Span]) -> str:
    """Store spans as one trace, and return its ID."""
    trace_id: bytes = spans[0].trace_id
    for each in spans:
        each.trace_id = trace_id
    reply = send(api, export_of(spans, project))
    assert reply.status == 200, reply.content
    return trace_id.hex()


def trace(api: Api, project: str) -> str:
    """Store a trace of an agent that retrieves, calls a tool, and gets both wrong."""
    retriever = {"openinference.span.kind": "RETRIEVER"}
    document = {"retrieval.documents.0.document.content": "The bridge was built in 1937."}
    tool = {"openinference.span.kind": "TOOL", "tool.name": "look", "input.value": '{"a": 1}',
            "output.value": '{"error": "timed out"}'}  # fmt: skip
    answer = {
        "openinference.span.kind": "LLM",
        "input.value": "When was the bridge built?",
        "output.value": "It was built in 1967.",
    }
    spans = [
        span("agent", age=60, **answer),
        span("retrieve", age=59, **(retriever | document)),
        span("look", age=58, **tool),
    ]
    return store(api, project, spans)


def analyse_trace(api: Api, trace_id: str, **members: object) -> Json:
    reply = api.post(f"{FAMILY}/analyze", {"trace_id": trace_id, **PLAIN, **members})
    assert reply.status == 200, reply.content
    result: Json = reply.body
    return result


def test_a_stored_trace_is_analysed_by_its_id(api: Api, project: str) -> None:
    """Its project is found by it; documents are context, and tools are tool calls."""
    trace_id = trace(api, project)
    result = analyse_trace(api, trace_id)
    assert (result["input_type"], result["project_name"]) == ("trace", project)
    assert result["feature_kind"] == "agentic_rag"
    (item,) = result["inputs"]
    assert item["trace_id"] == trace_id
    assert item["context"] == ["The bridge was built in 1937."]
    assert item["tool_calls"][0]["name"] == "look"
    assert decisions(result["failure_tags"])[0, "wrong_number"] == "fail"
    listed = api.get(f"{FAMILY}/runs?project_name={project}").body["items"][0]
    assert (listed["trace_id"], listed["input_type"]) == (trace_id, "trace")


def test_the_id_may_be_written_as_a_uuid(api: Api, project: str) -> None:
    trace_id = trace(api, project).upper()
    parts = (trace_id[:8], trace_id[8:12], trace_id[12:16], trace_id[16:20], trace_id[20:])
    result = analyse_trace(api, "-".join(parts), project_name=project)
    assert result["summary"]["total_items"] == 1


def test_a_trace_that_is_not_there(api: Api, project: str) -> None:
    trace_id = trace(api, project)
    for members in ({"trace_id": "f" * 32}, {"trace_id": trace_id, "project_name": "another"}):
        answer = problem(api.post(f"{FAMILY}/analyze", members), 404)
        assert "/v1/traces" in answer["detail"]


def test_a_trace_without_answers(api: Api, project: str) -> None:
    trace_id = store(api, project, [span("nothing", colour="blue")])
    (error,) = problem(api.post(f"{FAMILY}/analyze", {"trace_id": trace_id}))["errors"]
    assert error["pointer"] == "/trace_id"


def test_a_dataset_may_name_the_trace_it_is_from(api: Api, project: str) -> None:
    """It is what is analysed; the trace need not be stored."""
    result = analyse_trace(api, "of-elsewhere", dataset=[{"input": "a", "output": ""}])
    assert result["input_type"] == "json"
    assert [each["trace_id"] for each in result["inputs"]] == ["of-elsewhere"]
