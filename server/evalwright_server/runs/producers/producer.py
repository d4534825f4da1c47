"""The seam between running an experiment and producing outputs."""

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from evalwright_server.models import Usage
from evalwright_server.runs.experiment_payload import Production


class Producer(Protocol):
    """Answers examples.

    Attributes:
        at_once: How many it makes sense to answer at a time.
    """

    at_once: int

    async def produce(self, columns: Mapping[str, JsonValue]) -> Production:
        """Return what comes of an example.

        Args:
            columns: The example's columns.

        Raises:
            IntegrationUnusable: The model can't be reached, whatever is asked.
        """
        ...


def measures(usage: Usage | None, seconds: float) -> dict[str, JsonValue]:
    """Return the columns that say what an answer took."""
    known = usage or Usage()
    tokens = {
        "prompt_tokens": known.prompt_tokens,
        "completion_tokens": known.completion_tokens,
        "total_tokens": known.total_tokens,
    }
    counted: dict[str, JsonValue] = {name: n for name, n in tokens.items() if n is not None}
    return {"latency_ms": round(seconds * 1000, 3), **counted}
