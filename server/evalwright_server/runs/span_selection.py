"""Which spans a run evaluates, by its payload and by chance that repeats itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Self

from evalwright_server.runs.span_ranges import SpanRange

_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class SpanSelection:
    """The spans of a run, newest first.

    Attributes:
        task_id: Whose run it is; the sample is the task's.
        project_id: Whose spans.
        range: Which of them.
        sampling_rate: The part of them that is looked at, from 0 to 1.
        max_spans: How many may pass the filters; None is no limit.
    """

    task_id: int
    project_id: int
    range: SpanRange
    sampling_rate: float
    max_spans: int | None

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        """Read what `services.trigger_rules` wrote."""
        rate = payload["sampling_rate"]
        return cls(
            payload["task_id"],
            payload["project_id"],
            SpanRange.of_payload(payload),
            1.0 if rate is None else rate,
            payload["max_spans"],
        )

    def samples(self, trace_id: str, span_id: str) -> bool:
        """Tell whether a span is in the sample; always the same for a task and a span."""
        return self.sampling_rate >= 1 or _chance(self.task_id, trace_id, span_id) < (
            self.sampling_rate
        )


def _chance(task_id: int, trace_id: str, span_id: str) -> float:
    """Return a number from 0 up to 1 that looks random but is not."""
    digest = blake2b(f"{task_id}:{trace_id}:{span_id}".encode(), digest_size=_BITS // 8).digest()
    return int.from_bytes(digest) / float(2**_BITS)
