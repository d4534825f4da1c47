"""What tests of audits and red teams share: waiting for the end."""

from typing import Any

from server.client import Api, at


def finish(api: Api, job_id: str) -> dict[str, Any]:
    """Wait for the end of an audit or a red team and return its status."""
    path = at("/v2/security/jobs/{}/status", job_id)
    while True:
        status: dict[str, Any] = api.get(path, Prefer="wait=20").body
        if status["status"] not in {"queued", "running"}:
            assert status["status"] == "completed", status
            return status
