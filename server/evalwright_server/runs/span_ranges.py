"""Which of a project's spans a run is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from pydantic import JsonValue
from sqlalchemy import Connection, func, select

from evalwright_server.store.tables.spans import spans

_STEP: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SpanRange:
    """A window of time, and the spans in it that were known at some moment.

    Attributes:
        start: When the first span may begin.
        end: Before when the last one must.
        after: Only spans with a greater number.
        newest: No span with a greater number: what comes in later is left to later runs.
    """

    start: datetime
    end: datetime
    after: int
    newest: int

    def members(self) -> dict[str, JsonValue]:
        """Return it as members of a run's payload."""
        return {
            "data_start_time": self.start.isoformat(),
            "data_end_time": self.end.isoformat(),
            "after_span": self.after,
            "newest_span": self.newest,
        }

    @classmethod
    def of_payload(cls, payload: Mapping[str, Any]) -> Self:
        """Read what `members` wrote."""
        return cls(
            datetime.fromisoformat(payload["data_start_time"]),
            datetime.fromisoformat(payload["data_end_time"]),
            payload["after_span"],
            payload["newest_span"],
        )

    def extended(self, other: "SpanRange") -> "SpanRange":
        """Return the range that goes on with the spans that came in next."""
        return SpanRange(
            min(self.start, other.start), max(self.end, other.end), self.after, other.newest
        )


def newest_span(conn: Connection, project: int) -> int:
    """Return the greatest number of the project's spans, 0 if it has none."""
    newest = select(func.max(spans.c.id)).where(spans.c.project_id == project)
    return conn.execute(newest).scalar_one() or 0


def spans_since(conn: Connection, project: int, after: int) -> SpanRange | None:
    """Return the range of the project's spans that came in after one, or None if none did."""
    statement = select(
        func.min(spans.c.start_time), func.max(spans.c.start_time), func.max(spans.c.id)
    ).where(spans.c.project_id == project, spans.c.id > after)
    first, last, newest = conn.execute(statement).one()
    return None if newest is None else SpanRange(first, last + _STEP, after, newest)
