"""What the worker of an analysis is told in confidence: keys that came with it, or stored ones."""

from typing import Final

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, select

from evalwright_server.runs.analysis_payload import AnalysisPayload, JudgeUse, Secrets
from evalwright_server.runs.records import Fence
from evalwright_server.runs.sources.source import Claimed
from evalwright_server.services.model_access import ModelLimits, grant_integrations
from evalwright_server.store.secrets import SecretBox, SecretKeyError
from evalwright_server.store.tables.analyses import analyses

_SEALED: Final = select(analyses.c.sealed).where(analyses.c.run_id == bindparam("of_run"))
_ATTEMPTS: Final = 1_000
_OPENAI, _CUSTOM = "openAI", "custom"


def grant_analysis(
    connection: Connection, claimed: Claimed, box: SecretBox, limits: ModelLimits
) -> dict[str, JsonValue]:
    """Return access to the judge and to the system that is attacked.

    Members are `judge`, as `Integration.from_grant` reads it, `target_url`, `target_headers` and
    `error`, which says why there are none of these.

    Args:
        connection: The transaction of the claim.
        claimed: The analysis.
        box: Opens what is sealed.
        limits: What one worker may do with a model.
    """
    try:
        secrets = _open(connection, claimed.run.id, box)
    except SecretKeyError as error:
        return {"error": str(error)}
    granted: dict[str, JsonValue] = {
        "target_url": secrets.target_url,
        "target_headers": dict(secrets.target_headers),
    }
    judge = AnalysisPayload.read(claimed.payload).judge
    if judge is None:
        return granted
    if judge.integration is None:
        granted["judge"] = _of_request(claimed.fence, judge, secrets, limits)
        return granted
    stored = grant_integrations(connection, [judge.integration], box, limits)
    granted["judge"] = stored[str(judge.integration)]
    return granted


def _open(connection: Connection, run_id: int, box: SecretBox) -> Secrets:
    sealed = connection.execute(_SEALED, {"of_run": run_id}).scalar_one_or_none()
    return Secrets() if sealed is None else Secrets.read(box.open(sealed))


def _of_request(
    fence: Fence, judge: JudgeUse, secrets: Secrets, limits: ModelLimits
) -> dict[str, JsonValue]:
    """Return access with what came with the request."""
    return {
        # No stored integration has a negative number, and each attempt has a client of its own:
        # the end of one that is over must not take it away from the next.
        "id": -(fence.run_id * _ATTEMPTS + fence.attempt),
        "name": "the judge of this request",
        "provider": _OPENAI if judge.base_url is None else _CUSTOM,
        "api_key": secrets.api_key,
        "base_url": judge.base_url,
        "concurrency": limits.concurrency,
        "rate": limits.rate,
        "timeout": limits.timeout,
    }
