"""Evaluations for tests of the server."""

import json
from typing import Any

from scripted_models import ScriptedModels, fixed
from server.client import Api, Reply

Json = dict[str, Any]

FLUENT = json.dumps({"reason": "fine", "rating": 5})
"""What a judge says of an answer that reads well."""
KEY = "sk-of-this-request-0123456789"
ITEMS: list[Json] = [
    {"input": "Capital of France?", "output": "Paris", "expected": "Paris"},
    {"input": "Capital of Spain?", "output": "Lisbon", "expected": "Madrid"},
    {"input": "Capital of Italy?", "output": "Rome"},
]


def request(project: str, **members: object) -> Json:
    """Return a request for an evaluation."""
    return {"project_name": project, "dataset": ITEMS, "metrics": ["equals"], **members}


def evaluate(api: Api, project: str, **members: object) -> Json:
    """Evaluate the items and return what that came to."""
    reply = api.post("/v2/evaluate/", request(project, **members))
    assert reply.status == 200, reply.content
    result: Json = reply.body
    return result


def judged_by(models: ScriptedModels) -> Json:
    """Return the members of a request that name a judge."""
    return {
        "metrics": ["fluency"],
        "judge": {"base_url": models.url, "model": "judge-1"},
        "openai_api_key": KEY,
    }


def begin(api: Api, project: str, **members: object) -> str:
    """Begin an evaluation that nobody waits for, and return its ID."""
    headers = {"Prefer": "respond-async"}
    reply = api.post("/v2/evaluate/", request(project, **members), **headers)
    assert reply.status == 202, reply.content
    uid: str = reply.body["job_id"]
    return uid


def status(api: Api, uid: str, prefer: str = "wait=0") -> Json:
    """Return how far an evaluation has come."""
    reply = api.get(f"/v2/evaluate/jobs/{uid}/status", Prefer=prefer)
    assert reply.status == 200, reply.content
    body: Json = reply.body
    return body


def ended(api: Api, uid: str) -> Json:
    """Wait for the end of an evaluation, and return what it came to."""
    assert status(api, uid, "wait=30")["status"] in {"completed", "failed", "cancelled"}
    body: Json = api.get(f"/v2/evaluate/runs/{uid}").body
    return body


def fluent(models: ScriptedModels) -> ScriptedModels:
    """Have models find everything fluent."""
    models.script = fixed(FLUENT)
    return models


def problem(reply: Reply, status: int = 400) -> Json:
    """Return the problem in an answer, in the form that clients of this wire read."""
    assert reply.status == status, reply.content
    body: Json = reply.body
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == status
    return body
