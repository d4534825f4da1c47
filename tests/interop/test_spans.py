"""Spans: sent by OpenTelemetry's protocol, read and annotated by the client, judged by tasks."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3
from arize import ArizeClient
from arize._generated import api_client as generated
from arize._generated.api_client.exceptions import BadRequestException, NotFoundException

from interop import clients
from interop.clients import word
from interop.scenes import Scene
from interop.server_process import ServerProcess

IDS = [f"{number:016x}" for number in (1, 2, 3)]


@pytest.fixture
def sent(server: ServerProcess, scene: Scene) -> Scene:
    """A scene whose project has three spans, a second apart."""
    now = time.time_ns()
    spans = [
        {
            "traceId": f"{n + 1:032x}",
            "spanId": span_id,
            "name": f"answer {n}",
            "startTimeUnixNano": str(now - (10 - n) * 10**9),
            "endTimeUnixNano": str(now - (10 - n) * 10**9 + 10**8),
            "attributes": attributes(
                {
                    "openinference.span.kind": "LLM",
                    "output": f"a{n}" if n != 1 else "wrong",
                    "expected": f"a{n}",
                }
            ),
            "status": {"code": 1},
        }
        for n, span_id in enumerate(IDS)
    ]
    resource = {"attributes": attributes({"openinference.project.name": "chat"})}
    export = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}
    answered = urllib3.request(
        "POST",
        f"http://{server.host}/v1/traces",
        body=json.dumps(export),
        headers={"Content-Type": "application/json", "X-Evalwright-Space": scene.space.id},
        retries=False,
        timeout=30,
    )
    assert answered.status == 200, answered.data
    return scene


def attributes(values: dict[str, str]) -> list[dict[str, Any]]:
    """Attributes as OpenTelemetry writes them in JSON."""
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]


def test_spans_are_listed_newest_first(client: ArizeClient, sent: Scene) -> None:
    page = client.spans.list(project="chat", space=sent.space.name, limit=2)
    assert [span.context.span_id for span in page.spans] == [IDS[2], IDS[1]]
    assert page.spans[0].attributes["output"] == "a2"
    rest = client.spans.list(project=sent.project.id, limit=2, cursor=page.pagination.next_cursor)
    assert [span.name for span in rest.spans] == ["answer 0"]
    assert not rest.pagination.next_cursor


def test_spans_are_chosen_by_filter_and_time(client: ArizeClient, sent: Scene) -> None:
    found = client.spans.list(project=sent.project.id, filter="name = 'answer 1'")
    assert [span.context.span_id for span in found.spans] == [IDS[1]]
    long_ago = datetime.now(UTC) - timedelta(days=1)
    assert client.spans.list(project=sent.project.id, end_time=long_ago).spans == []
    with pytest.raises(BadRequestException):
        client.spans.list(project=sent.project.id, filter="name ==")


def test_spans_are_annotated(client: ArizeClient, sent: Scene) -> None:
    annotate = client.spans.annotate_spans if clients.IS_OLD else client.spans.annotate
    record = generated.AnnotateRecordInput(
        record_id=IDS[0], values=[generated.AnnotationInput(name="clear", score=1.0)]
    )
    annotate(project=sent.project.id, annotations=[record])
    (span,) = client.spans.list(project=sent.project.id, filter="name = 'answer 0'").spans
    assert [(each.name, each.score) for each in span.annotations] == [("clear", 1.0)]
    record.record_id = "f" * 16
    with pytest.raises(NotFoundException):
        annotate(project=sent.project.id, annotations=[record])


def test_spans_are_deleted(client: ArizeClient, sent: Scene) -> None:
    deleted = client.spans.delete(project="chat", space=sent.space.id, span_ids=[IDS[0], "f" * 16])
    assert deleted.deleted_span_ids == [IDS[0]]
    left = client.spans.list(project=sent.project.id).spans
    assert [span.context.span_id for span in left] == [IDS[2], IDS[1]]


@pytest.mark.parametrize("chosen", [{}, {"max_spans": 2}])
def test_tasks_judge_spans(client: ArizeClient, sent: Scene, chosen: dict[str, int]) -> None:
    """Every member of the request, and what is written where."""
    mapped = {"output": "attributes.output", "expected": "attributes.expected"}
    task = sent.project_task(
        evaluators=[clients.applied(sent.evaluator.id, column_mappings=mapped)], sampling_rate=1.0
    )
    now = datetime.now(UTC).replace(tzinfo=None)
    run = client.tasks.trigger_run(
        task=task.id,
        data_start_time=now - timedelta(days=1),
        data_end_time=now + timedelta(minutes=1),
        override_evaluations=False,
        **chosen,
    )
    assert run.data_start_time < run.data_end_time
    ended = client.tasks.wait_for_run(run_id=run.id, poll_interval=0.2, timeout=60)
    assert ended.status == word("completed")
    assert ended.num_successes == chosen.get("max_spans", 3)
    spans = client.spans.list(project=sent.project.id).spans
    judged = {
        span.name: [(each.name, each.score) for each in span.evaluations or ()] for span in spans
    }
    assert judged["answer 2"] == [("exact", 1.0)]
    assert judged["answer 1"] == [("exact", 0.0)]
