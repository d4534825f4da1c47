"""Chains of requests, each with IDs from the answers before it, as the document lets infer them.

What is created is read, changed, used by others and deleted, in any order; whatever comes of that,
no answer is one the document does not promise, and none is a failure of the server.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.generation import GenerationMode
from schemathesis.generation.stateful.state_machine import APIStateMachine
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from evalwright_server.web.document import Document
from fixtures_server import RunningServer
from server.client import Api, at
from server.known_ids import known_ids, point

CHAINS = 120
STEPS = 8
FEWEST_REACHED = 25
"""Operations that some chain has called with success, or chains would prove nothing."""

schema = schemathesis.openapi.from_dict(Document.bundled().tree).exclude(
    # Packages are built from an index, and there is no network.
    operation_id=["stream_run_events", "stream_job_events", "export_traces", "build_job_type"]
)
# What is malformed test_contract sends; a chain of refusals would lead nowhere.
schema.config.generation.update(modes=[GenerationMode.POSITIVE])
NOT_MEANT = [
    # Which texts are IDs, and which rows go together, the document can't say.
    positive_data_acceptance,
    # One operation at a time is judged by test_contract.
    negative_data_rejection,
]


def empty(api: Api) -> None:
    """Take everything away: chains that are repeated have to find what they found before."""
    for kind, member in (("spaces", "spaces"), ("ai-integrations", "ai_integrations")):
        while rows := api.get(f"/v2/{kind}?limit=100").body[member]:
            for row in rows:
                assert api.delete(at(f"/v2/{kind}/{{}}", row["id"])).status == 204


@pytest.mark.slow
def test_chains_of_requests_are_answered_as_promised(
    start_server: Callable[..., RunningServer], connect: Callable[..., Api]
) -> None:
    server = start_server(workers=0)
    api = connect(server)
    base: type[APIStateMachine] = schema.as_state_machine()

    class Workflow(base):  # type: ignore[valid-type, misc]
        def setup(self) -> None:
            empty(api)
            self.known = known_ids(api)

        def before_call(self, case: schemathesis.Case[Any]) -> None:
            for part in (case.path_parameters, case.query, case.body):
                point(part, self.known)
            if case.headers is not None:
                # A run that nobody starts would hold the answer for as long as it is told to.
                case.headers.pop("Prefer", None)

        def get_call_kwargs(self, _case: schemathesis.Case[Any]) -> dict[str, Any]:
            return {"base_url": server.url, "timeout": 30}

        def validate_response(self, response: Any, case: Any, *_: Any, **__: Any) -> None:
            seen[case.operation.label, response.status_code] += 1
            case.validate_response(response, excluded_checks=NOT_MEANT)

    seen: Counter[tuple[str, int]] = Counter()
    Workflow.run(
        settings=settings(
            max_examples=CHAINS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )
    assert max(status for _, status in seen) < 500
    reached = {label for label, status in seen if status < 300}
    assert len(reached) >= FEWEST_REACHED, sorted(reached)
