"""Requests for analyses, judged by the document and by the rules of their kind at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final, cast

import orjson

from evalwright_server.services.errors import FieldError, Findings, closest
from evalwright_server.services.requests import JsonObject
from evalwright_server.web.call import Call
from evalwright_server.web.judge import component
from evalwright_server.web.problems import Problem

Rule = Callable[[Mapping[str, Any], Findings], None]
"""Notes what is wrong with a body, whatever its form."""

ANALYSIS_OPERATIONS: Final = frozenset(
    {
        "evaluate_dataset",
        "evaluate_trace",
        "analyze_failures",
        "audit_dataset",
        "audit_trace",
        "start_red_team",
    }
)
"""Operations whose bodies `judged_body` judges."""

_ITEM: Final = re.compile(r"/dataset/([0-9]+)(?:/(.*))?", re.DOTALL)
_SECRETS: Final = frozenset({"openai_api_key", "target_headers"})


def judged_body(call: Call, schema: str, *rules: Rule) -> JsonObject:
    """Return the body of a request, judged by a schema and by rules besides.

    Args:
        call: The request.
        schema: Name of a component.
        rules: What else is to be right with it.

    Raises:
        DatasetTooLarge: It has more items than one analysis takes; they are not looked at.
        Problem: 400 with everything that is wrong.
    """
    dataset = call.body.get("dataset") if isinstance(call.body, dict) else None
    if isinstance(dataset, list):
        call.context.analyses.check_size(len(dataset))
    body, errors = call.judge.check(component(schema), call.body)
    findings = Findings()
    if isinstance(body, dict):
        for rule in rules:
            rule(body, findings)
    found = [*(_explain_item(each, dataset) for each in errors)]
    if findings:
        found += findings.error().errors
    if found:
        raise Problem.invalid(found)
    return cast("JsonObject", body)


def _explain_item(error: FieldError, dataset: object) -> FieldError:
    """Say which item is wrong, and what stands in it where something else should."""
    found = _ITEM.fullmatch(error.pointer)
    if found is None:
        return error
    number, member = int(found[1]), found[2]
    item = dataset[number] if isinstance(dataset, Sequence) and number < len(dataset) else None
    if error.kind == "missing" and isinstance(item, dict):
        there = ", ".join(list(item)[:20]) or "no members"
        message = f"item {number} has no {member!r}; it has {there}"
        return replace(error, message=message, nearest=closest(member, item))
    return replace(error, message=f"item {number}: {error.message}")


def idempotency_of(call: Call) -> tuple[str, bytes] | None:
    """Return the idempotency key of a request with the digest of its body, if it has one.

    Keys that were sent with it don't count: they may be renewed between two attempts.
    """
    key = call.values.get("Idempotency-Key")
    if key is None:
        return None
    content = {name: value for name, value in call.body.items() if name not in _SECRETS}
    asked = [call.operation.id, content]
    return key, sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).digest()
