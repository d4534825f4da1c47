"""Exports over real HTTP: what is stored, where, and what senders are told."""

import gzip
from collections.abc import Callable
from typing import Any, cast

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from fixtures_server import RunningServer
from server.client import Api, Reply
from server.scenes import Scene
from spans.exports import PROTOBUF, as_json, export_of, pairs, send, span

JSON = "application/json"


def spans_of(api: Api, project_id: str, **body: Any) -> list[dict[str, Any]]:
    reply = api.post("/v2/spans?limit=500", {"project_id": project_id, **body})
    assert reply.status == 200, reply.content
    spans: list[dict[str, Any]] = reply.body["spans"]
    return spans


def project_named(api: Api, space: str, name: str) -> str:
    found = api.get(f"/v2/projects?space_id={space}&limit=100").body["projects"]
    (project,) = [each for each in found if each["name"] == name]
    project_id: str = project["id"]
    return project_id


def answer(reply: Reply) -> ExportTraceServiceResponse:
    assert reply.status == 200, reply.content
    assert reply.headers["Content-Type"] == PROTOBUF
    return cast("ExportTraceServiceResponse", ExportTraceServiceResponse.FromString(reply.content))


def test_a_span_comes_out_as_it_went_in(api: Api, scene: Scene) -> None:
    sent = span(
        "chat",
        openinference__span__kind="llm",
        input__value="hi",
        llm__token_count__total=12,
        temperature=0.5,
        stream=True,
        tags=["a", 1, None],
        config={"nested": {"deep": [b"\x00\x01"]}},
        odd=float("nan"),
    )
    sent.parent_span_id = (77).to_bytes(8)
    sent.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="broke"))
    event = sent.events.add(name="exception", time_unix_nano=sent.start_time_unix_nano + 1000)
    event.attributes.extend(pairs({"exception.type": "ValueError"}))
    export = export_of([sent], "chat", service__name="bot", telemetry__sdk__name="otel")
    assert not answer(send(api, export, X_Evalwright_Space=scene.space)).HasField("partial_success")
    (found,) = spans_of(api, scene.project)
    assert found["attributes"] == {
        "resource.service.name": "bot",
        "openinference.span.kind": "llm",
        "input.value": "hi",
        "llm.token_count.total": 12,
        "temperature": 0.5,
        "stream": True,
        "tags": ["a", 1, None],
        "config": {"nested": {"deep": ["AAE="]}},
        "odd": "NaN",
    }
    assert found["context"] == {"trace_id": sent.trace_id.hex(), "span_id": sent.span_id.hex()}
    assert (found["name"], found["kind"], found["parent_id"]) == ("chat", "LLM", f"{77:016x}")
    assert (found["status_code"], found["status_message"]) == ("ERROR", "broke")
    (event_found,) = found["events"]
    assert event_found["name"] == "exception"
    assert event_found["attributes"] == {"exception.type": "ValueError"}
    assert found["annotations"] == found["evaluations"] == []


@pytest.mark.parametrize("compress", [False, True])
def test_json_says_the_same_as_protobuf(api: Api, scene: Scene, compress: bool) -> None:
    """Exporters may send either, also compressed; the answer is of the same kind."""
    export = export_of([span("json", input__value="grüße", n=2**53 + 1)], "chat")
    headers = {"Content-Type": f"{JSON}; charset=utf-8", "X-Evalwright-Space": scene.space}
    content = orjson.dumps(as_json(export))
    if compress:
        content, headers["Content-Encoding"] = gzip.compress(content), "gzip"
    reply = api.send("POST", "/v1/traces", content=content, headers=headers)
    assert (reply.status, reply.headers["Content-Type"], reply.body) == (200, JSON, {})
    (found,) = spans_of(api, scene.project)
    assert found["attributes"] == {"input.value": "grüße", "n": 2**53 + 1}
    assert (
        found["context"]["span_id"]
        == export.resource_spans[0].scope_spans[0].spans[0].span_id.hex()
    )


def test_projects_come_from_the_resource_the_header_or_nowhere(
    api: Api, scene: Scene, unique: Callable[[str], str]
) -> None:
    """And are made when they are missing."""
    own, other = unique("own"), unique("other")
    export = export_of([span("first")], own)
    export.resource_spans.extend(export_of([span("second")]).resource_spans)
    answer(send(api, export, X_Evalwright_Space=scene.space, X_Evalwright_Project=other))
    answer(send(api, export_of([span("third")]), X_Evalwright_Space=scene.space))
    for name, expected in ((own, "first"), (other, "second"), ("default", "third")):
        (found,) = spans_of(api, project_named(api, scene.space, name))
        assert found["name"] == expected


def test_spaces_are_named_or_the_oldest(
    start_server: Callable[..., RunningServer], connect: Callable[..., Api]
) -> None:
    """On an empty server there is one to start with."""
    api = connect(start_server())
    answer(send(api, export_of([span()], "app")))
    (space,) = api.get("/v2/spaces").body["spaces"]
    assert space["name"] == "Default"
    newer = api.make("/v2/spaces", {"name": "Newer"})
    answer(send(api, export_of([span()], "app")))
    answer(send(api, export_of([span()], "app"), X_Evalwright_Space="Newer"))
    assert len(spans_of(api, project_named(api, space["id"], "app"))) == 2
    assert len(spans_of(api, project_named(api, newer["id"], "app"))) == 1
    missing = send(api, export_of([span()], "app"), X_Evalwright_Space="Nobody's")
    assert missing.status == 404
    assert missing.pointers() == ["header:X-Evalwright-Space"]


def test_sending_again_changes_nothing(api: Api, scene: Scene) -> None:
    """An exporter that heard no answer repeats itself; a span's end may come later."""
    sent = span("draft")
    for name in ("draft", "draft", "final"):
        sent.name = name
        answer(send(api, export_of([sent, sent], "chat"), X_Evalwright_Space=scene.space))
    (found,) = spans_of(api, scene.project)
    assert found["name"] == "final"


def test_what_is_invalid_is_rejected_and_the_rest_is_kept(api: Api, scene: Scene) -> None:
    broken = [span(), span(), span(), span()]
    broken[0].trace_id = b"\0" * 16
    broken[1].span_id = b"\1" * 5
    broken[2].start_time_unix_nano = 0
    broken[3].parent_span_id = b"\1"
    export = export_of([*broken, span("good")], "chat")
    export.resource_spans.extend(export_of([span()], "x" * 256).resource_spans)
    told = answer(send(api, export, X_Evalwright_Space=scene.space)).partial_success
    assert told.rejected_spans == 5
    for reason in ("trace_id", "span_id must", "start_time", "parent_span_id", "project.name"):
        assert reason in told.error_message
    assert [each["name"] for each in spans_of(api, scene.project)] == ["good"]
    plain = as_json(export_of([span()], "chat"))
    plain["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] = "no hex"
    reply = api.post("/v1/traces", plain)
    assert reply.body["partialSuccess"]["rejectedSpans"] == "1"


def test_nothing_is_made_for_nothing(api: Api, scene: Scene) -> None:
    """An empty export is how exporters try a connection."""
    answer(send(api, export_of([], "nothing here"), X_Evalwright_Space=scene.space))
    answer(api.send("POST", "/v1/traces", content=b"", headers={"Content-Type": PROTOBUF}))
    names = [
        each["name"] for each in api.get(f"/v2/projects?space_id={scene.space}").body["projects"]
    ]
    assert names == ["chat"]


def test_nul_is_replaced(api: Api, scene: Scene) -> None:
    """PostgreSQL can't store it, and no telemetry is refused for a character."""
    export = export_of([span("a\0b", text="\0", nested={"k\0": ["\0"]})], "chat")
    answer(send(api, export, X_Evalwright_Space=scene.space))
    (found,) = spans_of(api, scene.project)
    assert (found["name"], found["attributes"]["text"]) == ("a\ufffdb", "\ufffd")


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"\xff\xfe", {"Content-Type": PROTOBUF}, 400),
        (b"{", {"Content-Type": JSON}, 400),
        (b"", {"Content-Type": JSON}, 400),
        (b"[]", {"Content-Type": JSON}, 400),
        (b"null", {"Content-Type": JSON}, 400),
        (b'{"resourceSpans": 1}', {"Content-Type": JSON}, 400),
        (b'{"resourceSpans": [null]}', {"Content-Type": JSON}, 400),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [1]}]}]}', {"Content-Type": JSON}, 400),
        (b'{"resourceSpans": [{"resource": 1}]}', {"Content-Type": JSON}, 400),
        (b"[" * 100_000, {"Content-Type": JSON}, 400),
        (b"\x0a\x02" * 10, {"Content-Type": PROTOBUF}, 400),
        (b"x", {"Content-Type": "text/plain"}, 415),
        (b"x", {"Content-Type": PROTOBUF, "Content-Encoding": "br"}, 415),
        (b"x", {"Content-Type": PROTOBUF, "Content-Encoding": "gzip"}, 400),
        (
            gzip.compress(b"x" * 99, mtime=0)[:-4],
            {"Content-Type": PROTOBUF, "Content-Encoding": "gzip"},
            400,
        ),
    ],
)
def test_bad_exports_are_refused(
    api: Api, content: bytes, headers: dict[str, str], status: int
) -> None:
    """With a problem that says why, and never a 500."""
    reply = api.send("POST", "/v1/traces", content=content, headers=headers)
    assert reply.status == status, reply.content
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_a_small_body_may_not_grow_without_end(
    start_server: Callable[..., RunningServer], connect: Callable[..., Api]
) -> None:
    """32 MB of nothing are 32 kB of gzip; no more is inflated than might have been sent plain."""
    api = connect(start_server(body_bytes=1_000_000))
    headers = {"Content-Type": PROTOBUF, "Content-Encoding": "gzip"}
    bomb = gzip.compress(b"\0" * 32_000_000)
    assert api.send("POST", "/v1/traces", content=bomb, headers=headers).status == 413


def test_odd_spans_stay_readable(api: Api, scene: Scene) -> None:
    """Kinds, statuses and times that no SDK writes are taken for what they can be."""
    sent = Span(trace_id=b"\7" * 16, span_id=b"\7" * 8, start_time_unix_nano=2**64 - 1)
    sent.kind = 99  # type: ignore[assignment]
    sent.attributes.extend(pairs({"openinference.span.kind": 5}))
    answer(send(api, export_of([sent], "chat"), X_Evalwright_Space=scene.space))
    (found,) = spans_of(
        api, scene.project, start_time="2554-01-01T00:00:00Z", end_time="2555-01-01T00:00:00Z"
    )
    assert (found["kind"], found["status_code"]) == ("UNKNOWN", "UNSET")
    assert found["end_time"] == found["start_time"]
