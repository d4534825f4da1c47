"""What the source and the handler of evaluations say to each other, as values and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, cast

from pydantic import JsonValue

from evalwright_server.runs.sources.source import Item
from evalwright_server.runs.span_columns import with_attributes


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """A row to be judged.

    Attributes:
        id: The experiment run or the span.
        columns: What evaluators may look at.
        pending: Indexes of the payload's evaluators that have still to judge it.
    """

    id: int
    columns: Mapping[str, JsonValue]
    pending: tuple[int, ...]

    def to_item(self) -> Item:
        """Return it as JSON."""
        return {"id": self.id, "columns": dict(self.columns), "pending": list(self.pending)}

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read what `to_item` wrote; or a span, whose attributes travel once and are seen twice."""
        pending = cast("list[int]", item["pending"])
        columns = cast("dict[str, JsonValue]", item["columns"])
        if "attributes" in item:
            columns = with_attributes(columns, cast("dict[str, JsonValue]", item["attributes"]))
        return cls(cast("int", item["id"]), columns, tuple(pending))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one evaluator said about one row: a result, or an error that says why there is none.

    Attributes:
        row: The experiment run or the span.
        evaluator: Index of the evaluator in the payload.
        prompt_tokens: What a model read for it.
        completion_tokens: What a model wrote for it.
    """

    row: int
    evaluator: int
    score: float | None = None
    label: str | None = None
    explanation: str | None = None
    error: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    def to_item(self) -> Item:
        """Return it as JSON; `asdict` would take ten times as long, for every row."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read what `to_item` wrote."""
        return cls(**item)  # type: ignore[arg-type]
