"""What came of a run, in words: its end, the reason for it, and what is worth a note.

A run with rows that can't be judged has succeeded: the counters and the rows' errors say which. A
run in which nothing at all could be judged has failed, since its evaluators don't work, unless it
is the rows that lack the columns: then it says so in a note.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, cast

from pydantic import JsonValue

from evalwright_server.evaluators.results import EvaluationError, Outcome
from evalwright_server.runs.payloads import EvaluatorUse
from evalwright_server.runs.records import Beginning, Finish
from evalwright_server.runs.states import State

_DISTINCT_ERRORS: Final = 100
_COLUMNS_NAMED: Final = 30
_ERROR_CHARACTERS: Final = 600


class EvaluatorAccount:
    """What one evaluator has done in this attempt."""

    def __init__(self, use: EvaluatorUse) -> None:
        self.use: Final = use
        self.judged = 0
        self.failed = 0
        self._errors: Counter[str] = Counter()
        self._columns: dict[str, None] = {}

    def add(self, row: Mapping[str, JsonValue], outcome: Outcome) -> None:
        """Count what became of a row."""
        self._columns.update(dict.fromkeys(row))
        if not isinstance(outcome, EvaluationError):
            self.judged += 1
            return
        self.failed += 1
        # Messages may name what is in the row, and be as many as there are rows.
        if outcome.message in self._errors or len(self._errors) < _DISTINCT_ERRORS:
            self._errors[outcome.message] += 1

    def missing_columns(self) -> dict[str, str]:
        """Return the variables whose columns were in no row at all, with the columns."""
        mappings = self.use.column_mappings or {}
        variables = cast("Iterable[str]", self.use.config.get("variables") or ())
        columns = {variable: mappings.get(variable, variable) for variable in variables}
        return {name: column for name, column in columns.items() if column not in self._columns}

    def explain_nothing(self) -> str:
        """Say why not a single row was judged."""
        rows = f"{self.failed} row{'s' if self.failed != 1 else ''}"
        missing = self.missing_columns()
        if missing:
            wanted = ", ".join(
                f"{column!r}" + ("" if name == column else f" (for variable {name!r})")
                for name, column in missing.items()
            )
            have = ", ".join(repr(column) for column in list(self._columns)[:_COLUMNS_NAMED])
            return (
                f"evaluator {self.use.name!r} finds column {wanted} in none of {rows}; "
                f"available columns: {have}"
            )
        message = self._errors.most_common(1)[0][0]
        often = "each time" if len(self._errors) == 1 else "most often"
        return (
            f"evaluator {self.use.name!r} could judge none of {rows}; {often}: {_shorten(message)}"
        )


def conclude(beginning: Beginning, accounts: Iterable[EvaluatorAccount]) -> Finish:
    """Return how a run ended whose rows have all been gone through.

    Args:
        beginning: What this attempt found.
        accounts: What it did then, by evaluator.
    """
    before = beginning.progress
    fruitless = [each for each in accounts if each.failed and not each.judged]
    judged = before.succeeded + sum(each.judged for each in accounts)
    notes = [] if beginning.note is None else [beginning.note]
    notes += [each.explain_nothing() for each in fruitless]
    if fruitless and not judged and not all(each.missing_columns() for each in fruitless):
        return Finish(State.FAILED, failure_reason="; ".join(notes))
    if before.total and before.skipped == before.total:
        notes.append(
            "nothing was evaluated: every row has been before; "
            "set override_evaluations to do it again"
        )
    return Finish(State.SUCCEEDED, note="; ".join(notes) or None)


def _shorten(message: str) -> str:
    return message if len(message) <= _ERROR_CHARACTERS else f"{message[:_ERROR_CHARACTERS]}…"
