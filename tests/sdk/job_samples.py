"""What servers say of jobs."""

import hashlib
import json
from typing import Any

from sdk.samples import NOW
from sdk.scripted_server import Reply

JOB = "11111111-2222-4333-8444-555555555555"
PARENT = "99999999-2222-4333-8444-555555555555"
CONTENT = bytes(range(256)) * 40
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def submitted(status: str = "pending", job_id: str = JOB) -> Reply:
    return Reply(json={"job_id": job_id, "status": status})


def slim(status: str = "queued", **members: Any) -> dict[str, Any]:
    return {
        "job_id": JOB,
        "status": status,
        "created_at": NOW,
        "started_at": None,
        "duration_ms": None,
        "queue_position": 1 if status == "queued" else None,
        **members,
    }


def ended(status: str = "succeeded", **members: Any) -> dict[str, Any]:
    """A job with everything that is known at its end."""
    whole = {
        "execution_id": JOB,
        "ended_at": NOW,
        "exit_code": 0,
        "stdout": "hello\n",
        "stderr": "",
        "output": {"answer": 42},
        "error": None,
        "artifacts": [artifact()],
        "resource_usage": {"cpu_time_seconds": 0.5, "memory_peak_mb": 12.5},
    }
    return slim(status, started_at=NOW, duration_ms=12, **{**whole, **members})


def artifact(name: str = "data.bin") -> dict[str, Any]:
    return {
        "name": name,
        "size": len(CONTENT),
        "size_bytes": len(CONTENT),
        "sha256": DIGEST,
        "content_type": None,
    }


def record(execution_id: str = JOB, status: str = "succeeded", **members: Any) -> dict[str, Any]:
    """An execution as listings and results have it."""
    return {
        "execution_id": execution_id,
        "status": status,
        "job_type": "default",
        "job_version": "default@latest",
        "created_at": NOW,
        "started_at": NOW,
        "ended_at": NOW,
        "duration_ms": 12,
        "exit_code": 0,
        "stdout": "hello\n",
        "stderr": "",
        "output": None,
        "error": None,
        "timing": None,
        "runtime": "bubblewrap",
        **members,
    }


def event(number: int, status: str | None = None, text: str | None = None, **members: Any) -> Any:
    return {
        "id": str(number),
        "type": "status" if status else "output",
        "attempt": 1,
        "at": NOW,
        "status": status,
        "stream": None if status else "stdout",
        "text": text,
        **members,
    }


def stream(*events: Any, cut: bool = False) -> Reply:
    """Events as server-sent events; the last one may be cut off."""
    body = "".join(f"event: {e['type']}\nid: {e['id']}\ndata: {json.dumps(e)}\n\n" for e in events)
    return Reply(body=body.encode(), headers={"Content-Type": "text/event-stream"}, cut=cut)


def file(content: bytes, *, start: int | None = None, cut: bool = False) -> Reply:
    """A file, or the rest of it from somewhere on; `cut` hangs up before its end."""
    headers = {"Content-Type": "application/octet-stream", "ETag": f'"{DIGEST}"'}
    if start is not None:
        headers["Content-Range"] = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    return Reply(200 if start is None else 206, body=content, headers=headers, cut=cut)
