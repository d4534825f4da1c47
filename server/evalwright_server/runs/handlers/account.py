"""What came of a run, in words: its end, the reason for it, and what is worth a note.

A run with rows that can't be judged has succeeded: the counters and the rows' errors say which. A
run in which nothing at all could be judged has failed, since its evaluators don't work, unless it
is the rows that lack the columns: then it says so in a note.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from evalwright_server.evaluators.results import EvaluationError, Outcome
from evalwright_server.evaluators.rows import is_column
from evalwright_server.evaluators.template_config import Variables
from evalwright_server.runs.payloads import EvaluatorUse, TaskRunPayload
from evalwright_server.runs.records import Beginning, Finish
from evalwright_server.runs.sources.source import Census
from evalwright_server.runs.states import State

_DISTINCT_ERRORS: Final = 100
_COLUMNS_NAMED: Final = 30
_ERROR_CHARACTERS: Final = 600


class EvaluatorAccount:
    """What one evaluator has done in this attempt."""

    def __init__(self, use: EvaluatorUse, unit: str = "row") -> None:
        self.use: Final = use
        self._unit = unit
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
        variables = Variables.of(self.use.config).names
        columns = {variable: mappings.get(variable, variable) for variable in variables}
        return {
            name: column for name, column in columns.items() if not is_column(column, self._columns)
        }

    def explain_nothing(self) -> str:
        """Say why not a single row was judged."""
        rows = _count(self.failed, self._unit)
        missing = self.missing_columns()
        if missing:
            wanted = ", ".join(
                f"{column!r}" + ("" if name == column else f" (for variable {name!r})")
                for name, column in missing.items()
            )
            have = ", ".join(repr(column) for column in list(self._columns)[:_COLUMNS_NAMED])
            return (
                f"evaluator {self.use.name!r}: mapping {wanted} resolves on none of {rows}; "
                f"available: {have}"
            )
        message = self._errors.most_common(1)[0][0]
        often = "each time" if len(self._errors) == 1 else "most often"
        return (
            f"evaluator {self.use.name!r} could judge none of {rows}; {often}: {shorten(message)}"
        )


def conclude(
    beginning: Beginning,
    payload: TaskRunPayload,
    accounts: Sequence[EvaluatorAccount],
    census: Census,
) -> Finish:
    """Return how a run ended whose rows have all been gone through.

    Args:
        beginning: What this attempt found.
        payload: What the run was to do.
        accounts: What it did then, by evaluator.
        census: What became of the rows, if the source says.
    """
    before = beginning.progress
    fruitless = [each for each in accounts if each.failed and not each.judged]
    judged = before.succeeded + sum(each.judged for each in accounts)
    notes = [] if beginning.note is None else [beginning.note]
    notes += _explain_selection(payload, census)
    notes += [each.explain_nothing() for each in fruitless]
    if fruitless and not judged and not all(each.missing_columns() for each in fruitless):
        return Finish(State.FAILED, failure_reason="; ".join(notes))
    considered = (before.total or 0) - census.excluded
    if considered and before.skipped + census.skipped == considered:
        notes.append(
            f"nothing was evaluated: every {payload.unit} has been before; "
            "set override_evaluations to do it again"
        )
    return Finish(State.SUCCEEDED, note="; ".join(notes) or None)


def _explain_selection(payload: TaskRunPayload, census: Census) -> list[str]:
    """Say what kept rows out: the sample, the limit, or filters that let nothing through."""
    notes = []
    if census.beyond:
        left_out = _count(census.beyond, payload.unit)
        notes.append(f"max_spans reached: {left_out}, the oldest, left out")
    if not census.rows:
        if census.unsampled:
            missed = _count(census.unsampled, payload.unit)
            notes.append(f"0 of {missed} are in the sample that sampling_rate asks for")
        return notes
    if not census.passed:
        shown = shorten(payload.query_filter or "")
        rows = _count(census.rows, payload.unit)
        return [*notes, f"0 of {rows} matched query_filter {shown!r}"]
    passed = _count(census.passed, payload.unit)
    notes += [
        f"0 of {passed} matched the query_filter of evaluator {use.name!r}: "
        + " AND ".join(repr(shorten(text)) for text in use.query_filters)
        for use, matched in zip(payload.evaluators, census.matched, strict=True)
        if not matched
    ]
    return notes


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def shorten(message: str) -> str:
    """Return the beginning of a message, as much as a run's row should hold."""
    return message if len(message) <= _ERROR_CHARACTERS else f"{message[:_ERROR_CHARACTERS]}…"
