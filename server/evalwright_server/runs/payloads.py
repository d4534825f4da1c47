"""The payload of a `task_run`, as its source and its handler read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class EvaluatorUse:
    """One evaluator of a task, as it was when the run was triggered.

    Attributes:
        version_id: Which version of it.
        name: The evaluation column it writes.
        config: Its code config, as stored.
        column_mappings: Column per variable, where the names differ.
        query_filters: Filters for the rows that it judges, all of which count.
        grant: Access to its AI integration, in a worker and if it needs one.
        is_fresh: Whether a model is asked again what it has answered before.
    """

    version_id: int
    name: str
    config: Mapping[str, JsonValue]
    column_mappings: Mapping[str, str] | None
    query_filters: tuple[str, ...] = ()
    grant: Mapping[str, JsonValue] | None = field(default=None, repr=False)
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class TaskRunPayload:
    """An evaluation of experiments, or of a project's spans (see `span_selection`).

    Attributes:
        experiment_ids: Whose runs are the rows.
        override: Whether to judge again what has been judged.
        evaluators: Who judges.
        query_filter: Which rows are looked at; None is all.
        unit: What the rows are called in notes.
    """

    experiment_ids: tuple[int, ...]
    override: bool
    evaluators: tuple[EvaluatorUse, ...]
    query_filter: str | None = None
    unit: str = "row"

    @classmethod
    def read(cls, payload: Mapping[str, Any], grants: Mapping[str, Any] | None = None) -> Self:
        """Read what `services.triggers` wrote.

        Args:
            payload: What is stored with the run.
            grants: What came with the claim, in a worker.
        """
        return cls(
            tuple(payload.get("experiment_ids", ())),
            payload["override"],
            tuple(_use(each, grants or {}, payload["override"]) for each in payload["evaluators"]),
            payload.get("query_filter") or None,
            "row" if payload.get("project_id") is None else "span",
        )


def integration_grant(
    grants: Mapping[str, Any], integration: int | None
) -> Mapping[str, JsonValue] | None:
    """Return the access to an AI integration that came with the claim, if it did.

    Args:
        grants: What came with the claim.
        integration: The key of the integration.
    """
    granted: Mapping[str, Mapping[str, JsonValue]] = grants.get("integrations", {})
    return granted.get(str(integration))


def _use(entry: Mapping[str, Any], grants: Mapping[str, Any], is_fresh: bool) -> EvaluatorUse:
    filters = (entry.get("query_filter"), entry["config"].get("query_filter"))
    return EvaluatorUse(
        entry["version_id"],
        entry["name"],
        entry["config"],
        entry["column_mappings"],
        tuple(text for text in filters if text),
        integration_grant(grants, entry.get("integration")),
        is_fresh,
    )
