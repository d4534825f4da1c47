"""What starts analyses."""

from collections.abc import Mapping, Sequence
from typing import Final, TypedDict

from evalwright._fields import build
from evalwright._given import given
from evalwright_api import models

Dataset = Sequence[Mapping[str, object]]
"""Items of a dataset, as mappings."""

JudgeChoice = Mapping[str, object] | models.JudgeInput
"""A model that judges: a mapping such as `{"base_url": ..., "model": ...}`, or a model of the
document. `{"engine": "offline"}` never asks one."""


class Target(TypedDict, total=False):
    """A system under attack that the server can reach: a URL, or a model."""

    target_url: str | None
    """Its address, which takes a POST with JSON."""

    target_prompt: str | None
    """Its system prompt; without a URL, a model is attacked that has it."""

    target_model: str | None
    """The model to attack."""

    target_headers: Mapping[str, str] | None
    """Header fields for it, forgotten with the red team."""

    target_request_template: Mapping[str, object] | str | None
    """The JSON to send, with `{{attack}}` where the attack goes."""

    target_response_key: str | None
    """Where the answer is in the JSON that comes back, such as `choices.0.message.content`."""


AT_ONCE: Final = "respond-async"
"""The preference for an answer before anything is done."""


def evaluation_body(**members: object) -> models.EvaluateDatasetRequest:
    """Put the request for an evaluation of a dataset together.

    Raises:
        InvalidRequest: Naming every member that can't work, with the index of the item.
    """
    return build(models.EvaluateDatasetRequest, given(**members))


def trace_evaluation_body(**members: object) -> models.EvaluateTraceRequest:
    """Put the request for an evaluation of a trace together.

    Raises:
        InvalidRequest: Naming every member that can't work.
    """
    return build(models.EvaluateTraceRequest, given(**members))


def failure_body(**members: object) -> models.AnalyzeFailuresRequest:
    """Put the request for a failure analysis together.

    Raises:
        InvalidRequest: Naming every member that can't work, with the index of the item.
    """
    return build(models.AnalyzeFailuresRequest, given(**members))


def audit_body(**members: object) -> models.AuditDatasetRequest:
    """Put the request for an audit of a dataset together.

    Raises:
        InvalidRequest: Naming every member that can't work, with the index of the item.
    """
    return build(models.AuditDatasetRequest, given(**members))


def trace_audit_body(**members: object) -> models.AuditTraceRequest:
    """Put the request for an audit of a trace together.

    Raises:
        InvalidRequest: Naming every member that can't work.
    """
    return build(models.AuditTraceRequest, given(**members))


def red_team_body(*, attack_vectors: object, **members: object) -> models.StartRedTeamRequest:
    """Put the request for a red team together.

    Raises:
        InvalidRequest: Naming every member that can't work.
    """
    return build(
        models.StartRedTeamRequest,
        given(attack_vector_keys=attack_vectors, **members),
        arguments={"attack_vector_keys": "attack_vectors"},
    )
