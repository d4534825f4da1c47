"""Evaluators as callers write them."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from evalwright._errors.invalid import FieldError
from evalwright._fields import refuse, shown

Entry = dict[str, object]
"""An evaluator with its members; `evaluator_id` may still be a name."""

_EXPECTED = "a name, an ID, a mapping with evaluator_id, or a TaskEvaluatorInput"


def read_evaluators(evaluators: object) -> tuple[list[Entry], list[FieldError]]:
    """Bring evaluators into one form and say which ones can't be.

    Args:
        evaluators: A sequence of names, IDs, mappings and models, in any mixture.
    """
    if isinstance(evaluators, str | bytes | Mapping) or not isinstance(evaluators, Sequence):
        return [], [FieldError("evaluators", "is no list", shown(evaluators), "at least one entry")]
    if not evaluators:
        return [], [FieldError("evaluators", "needs at least one entry")]
    entries: list[Entry] = []
    errors: list[FieldError] = []
    for position, given in enumerate(evaluators):
        entry = _read(given)
        if entry is None or not _named(entry):
            errors.append(
                FieldError(f"evaluators[{position}]", "is unusable", shown(given), _EXPECTED)
            )
        else:
            entries.append(entry)
    return entries, [*errors, *_repeated([str(entry["evaluator_id"]) for entry in entries])]


def check_distinct(ids: Sequence[str]) -> None:
    """Refuse a list in which an evaluator stands twice, once by name and once by ID perhaps.

    Raises:
        InvalidRequest: Naming each one that is repeated.
    """
    refuse(_repeated(ids))


def _read(given: object) -> Entry | None:
    if isinstance(given, str):
        return {"evaluator_id": given}
    if isinstance(given, BaseModel):
        # Also a TaskEvaluator as read from a task: nulls and its name are the server's business.
        members = given.model_dump(mode="json", exclude={"evaluator_name"})
        return {name: value for name, value in members.items() if value is not None}
    if isinstance(given, Mapping):
        return {str(name): value for name, value in given.items()}
    return None


def _named(entry: Entry) -> bool:
    return isinstance(entry.get("evaluator_id"), str) and bool(entry["evaluator_id"])


def _repeated(ids: Sequence[str]) -> list[FieldError]:
    return [
        FieldError("evaluators", f"names {evaluator!r} {count} times; once is enough")
        for evaluator, count in Counter(ids).items()
        if count > 1
    ]
