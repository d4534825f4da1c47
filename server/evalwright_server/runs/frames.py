"""The stream between a worker process and the server: one JSON object per line.

    worker ─▶ server   credit      count, queue
                       withdraw
                       request     id, method, fence, arguments
    server ─▶ worker   assignment  fence, kind, payload, deadline_in, grants, queue
                       cancellation, loss   fence
                       drain       grace_seconds
                       reply       id, value
                       refusal     id, reason, message

Methods are those of `WorkerPort`. A fence is `[run, attempt]`. When either side closes, the other
one stops.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from evalwright_server.runs.port import Cancellation, Drain, Loss, Push
from evalwright_server.runs.records import Assignment, Fence

Frame: TypeAlias = dict[str, Any]

LINE_LIMIT: Final = 256 * 1024 * 1024
"""Bytes in the longest line that is accepted: far more than a page of rows ever needs."""

LEASE_LOST: Final = "lease_lost"
UNAVAILABLE: Final = "unavailable"
INTERNAL: Final = "internal"


def encode(frame: Mapping[str, object]) -> bytes:
    """Return a frame as a line. ASCII only, so no text can break it."""
    return json.dumps(frame, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Frame:
    """Read a line.

    Raises:
        ValueError: It isn't a frame.
    """
    frame = json.loads(line)
    if not isinstance(frame, dict) or "type" not in frame:
        raise ValueError("expected a JSON object with a member 'type'")
    return frame


def fence_of(frame: Frame) -> Fence:
    """Return the attempt a frame is about."""
    run_id, attempt = frame["fence"]
    return Fence(run_id, attempt)


def pack(fence: Fence) -> list[int]:
    """Return a fence as it stands in frames."""
    return [fence.run_id, fence.attempt]


def push_to_frame(push: Push) -> Frame:
    """Return what the server tells a worker as a frame."""
    match push:
        case Assignment(fence, kind, payload, deadline_in, grants, queue):
            return {
                "type": "assignment",
                "fence": pack(fence),
                "kind": kind,
                "payload": payload,
                "deadline_in": deadline_in,
                "grants": grants,
                "queue": queue,
            }
        case Cancellation(fence):
            return {"type": "cancellation", "fence": pack(fence)}
        case Loss(fence):
            return {"type": "loss", "fence": pack(fence)}
        case Drain(grace_seconds):
            return {"type": "drain", "grace_seconds": grace_seconds}


def push_from_frame(frame: Frame) -> Push:
    """Read what `push_to_frame` wrote.

    Raises:
        ValueError: It is no such frame.
    """
    match frame["type"]:
        case "assignment":
            return Assignment(
                fence_of(frame),
                frame["kind"],
                frame["payload"],
                frame["deadline_in"],
                frame["grants"],
                frame["queue"],
            )
        case "cancellation":
            return Cancellation(fence_of(frame))
        case "loss":
            return Loss(fence_of(frame))
        case "drain":
            return Drain(frame["grace_seconds"])
        case other:
            raise ValueError(f"the server sent a frame of unknown type {other!r}")
