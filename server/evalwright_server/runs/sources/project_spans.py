"""Rows and results of task runs over the spans of projects.

The units are pairs of a span and an evaluator, settled as those of experiments are. Spans are gone
through from the newest to the oldest. The database says of each whether the filters let it
through; only spans that are to be judged are read as a whole.
"""

from collections.abc import Sequence
from typing import Final

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, func, select

from evalwright_server.runs.payloads import TaskRunPayload
from evalwright_server.runs.records import Beginning, Progress
from evalwright_server.runs.sources.judgements import JudgementTable
from evalwright_server.runs.sources.source import Claimed, Item, Page, Tally
from evalwright_server.runs.sources.span_reading import SpanReading, in_range
from evalwright_server.runs.span_selection import SpanSelection
from evalwright_server.store.tables.projects import projects
from evalwright_server.store.tables.spans import span_evaluations, spans

_COUNT_OWN: Final = select(func.count()).where(span_evaluations.c.run_id == bindparam("of_run"))
_JUDGEMENTS: Final = JudgementTable(spans, span_evaluations, "span_id")


class ProjectSpanSource:
    """Serves workers that evaluate spans; see `Source`."""

    def begin(self, connection: Connection, claimed: Claimed) -> Beginning:
        """Count the pairs in the window, and those that an earlier attempt has settled."""
        payload = TaskRunPayload.read(claimed.payload)
        selection = SpanSelection.read(claimed.payload)
        count = select(func.count()).select_from(spans).where(in_range(selection))
        rows = connection.execute(count).scalar_one()
        before = claimed.run.progress
        done = before.succeeded + before.failed
        # Spans that have been judged and then deleted were considered all the same.
        own = {"of_run": claimed.run.id}
        deleted = done and done - connection.execute(_COUNT_OWN, own).scalar_one()
        progress = Progress(
            total=rows * len(payload.evaluators) + deleted,
            done=done,
            succeeded=before.succeeded,
            failed=before.failed,
        )
        return Beginning(progress, None if rows else _explain_nothing(connection, selection))

    def page(self, connection: Connection, claimed: Claimed, cursor: JsonValue, limit: int) -> Page:
        """Return spans with a pair that isn't settled, newest first."""
        return SpanReading(connection, claimed).page(cursor, limit)

    def store(self, connection: Connection, claimed: Claimed, items: Sequence[Item]) -> Tally:
        """Keep judgements; those about spans that were deleted meanwhile count as skipped."""
        tally, _ = _JUDGEMENTS.store(connection, claimed, items)
        return tally


def _explain_nothing(connection: Connection, selection: SpanSelection) -> str:
    mine = select(projects.c.name).where(projects.c.id == selection.project_id)
    name = connection.scalars(mine).one_or_none()
    if name is None:
        return "0 spans: the project was deleted after the run was triggered"
    window = selection.range
    return (
        f"0 spans: none of project {name!r} began between {window.start.isoformat()} and "
        f"{window.end.isoformat()}"
    )
