"""Analyses of every kind as they stand in answers: what goes on, how far it is, how it ended.

Clients of this wire add up and format what they are told: numbers are never null.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement

from evalwright_server.runs.records import RunRow
from evalwright_server.runs.states import State
from evalwright_server.services.analysis_records import NOUNS, StoredAnalysis
from evalwright_server.services.errors import FieldError, InvalidRequest, closest
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.runs import runs

STATUSES: Final[Mapping[State, str]] = {
    State.QUEUED: "queued",
    State.RUNNING: "running",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
    State.TIMEOUT: "failed",
    State.OOM: "failed",
    State.CANCELLED: "cancelled",
}
"""The words for states; there are no others: clients stop waiting at words they don't know."""


def status_of(run: RunRow) -> str:
    """Return the word for where an analysis stands."""
    return STATUSES[run.state]


def error_of(run: RunRow) -> str | None:
    """Return why an analysis failed or was cancelled, if it was."""
    if run.state in {State.QUEUED, State.RUNNING, State.SUCCEEDED}:
        return None
    return run.failure_reason or f"it ended as {status_of(run)}"


def with_status(word: str, pointer: str = "query:status") -> ColumnElement[bool]:
    """Return the condition that a run has the status that a word means.

    Raises:
        InvalidRequest: It is no such word.
    """
    states = [state for state, name in STATUSES.items() if name == word.casefold()]
    if not states:
        allowed = tuple(dict.fromkeys(STATUSES.values()))
        message = f"{word!r} is none of {', '.join(allowed)}"
        raise InvalidRequest(
            message, [FieldError(pointer, message, allowed, closest(word, allowed), "enum")]
        )
    return runs.c.state.in_(states)


def view_started(analysis: StoredAnalysis) -> JsonObject:
    """Return the body of a 202: an analysis that goes on, under all the names of its one ID."""
    return {
        "job_id": analysis.uid,
        "run_id": analysis.uid,
        "batch_id": analysis.uid,
        "job_type": analysis.kind,
        "status": status_of(analysis.run),
        "project_id": analysis.project.id,
        "total_items": analysis.total_items,
        "message": "it goes on: ask for its status, and for its result once that is completed",
    }


def view_status(analysis: StoredAnalysis, now: datetime) -> JsonObject:
    """Return how far an analysis has come."""
    run, total = analysis.run, analysis.total_items
    done = min(run.progress.done, total)
    is_done = run.state is State.SUCCEEDED
    return {
        "job_id": analysis.uid,
        "job_type": analysis.kind,
        "status": status_of(run),
        "progress_percent": 100.0 if is_done or not total else round(100 * done / total, 2),
        "current_item": done,
        "total_items": total,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "error": error_of(run),
        "estimated_remaining_seconds": _remaining(run, done, total, now),
    }


def _remaining(run: RunRow, done: int, total: int, now: datetime) -> float:
    if run.state is not State.RUNNING or run.started_at is None or not done:
        return 0.0
    elapsed = (now - run.started_at).total_seconds()
    return round(max(elapsed, 0.0) / done * (total - done), 1)


def view_cancelled(analysis: StoredAnalysis) -> JsonObject:
    """Return what becomes of an analysis that was asked to stop."""
    noun, status = NOUNS[analysis.kind], status_of(analysis.run)
    if analysis.run.state is State.CANCELLED:
        message = f"the {noun} is cancelled; what it has come to stays"
    elif analysis.run.state.is_final:
        message = f"the {noun} had ended already: it is {status}"
    else:
        message = f"the {noun} is being stopped; what it has come to stays"
    return {"job_id": analysis.uid, "status": status, "message": message}
