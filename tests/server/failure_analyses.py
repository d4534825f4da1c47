"""Failure analyses for tests of the server."""

from typing import Any

from server.client import Api, Reply, at

Json = dict[str, Any]

FAMILY = "/v2/failure-analysis"
CONTEXT = ["The bridge was built in 1937."]
ITEMS: list[Json] = [
    {"input": "When was the bridge built?", "output": "It was built in 1967.", "context": CONTEXT},
    {"input": "Name a colour.", "output": ""},
    {"input": "What is 2 + 2?", "output": "4"},
]
"""A wrong number, an empty answer, and one that is fine."""
PLAIN: Json = {"run_eval": False, "run_security": False}
"""Members of a request that leaves out everything that takes time."""


def analyse(api: Api, project: str, **members: object) -> Json:
    """Analyse the items and return what that came to."""
    request = {"project_name": project, "dataset": ITEMS, **PLAIN, **members}
    reply = api.post(f"{FAMILY}/analyze", request)
    assert reply.status in {200, 202}, reply.content
    result: Json = reply.body
    if reply.status == 202:
        # The first one that embeds texts has to load what that takes, on a machine that is busy.
        ended(api, result["run_id"])
        result = fetch(api, f"/runs/{result['run_id']}")
    return result


def begin(api: Api, project: str, **members: object) -> str:
    """Begin an analysis that nobody waits for, and return its ID."""
    request = {"project_name": project, "dataset": ITEMS, **PLAIN, **members}
    reply = api.post(f"{FAMILY}/analyze", request, Prefer="respond-async")
    assert reply.status == 202, reply.content
    uid: str = reply.body["job_id"]
    return uid


def ended(api: Api, uid: str) -> Json:
    """Wait for the end of an analysis, and return its status."""
    for _ in range(6):
        reply = api.get(at(f"{FAMILY}/runs/{{}}/status", uid), Prefer="wait=25")
        body: Json = reply.body
        if body["status"] in {"completed", "failed", "cancelled"}:
            return body
    raise AssertionError(f"it did not end: {body}")


def fetch(api: Api, path: str) -> Any:
    """Return what is answered under a path of the family."""
    reply = api.get(FAMILY + path)
    assert reply.status == 200, reply.content
    return reply.body


def problem(reply: Reply, status: int = 400) -> Json:
    """Return the problem in an answer, in the form that clients of this wire read."""
    assert reply.status == status, reply.content
    assert reply.headers["Content-Type"] == "application/problem+json"
    body: Json = reply.body
    assert isinstance(body["detail"], str)
    return body


def decisions(tags: list[Json]) -> dict[tuple[int, str], str]:
    """Return what tags say of each item and kind of failure."""
    return {(tag["item_index"], tag["subcategory_id"]): tag["decision"] for tag in tags}
