"""Going through the spans of a run: which are looked at, which pass, and what is left to judge."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

from pydantic import JsonValue
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)

from evalwright_server.filters.database import SqlFilter, to_sql
from evalwright_server.runs.payloads import TaskRunPayload
from evalwright_server.runs.sifting import Sieve
from evalwright_server.runs.sources.source import Census, Claimed, Item, Page
from evalwright_server.runs.span_columns import SpanColumns, own_columns
from evalwright_server.runs.span_rows import columns_of, what_was_said
from evalwright_server.runs.span_selection import SpanSelection
from evalwright_server.store.tables.spans import span_evaluations, spans

_KEY: Final = (spans.c.start_time, spans.c.id)
_ROWS: Final = select(spans).where(spans.c.id.in_(bindparam("row_ids", expanding=True)))
_SETTLED: Final = select(
    span_evaluations.c.span_id, span_evaluations.c.name, span_evaluations.c.run_id
).where(
    span_evaluations.c.span_id.in_(bindparam("row_ids", expanding=True)),
    span_evaluations.c.name.in_(bindparam("names", expanding=True)),
    or_(
        span_evaluations.c.run_id == bindparam("run_id"),
        and_(bindparam("override") == false(), span_evaluations.c.error.is_(None)),
    ),
)
_MOST_LOOKED_AT: Final = 5_000
"""Spans that one page looks at, so that progress is seen where filters take most of them out."""
_MOST_FETCHED: Final = 1_000
_GROWTH: Final = 4

_Settled = Mapping[tuple[int, str], bool]


def in_range(selection: SpanSelection) -> ColumnElement[bool]:
    """Return the condition for the spans in a run's window."""
    window = selection.range
    return and_(
        spans.c.project_id == selection.project_id,
        spans.c.start_time >= window.start,
        spans.c.start_time < window.end,
        spans.c.id > window.after,
        spans.c.id <= window.newest,
    )


class SpanReading:
    """Reads spans until a page is full or enough of them have been looked at."""

    def __init__(self, connection: Connection, claimed: Claimed) -> None:
        self._connection = connection
        self._run_id = claimed.run.id
        self._payload = TaskRunPayload.read(claimed.payload)
        self._selection = SpanSelection.read(claimed.payload)
        self._filters = _Filters(self._payload)
        self._chosen: dict[int, list[int]] = {}
        self._last: tuple[datetime, int] | None = None
        self._left = self._selection.max_spans
        self._skips: list[tuple[int, str]] = []
        self._rows = self._passed = self._unsampled = self._beyond = 0
        self._matched = [0] * len(self._payload.evaluators)

    def page(self, cursor: JsonValue, limit: int) -> Page:
        """Return a page; a cursor is where the last one ended and how many spans may follow."""
        key: tuple[datetime, int] | None = None
        if cursor is not None:
            start, number, self._left = cast("tuple[str, int, int | None]", cursor)
            key = (datetime.fromisoformat(start), number)
        wanted = limit
        while self._left != 0:
            rows = self._fetch(key, wanted)
            self._look_at_all(rows, limit)
            key = self._last or key
            if len(self._chosen) == limit or self._left == 0:
                break
            if len(rows) < wanted:
                return self._page(None)
            if self._rows + self._unsampled >= _MOST_LOOKED_AT:
                break
            wanted = min(wanted * _GROWTH, _MOST_FETCHED)
        if self._left == 0 or key is None:
            self._beyond = self._count_beyond(key)
            return self._page(None)
        return self._page([key[0].isoformat(), key[1], self._left])

    def _page(self, cursor: JsonValue) -> Page:
        census = Census(
            self._rows,
            self._passed,
            tuple(self._matched),
            len(self._skips),
            self._unsampled,
            self._beyond,
        )
        return Page(self._items(), cursor, census, self._skips)

    def _fetch(self, key: tuple[datetime, int] | None, wanted: int) -> Sequence[Row[Any]]:
        """Return the next spans, no more of each than its IDs and what filters say of it."""
        statement = select(*_KEY, spans.c.trace_id, spans.c.span_id, *self._filters.columns)
        statement = statement.where(in_range(self._selection))
        if key is not None:
            statement = statement.where(_is_behind(key))
        newest_first = [column.desc() for column in _KEY]
        return self._connection.execute(statement.order_by(*newest_first).limit(wanted)).all()

    def _look_at_all(self, rows: Sequence[Row[Any]], limit: int) -> None:
        sampled = [row for row in rows if self._selection.samples(row.trace_id, row.span_id)]
        settled = self._settled([row.id for row in sampled])
        judges = self._filters.judges(self._connection, sampled)
        for row in rows:
            if len(self._chosen) == limit or self._left == 0:
                return
            self._last = (row.start_time, row.id)
            if row.id in judges:
                self._look_at(row.id, judges[row.id], settled)
            else:
                self._unsampled += 1

    def _look_at(self, span: int, judges: Sequence[int] | None, settled: _Settled) -> None:
        self._rows += 1
        by_us = [settled.get((span, use.name)) for use in self._payload.evaluators]
        # What this run has judged has passed, even if a filter looks at what came of that.
        if judges is None and not any(by_us):
            return
        self._passed += 1
        self._left = None if self._left is None else self._left - 1
        pending = []
        for index, settled_by_us in enumerate(by_us):
            if settled_by_us or index in (judges or ()):
                self._matched[index] += 1
                if settled_by_us is False:
                    self._skips.append((span, self._payload.evaluators[index].name))
                if settled_by_us is None:
                    pending.append(index)
        if pending:
            self._chosen[span] = pending

    def _settled(self, row_ids: Sequence[int]) -> _Settled:
        """Return the settled pairs, and whether it was this run that settled them."""
        parameters = {
            "run_id": self._run_id,
            "override": self._payload.override,
            "names": [evaluator.name for evaluator in self._payload.evaluators],
            "row_ids": row_ids,
        }
        return {
            (row.span_id, row.name): row.run_id == self._run_id
            for row in self._connection.execute(_SETTLED, parameters)
        }

    def _items(self) -> list[Item]:
        keys = list(self._chosen)
        rows = {row.id: row for row in self._connection.execute(_ROWS, {"row_ids": keys})}
        said = what_was_said(self._connection, keys)
        return [
            {
                "id": key,
                "columns": own_columns(rows[key], said.get(key, {})),
                "attributes": rows[key].attributes,
                "pending": [*pending],
            }
            for key, pending in self._chosen.items()
        ]

    def _count_beyond(self, key: tuple[datetime, int] | None) -> int:
        """Return how many spans of the window nobody looks at any more."""
        statement = select(func.count()).select_from(spans).where(in_range(self._selection))
        if key is not None:
            statement = statement.where(_is_behind(key))
        return self._connection.execute(statement).scalar_one()


class _Filters:
    """The filters of a run, in the database as far as that can tell, and in memory for the rest.

    Attributes:
        columns: What to select for `judges`.
    """

    def __init__(self, payload: TaskRunPayload) -> None:
        self._sieve = Sieve(payload)
        task = [payload.query_filter] if payload.query_filter else []
        self._task = _conditions(task)
        self._own = [_conditions(use.query_filters) for use in payload.evaluators]
        every = [self._task, *self._own]
        self.columns = [
            found.condition.label(f"passes_{index}") for index, found in enumerate(every)
        ]
        self._is_exact = all(found.is_exact for found in every)

    def judges(
        self, connection: Connection, rows: Sequence[Row[Any]]
    ) -> dict[int, list[int] | None]:
        """Return who judges each span; None where the task's filter keeps it out."""
        judges = {
            row.id: [
                index for index in range(len(self._own)) if row._mapping[f"passes_{index + 1}"]
            ]
            if row.passes_0
            else None
            for row in rows
        }
        if not self._is_exact:
            self._ask_memory(connection, judges)
        return judges

    def _ask_memory(self, connection: Connection, judges: dict[int, list[int] | None]) -> None:
        unsure = [key for key, found in judges.items() if found is not None]
        rows = connection.execute(_ROWS, {"row_ids": unsure}).all()
        for key, columns in columns_of(connection, rows).items():
            judges[key] = self._sieve.judges(columns) if self._sieve.passes(columns) else None


def _is_behind(key: tuple[datetime, int]) -> ColumnElement[bool]:
    values = (literal(value, column.type) for value, column in zip(key, _KEY, strict=True))
    return tuple_(*_KEY) < tuple_(*values)


def _conditions(filters: Sequence[str]) -> SqlFilter:
    found = [_translated(text) for text in filters]
    return SqlFilter(
        and_(true(), *(each.condition for each in found)),
        all(each.is_exact for each in found),
    )


@lru_cache(maxsize=256)
def _translated(text: str) -> SqlFilter:
    """Translate a filter once, not for every page."""
    return to_sql(text, SpanColumns())
