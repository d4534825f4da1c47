"""Exports over real HTTP: what is stored, where, and what senders are told."""

from collections.abc import Callable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from server.client import Api
from server.scenes import Scene
from spans.exports import PROTOBUF, export_of, send, span


def test_a_project_is_made(api: Api, scene: Scene, unique: Callable[[str], str]) -> None:
    """Applications name their project themselves."""
    name = unique("app")
    reply = send(api, export_of([span()], name), X_Evalwright_Space=scene.space)
    assert (reply.status, reply.headers["Content-Type"]) == (200, PROTOBUF)
    assert not ExportTraceServiceResponse.FromString(reply.content).HasField("partial_success")
    found = api.get(f"/v2/projects?space_id={scene.space}").body["projects"]
    assert name in [project["name"] for project in found]
