"""The payload of a `run_experiment`, and what its source and its handler say to each other."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self, cast

from pydantic import JsonValue

from evalwright_server.runs.sources.source import Item


@dataclass(frozen=True, slots=True)
class ExperimentPayload:
    """An experiment to fill.

    Attributes:
        experiment_id: The experiment.
        dataset_version_id: Whose examples.
        last_example_id: The last of them in the order of the dataset; those behind came later.
        example_ids: Only these, if they were chosen one by one; in order.
        configuration: How outputs are produced: a RunConfiguration of the document.
        model: The model, whether the configuration names it or not.
        integration: The key of its AI integration.
        tracing_metadata: What is stored with each row, if anything.
        evaluation_task_ids: Keys of tasks to run over the experiment when it is filled.
        query_filter: Only examples for which this is true.
        max_examples: How many of those; without a filter `last_example_id` says it.
    """

    experiment_id: int
    dataset_version_id: int
    last_example_id: int
    example_ids: tuple[int, ...] | None
    configuration: Mapping[str, JsonValue]
    model: str
    integration: int
    tracing_metadata: Mapping[str, str] | None = None
    evaluation_task_ids: tuple[int, ...] = ()
    query_filter: str | None = None
    max_examples: int | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as it is stored, with what `hooks` look for."""
        chosen = None if self.example_ids is None else list(self.example_ids)
        return asdict(self) | {
            "example_ids": chosen,
            "evaluation_task_ids": list(self.evaluation_task_ids),
            "integrations": [self.integration],
        }

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        members = {name: payload[name] for name in cls.__dataclass_fields__}
        chosen = members["example_ids"]
        members["example_ids"] = None if chosen is None else tuple(chosen)
        members["evaluation_task_ids"] = tuple(members["evaluation_task_ids"])
        return cls(**members)


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """An example to be answered."""

    id: int
    columns: Mapping[str, JsonValue]

    def to_item(self) -> Item:
        """Return it as JSON."""
        return {"id": self.id, "columns": dict(self.columns)}

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read what `to_item` wrote."""
        return cls(cast("int", item["id"]), cast("dict[str, JsonValue]", item["columns"]))


@dataclass(frozen=True, slots=True)
class Production:
    """What came of an example: an output, or an error that says why there is none.

    Attributes:
        output: The output.
        error: Why there is none.
        columns: Further columns of the row.
    """

    output: str | None
    error: str | None = None
    columns: Mapping[str, JsonValue] = field(default_factory=dict)

    def to_item(self, example: int) -> Item:
        """Return it as JSON, with the key of its example."""
        return {"example": example, **asdict(self)}
