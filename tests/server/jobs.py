"""Jobs for tests of the server."""

import hashlib
import json
from typing import Any

from server.client import Api, Reply

Json = dict[str, Any]
PRINT = "print('hello')\n"


def submit(api: Api, code: str = PRINT, **members: object) -> str:
    """Submit a job and return its ID."""
    reply = api.post("/execute/async", {"code": code, **members})
    assert reply.status == 200, reply.content
    job_id: str = reply.body["job_id"]
    return job_id


def result(api: Api, job_id: str, seconds: int = 25, view: str = "full") -> Json:
    """Wait for a job's end and return its record."""
    reply = api.get(f"/jobs/{job_id}/result?timeout={seconds}&view={view}")
    assert reply.status == 200, reply.content
    record: Json = reply.body
    return record


def run(api: Api, code: str, **members: object) -> Json:
    """Run a job to its end and return its record."""
    return result(api, submit(api, code, **members))


def details(api: Api, job_id: str) -> Json:
    """Return everything that is known about a job."""
    body: Json = api.get(f"/jobs/{job_id}?view=full").body
    return body


def code_hash(code: str) -> str:
    """Return the hash of a program."""
    return hashlib.sha256(code.encode()).hexdigest()


def input_hash(data: object) -> str:
    """Return the hash of an input, as the wire describes it."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def wrong(reply: Reply) -> dict[str, str]:
    """Return the kinds of mistakes in a refused body or query by place, such as `body.code`."""
    assert reply.status == 422, reply.content
    return {".".join(map(str, each["loc"])): each["type"] for each in reply.body["detail"]}
