"""What a run of a task did, row by row.

A result is found by the run that is written beside it, so one that a later run has replaced belongs
to that run. What a run left alone was written down while it ran.
"""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Subquery,
    Table,
    case,
    literal,
    null,
    select,
    union_all,
)

from evalwright_server.services.pages import Order, PageRequest, fetch
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.task_runs import get_task_run
from evalwright_server.store.ids import Kind, encode
from evalwright_server.store.tables.datasets import dataset_examples
from evalwright_server.store.tables.experiments import evaluations, experiment_runs, experiments
from evalwright_server.store.tables.runs import run_skips, runs
from evalwright_server.store.tables.spans import span_evaluations, spans
from evalwright_server.store.tables.tasks import task_runs, tasks

JUDGED: Final = "judged"
ERROR: Final = "error"
SKIPPED: Final = "skipped"

_NO_NAME: Final = ""
"""Stands for the name of the evaluation where there is none: NULL has no place in an order."""


def list_results(
    conn: Connection, run_id: str, page: PageRequest, outcome: str | None
) -> JsonObject:
    """Return a page of what a run did, in the order of the rows.

    Args:
        conn: The transaction.
        run_id: The run.
        page: Which page.
        outcome: Only results that ended so.
    """
    key = get_task_run(conn, run_id).run.id
    task = conn.execute(
        select(tasks.c.project_id, tasks.c.type, task_runs.c.experiment_id)
        .join(task_runs)
        .where(task_runs.c.run_id == key)
    ).one()
    if task.project_id is not None:
        results = _said(span_evaluations, span_evaluations.c.span_id, key, outcome)
        statement, view = _with_spans(results), _view_span
    else:
        if task.type == "run_experiment":
            results = _filled(task.experiment_id, outcome)
        else:
            results = _said(evaluations, evaluations.c.experiment_run_id, key, outcome)
        statement, view = _with_experiment_runs(results), _view_experiment_run
    order = Order("task_run_results", (results.c.row_key, results.c.name), descending=False)
    found = fetch(conn, statement, order, page)
    return found.envelope("results", [_common(row) | view(row) for row in found.rows])


def _said(table: Table, row: ColumnElement[int], run: int, outcome: str | None) -> Subquery:
    """Return what evaluators said in a run, and what they did not need to say."""
    said = select(
        row.label("row_key"),
        table.c.name,
        _outcome(table.c.error).label("outcome"),
        *(table.c[name] for name in ("score", "label", "explanation", "error", "updated_at")),
    ).where(table.c.run_id == run)
    skipped = (
        select(
            run_skips.c.row_id.label("row_key"),
            run_skips.c.name,
            literal(SKIPPED).label("outcome"),
            *(null().label(name) for name in ("score", "label", "explanation", "error")),
            runs.c.started_at.label("updated_at"),
        )
        .join(runs)
        .where(run_skips.c.run_id == run)
    )
    if outcome == SKIPPED:
        return skipped.subquery()
    if outcome is None:
        return union_all(said, skipped).subquery()
    return said.where(_outcome(table.c.error) == outcome).subquery()


def _filled(experiment: int | None, outcome: str | None) -> Subquery:
    """Return the rows of an experiment that a run has filled."""
    ended = _outcome(experiment_runs.c.error)
    statement = select(
        experiment_runs.c.id.label("row_key"),
        literal(_NO_NAME).label("name"),
        ended.label("outcome"),
        *(null().label(name) for name in ("score", "label", "explanation")),
        experiment_runs.c.error,
        experiment_runs.c.created_at.label("updated_at"),
    ).where(experiment_runs.c.experiment_id == experiment)
    return (statement if outcome is None else statement.where(ended == outcome)).subquery()


def _outcome(error: ColumnElement[str]) -> ColumnElement[str]:
    return case((error.is_(None), JUDGED), else_=ERROR)


def _with_spans(results: Subquery) -> Select[Any]:
    return select(results, spans.c.span_id).join(spans, spans.c.id == results.c.row_key)


def _with_experiment_runs(results: Subquery) -> Select[Any]:
    return (
        select(
            results,
            experiment_runs.c.suffix,
            experiment_runs.c.example_id,
            experiment_runs.c.experiment_id,
            dataset_examples.c.suffix.label("example_suffix"),
            experiments.c.suffix.label("experiment_suffix"),
        )
        .join_from(results, experiment_runs, experiment_runs.c.id == results.c.row_key)
        .join(dataset_examples, dataset_examples.c.id == experiment_runs.c.example_id)
        .join(experiments, experiments.c.id == experiment_runs.c.experiment_id)
    )


def _common(row: Row[Any]) -> JsonObject:
    return {
        "evaluator_name": row.name or None,
        "outcome": row.outcome,
        "score": row.score,
        "label": row.label,
        "explanation": row.explanation,
        "error": row.error,
        "updated_at": row.updated_at,
    }


def _view_span(row: Row[Any]) -> JsonObject:
    return {"row_id": row.span_id, "example_id": None, "experiment_id": None}


def _view_experiment_run(row: Row[Any]) -> JsonObject:
    return {
        "row_id": encode(Kind.EXPERIMENT_RUN, row.row_key, row.suffix),
        "example_id": encode(Kind.DATASET_EXAMPLE, row.example_id, row.example_suffix),
        "experiment_id": encode(Kind.EXPERIMENT, row.experiment_id, row.experiment_suffix),
    }
