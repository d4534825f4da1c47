"""The whole document thrown at the server: whatever is sent, answers are those it promises.

Made-up IDs reach little, so well-formed requests get IDs of things that are there.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from evalwright_server.web.document import Document
from fixtures_server import RunningServer
from server.client import Api
from server.known_ids import known_ids, point

schema = schemathesis.openapi.from_dict(Document.bundled().tree)

HELD = {"analyze_failures", "audit_dataset", "audit_trace", "evaluate_dataset", "evaluate_trace"}
"""Operations whose answer would wait for a worker, which there is none of."""


@pytest.fixture(scope="module")
def known(idle_server: RunningServer) -> Iterator[dict[str, Any]]:
    """An ID for every parameter and member that takes one."""
    api = Api(idle_server.url)
    yield known_ids(api)
    api.pool.clear()


def cases() -> Iterator[tuple[str, GenerationMode]]:
    """Yield every operation, to be used well; and badly, where something in it can be wrong."""
    for name, operation in Document.bundled().operations.items():
        # The document describes the data of its events, schemathesis expects whole events; nor can
        # it write protobuf, whose refusals are tested with spans.
        if name in {"stream_run_events", "stream_job_events", "export_traces"}:
            continue
        # Executions are answered by workers only, and take what jobs take.
        if name != "execute_job":
            yield name, GenerationMode.POSITIVE
        if operation.body or any(each.location == "query" for each in operation.parameters):
            yield name, GenerationMode.NEGATIVE


@pytest.mark.slow
@pytest.mark.parametrize(("operation_id", "mode"), list(cases()))
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_answers_conform(
    operation_id: str,
    mode: GenerationMode,
    data: st.DataObject,
    idle_server: RunningServer,
    known: dict[str, Any],
) -> None:
    operation = schema.find_operation_by_id(operation_id)
    case = data.draw(operation.as_strategy(generation_mode=mode))
    # What is sent empty counts as left out, as clients expect; the document has no word for that.
    assume(not any(value in ("", {}, []) for value in (case.query or {}).values()))
    if mode.is_positive and case.method.upper() != "DELETE":
        for part in (case.path_parameters, case.query, case.body):
            point(part, known)
    if case.headers is not None:
        # A run that nobody starts would hold the answer for as long as it is told to.
        case.headers.pop("Prefer", None)
    headers = {"Prefer": "respond-async"} if operation_id in HELD else None
    if operation_id == "get_job_result" and case.query:
        case.query["wait"] = "false"
    if operation_id == "stream_job_output" and mode.is_positive:
        case.query = {**(case.query or {}), "follow": "false"}
    # The document says that an ID is text; which texts are IDs is the server's to say.
    case.call_and_validate(
        base_url=idle_server.url,
        headers=headers,
        timeout=30,
        excluded_checks=[positive_data_acceptance],
    )
