"""Which rows of a run are looked at, and by whom: its filters, applied to rows in memory."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from pydantic import JsonValue

from evalwright_server.filters import compile_filter
from evalwright_server.runs.payloads import TaskRunPayload

Columns = Mapping[str, JsonValue]
Predicate = Callable[[Columns], bool]


class Sieve:
    """The filters of one run.

    Args:
        payload: The run's.
    """

    def __init__(self, payload: TaskRunPayload) -> None:
        self._task = _all_of([payload.query_filter] if payload.query_filter else [])
        self._own = [_all_of(use.query_filters) for use in payload.evaluators]

    def passes(self, columns: Columns) -> bool:
        """Tell whether the task's filter lets a row through."""
        return self._task is None or self._task(columns)

    def judges(self, columns: Columns) -> list[int]:
        """Return the indexes of the evaluators that judge a row which passes."""
        return [index for index, own in enumerate(self._own) if own is None or own(columns)]


def _all_of(filters: Iterable[str]) -> Predicate | None:
    predicates = [compiled(text) for text in filters]
    if not predicates:
        return None
    return lambda columns: all(predicate(columns) for predicate in predicates)


@lru_cache(maxsize=256)
def compiled(text: str) -> Predicate:
    """Compile a filter once, not for every page."""
    return compile_filter(text)
