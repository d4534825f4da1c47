"""The source of task runs that evaluate: experiments or spans, as the payload says."""

from collections.abc import Sequence
from typing import Final

from pydantic import JsonValue
from sqlalchemy import Connection

from evalwright_server.runs.records import Beginning
from evalwright_server.runs.sources.project_spans import ProjectSpanSource
from evalwright_server.runs.sources.source import Claimed, Item, Page, Source, Tally
from evalwright_server.runs.sources.task_run import TaskRunSource


class EvaluationSource:
    """Serves workers that evaluate, whatever the rows are; see `Source`."""

    def __init__(self) -> None:
        self._experiments: Final = TaskRunSource()
        self._spans: Final = ProjectSpanSource()

    def begin(self, connection: Connection, claimed: Claimed) -> Beginning:
        """Count what there is to do; see `Source`."""
        return self._of(claimed).begin(connection, claimed)

    def page(self, connection: Connection, claimed: Claimed, cursor: JsonValue, limit: int) -> Page:
        """Return some of what is to be done; see `Source`."""
        return self._of(claimed).page(connection, claimed, cursor, limit)

    def store(
        self, connection: Connection, claimed: Claimed, items: Sequence[Item]
    ) -> Tally | None:
        """Keep results; see `Source`."""
        return self._of(claimed).store(connection, claimed, items)

    def _of(self, claimed: Claimed) -> Source:
        return self._experiments if claimed.payload.get("project_id") is None else self._spans
