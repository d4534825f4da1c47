"""Checks of what operations take and answer."""

import re

from .findings import Findings
from .lint_operations import check_members
from .media import STREAMS, is_json, kind
from .nodes import Node
from .operations import answer_nodes, operation_nodes

_REQUEST_BODY = frozenset({"required", "content", "description"})
_RESPONSE = frozenset({"description", "headers", "content"})
_MEDIA_TYPE = frozenset({"schema", "example", "examples"})
_STATUS = re.compile(r"2[0-9X]X|2[0-9][0-9]|304|[45]XX|[45][0-9][0-9]|default")


def check_bodies(root: Node, findings: Findings) -> None:
    """Check request bodies and answers."""
    for _, method, _, operation in operation_nodes(root):
        if operation["requestBody"]:
            _check_request(operation["requestBody"].followed(), method, findings)
        _check_answers(operation, method, findings)


def _check_request(body: Node, method: str, findings: Findings) -> None:
    check_members(body, _REQUEST_BODY, findings)
    # HTTP gives a body of DELETE no meaning, yet clients we serve send one.
    if method in ("get", "head"):
        findings.add(body, f"{method.upper()} takes no body; HTTP gives it no meaning")
    content = list(body["content"].items())
    if len(content) != 1:
        findings.add(
            body, f"expected exactly one media type, got {[media for media, _ in content]}"
        )
    for media, value in content:
        _check_media_type(media, value, findings)
        if media.startswith(("multipart/", "application/x-www-form-urlencoded")):
            findings.add(value, f"{media} can't be compiled; use JSON or application/octet-stream")
        if kind(media) in STREAMS:
            findings.add(value, f"{media} can only be answered")
        if media == "application/merge-patch+json":
            _check_patch(value["schema"].followed(), findings)


def _check_media_type(media: str, value: Node, findings: Findings) -> None:
    check_members(value, _MEDIA_TYPE, findings)
    typed = is_json(media) or kind(media) in STREAMS
    if typed and value["schema"].component is None:
        findings.add(
            value, f"a body of {media} must be a $ref to a component, which names its class"
        )


def _check_patch(schema: Node, findings: Findings) -> None:
    for key in ("anyOf", "oneOf"):
        for part in schema[key].each():
            _check_patch(part.followed(), findings)
    if schema["required"].value:
        findings.add(schema["required"], "a merge patch has no required members")
    for _, member in schema["properties"].items():
        if "default" in (member.value if isinstance(member.value, dict) else {}):
            findings.add(
                member, "a member of a merge patch has no default: omitted means unchanged"
            )


def _check_answers(operation: Node, method: str, findings: Findings) -> None:
    kinds: set[str] = set()
    for status, response in operation["responses"].items():
        _check_response(status, response.followed(), method, findings)
    for status, media, _ in answer_nodes(operation):
        if status.startswith("2"):
            kinds.add(kind(media))
    if not kinds:
        findings.add(operation, "no answer with a 2xx status is described")
    elif not kinds.isdisjoint(STREAMS) and len(kinds) > 1:
        findings.add(
            operation, f"an operation that streams has no other good answer, but {sorted(kinds)}"
        )


def _check_response(status: str, response: Node, method: str, findings: Findings) -> None:
    check_members(response, _RESPONSE, findings)
    if not _STATUS.fullmatch(status):
        findings.add(
            response, f"answers with {status} can't be compiled; use 2xx, 304, 4xx, 5xx or default"
        )
    content = list(response["content"].items())
    if content and (method == "head" or status in ("204", "304")):
        findings.add(response, f"{status} to {method.upper()} has no body; leave out content")
    for media, value in content:
        _check_media_type(media, value, findings)
        if status[0] in "45d" and not is_json(media):
            findings.add(value, f"an error is JSON, not {media}")
