"""An application traced with OpenTelemetry's own SDK sends its spans to a server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode, Tracer

from fixtures_server import RunningServer
from server.client import Api
from server.scenes import Scene
from spans.test_ingest import project_named, spans_of


@contextmanager
def tracing(exporter: OTLPSpanExporter, project: str) -> Iterator[Tracer]:
    """A tracer whose spans have all been sent when the context ends."""
    resource = Resource.create({"openinference.project.name": project, "service.name": "bot"})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    yield provider.get_tracer("app")
    assert provider.force_flush()
    provider.shutdown()


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_spans_arrive(
    running_server: RunningServer,
    api: Api,
    scene: Scene,
    unique: Callable[[str], str],
    compression: Compression,
) -> None:
    """With their parents, attributes, events and errors."""
    project = unique("traced")
    exporter = OTLPSpanExporter(
        f"{running_server.url}/v1/traces",
        headers={"X-Evalwright-Space": scene.space},
        compression=compression,
    )
    with tracing(exporter, project) as tracer:
        with tracer.start_as_current_span("answer") as parent:
            parent.set_attribute("openinference.span.kind", "CHAIN")
            with tracer.start_as_current_span("model") as child:
                child.set_attributes({"openinference.span.kind": "LLM", "output.value": "Paris"})
                child.set_status(Status(StatusCode.OK))
        with pytest.raises(ValueError, match="no city"), tracer.start_as_current_span("broken"):
            raise ValueError("no city")
    project_id = project_named(api, scene.space, project)
    found = {each["name"]: each for each in spans_of(api, project_id)}
    assert found.keys() == {"answer", "model", "broken"}
    assert found["model"]["parent_id"] == found["answer"]["context"]["span_id"]
    assert found["model"]["attributes"]["output.value"] == "Paris"
    assert (found["model"]["kind"], found["model"]["status_code"]) == ("LLM", "OK")
    assert found["answer"]["attributes"]["resource.service.name"] == "bot"
    assert (found["broken"]["status_code"], found["broken"]["kind"]) == ("ERROR", "INTERNAL")
    assert found["broken"]["events"][0]["attributes"]["exception.message"] == "no city"


def test_keys_are_asked_for(
    start_server: Callable[..., RunningServer], connect: Callable[..., Api]
) -> None:
    """Exporters send keys like every client; without one nothing comes in."""
    server = start_server(api_keys=("secret",))
    url = f"{server.url}/v1/traces"
    for headers in ({"Authorization": "Bearer secret"}, {"X-API-Key": "secret"}):
        with tracing(OTLPSpanExporter(url, headers=headers), "app") as tracer:
            tracer.start_span("answer").end()
    api = connect(server, Authorization="Bearer secret")
    (project,) = api.get("/v2/projects").body["projects"]
    assert len(spans_of(api, project["id"])) == 2
    assert connect(server).post("/v1/traces", {}).status == 401
