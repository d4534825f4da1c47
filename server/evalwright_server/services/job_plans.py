"""From a request to a job that can be run: everything about it that needs no database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from pydantic import JsonValue

from evalwright_server.job_types import JobType
from evalwright_server.runs.job_payload import JobPayload
from evalwright_server.services.job_rules import (
    JobRules,
    Objections,
    cap_limits,
    check_timeout,
    choose_type,
    merge_requirements,
    narrow_limits,
)
from evalwright_server.services.requests import (
    RerunJobRequest,
    SubmitJobRequest,
    WebhookInput,
)
from evalwright_server.services.webhooks import check_webhook

DEFAULT_TYPE: Final = "default"
MOST_INPUT_CHARACTERS: Final = 1_048_576
"""The largest input, as ASCII JSON."""

_LATEST: Final = "latest"
_MOST_GROWTH: Final = 4
"""How many characters of ASCII JSON a byte of canonical JSON may become."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a job, as it is compared.

    Attributes:
        code_hash: SHA-256 of the code.
        code_bytes: Its size.
        input_hash: SHA-256 of the input as canonical JSON.
        input_bytes: Its size.
    """

    code_hash: str
    code_bytes: int
    input_hash: str
    input_bytes: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a job comes from.

    Attributes:
        parent: Public ID of the job it was made from.
        relationship: `rerun` or `fork`.
    """

    parent: str
    relationship: str


@dataclass(frozen=True, slots=True)
class JobPlan:
    """A job that can be run.

    Attributes:
        payload: What its worker gets.
        contents: What goes into it.
        lineage: Where it comes from, if from another job.
        webhook: Whom to tell of its end.
    """

    payload: JobPayload
    contents: Contents
    lineage: Lineage | None = None
    webhook: WebhookInput | None = None


def plan_submission(body: SubmitJobRequest, rules: JobRules) -> JobPlan:
    """Return the job that a request asks for.

    Raises:
        ServiceError: With everything that speaks against it.
    """
    objections = Objections()
    reference = body.get("job_type", DEFAULT_TYPE)
    job_type = choose_type(rules, reference, objections)
    contents = _measure(body["code"], body.get("input_data", {}), objections)
    if "webhook" in body:
        private = rules.allow_private_webhooks
        check_webhook(body["webhook"], objections.findings, allow_private=private)
    # The rest is judged by some type, so that everything wrong is told at once.
    payload = _payload(body, job_type or JobType(name=DEFAULT_TYPE), reference, rules, objections)
    objections.raise_if_any()
    return JobPlan(payload, contents, webhook=body.get("webhook"))


def _payload(
    body: SubmitJobRequest,
    job_type: JobType,
    reference: str,
    rules: JobRules,
    objections: Objections,
) -> JobPayload:
    timeout = body.get("timeout", job_type.timeout)
    check_timeout(timeout, job_type, objections)
    return _settle(
        JobPayload(
            code=body["code"],
            input_data=body.get("input_data", {}),
            timeout=timeout,
            startup_timeout=body.get("startup_timeout", job_type.startup_timeout),
            requirements=merge_requirements(
                rules, job_type, body.get("requirements", ()), objections
            ),
            limits=narrow_limits(job_type, body.get("limits", {}), objections),
        ),
        job_type,
        reference,
    )


def _settle(payload: JobPayload, job_type: JobType, reference: str) -> JobPayload:
    """Return a payload with what its job type alone decides."""
    return replace(
        payload,
        job_type=job_type.name,
        job_version=reference if "@" in reference else f"{reference}@{_LATEST}",
        environment=job_type.environment,
        template=job_type.template,
        preload=job_type.preload,
        network=tuple(job_type.network) or None,
    )


def plan_derived(
    parent: JobPayload,
    lineage: Lineage,
    changes: RerunJobRequest,
    rules: JobRules,
    code: str | None = None,
) -> JobPlan:
    """Return a job made from another one, which hands down all that the request does not change.

    What its job type alone decides is as it is now: an operator may have closed an address since.

    Args:
        parent: What the other job got.
        lineage: Which one that is.
        changes: What is to be different.
        rules: What jobs may do.
        code: The new code; None for the parent's.

    Raises:
        ServiceError: With everything that speaks against it.
    """
    objections = Objections()
    reference = changes.get("job_type", parent.job_version)
    job_type = choose_type(rules, reference, objections)
    if job_type is None:
        raise objections.error()
    payload = replace(
        parent,
        code=parent.code if code is None else code,
        timeout=changes.get("timeout", parent.timeout),
        requirements=_inherit_requirements(parent, job_type, rules, objections),
        limits=cap_limits(parent.limits, job_type),
    )
    check_timeout(payload.timeout, job_type, objections)
    contents = _measure(payload.code, parent.input_data, objections)
    objections.raise_if_any()
    return JobPlan(_settle(payload, job_type, reference), contents, lineage)


def _inherit_requirements(
    parent: JobPayload, job_type: JobType, rules: JobRules, objections: Objections
) -> tuple[str, ...]:
    if job_type.name == parent.job_type:
        return parent.requirements
    former = choose_type(rules, parent.job_type, Objections())
    of_type = frozenset(former.requirements if former else ())
    own = [each for each in parent.requirements if each not in of_type]
    return merge_requirements(rules, job_type, own, objections)


def _measure(code: str, input_data: Mapping[str, JsonValue], objections: Objections) -> Contents:
    source = code.encode()
    canonical = canonical_json(input_data)
    if len(canonical) * _MOST_GROWTH > MOST_INPUT_CHARACTERS:
        size = len(json.dumps(input_data))
        if size > MOST_INPUT_CHARACTERS:
            message = (
                f"has {size:,} characters as JSON; at most {MOST_INPUT_CHARACTERS:,} are taken"
            )
            objections.findings.add("/input_data", message)
    return Contents(
        sha256(source).hexdigest(),
        len(source),
        sha256(canonical).hexdigest(),
        len(canonical),
    )


def canonical_json(value: object) -> bytes:
    """Return a value as JSON in the one form that hashes are made of."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def fingerprint(body: SubmitJobRequest, contents: Contents) -> bytes:
    """Return what two submissions with one idempotency key must have in common.

    Limits and webhooks count where there are some: other servers know nothing of them.
    """
    compared: dict[str, Any] = {
        "code_hash": contents.code_hash,
        "input_hash": contents.input_hash,
        "job_type": body.get("job_type", DEFAULT_TYPE),
        "timeout": body.get("timeout"),
        "startup_timeout": body.get("startup_timeout"),
        "requirements": body.get("requirements", []),
    }
    own = {name: body.get(name) for name in ("limits", "webhook") if body.get(name)}
    return sha256(canonical_json({**compared, **own})).digest()
