"""What the source and the handler of evaluations say to each other, as values and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self, cast

from pydantic import JsonValue

from evalwright_server.runs.sources.source import Item


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """A row to be judged.

    Attributes:
        id: The experiment run.
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
        """Read what `to_item` wrote."""
        pending = cast("list[int]", item["pending"])
        columns = cast("dict[str, JsonValue]", item["columns"])
        return cls(cast("int", item["id"]), columns, tuple(pending))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one evaluator said about one row: a result, or an error that says why there is none.

    Attributes:
        row: The experiment run.
        evaluator: Index of the evaluator in the payload.
    """

    row: int
    evaluator: int
    score: float | None = None
    label: str | None = None
    explanation: str | None = None
    error: str | None = None

    def to_item(self) -> Item:
        """Return it as JSON."""
        return asdict(self)

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read what `to_item` wrote."""
        return cls(**item)  # type: ignore[arg-type]
