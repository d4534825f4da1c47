"""The payload of a `task_run`, as its source and its handler read it."""

from collections.abc import Mapping
from dataclasses import dataclass
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
    """

    version_id: int
    name: str
    config: Mapping[str, JsonValue]
    column_mappings: Mapping[str, str] | None
    query_filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskRunPayload:
    """An evaluation of experiments.

    Attributes:
        experiment_ids: Whose runs are the rows.
        override: Whether to judge again what has been judged.
        evaluators: Who judges.
        query_filter: Which rows are looked at; None is all.
    """

    experiment_ids: tuple[int, ...]
    override: bool
    evaluators: tuple[EvaluatorUse, ...]
    query_filter: str | None = None

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        """Read what `services.triggers` wrote."""
        return cls(
            tuple(payload.get("experiment_ids", ())),
            payload["override"],
            tuple(_use(each) for each in payload["evaluators"]),
            payload.get("query_filter") or None,
        )


def _use(entry: Mapping[str, Any]) -> EvaluatorUse:
    filters = (entry.get("query_filter"), entry["config"].get("query_filter"))
    return EvaluatorUse(
        entry["version_id"],
        entry["name"],
        entry["config"],
        entry["column_mappings"],
        tuple(text for text in filters if text),
    )
