"""Rows and results of runs that fill an experiment.

The units are examples. One is settled when the experiment has a row for it, so whatever interrupts
a run, it goes on with the examples that have none.
"""

from bisect import bisect
from collections.abc import Sequence
from typing import Any, Final, cast

from pydantic import JsonValue
from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from evalwright_server.runs.experiment_payload import ExampleRow, ExperimentPayload
from evalwright_server.runs.records import Beginning, Progress
from evalwright_server.runs.sifting import compiled
from evalwright_server.runs.sources.source import Census, Claimed, Item, Page, Tally
from evalwright_server.store.clock import now
from evalwright_server.store.ids import new_suffix
from evalwright_server.store.tables.datasets import dataset_example_revisions as revisions
from evalwright_server.store.tables.datasets import dataset_examples
from evalwright_server.store.tables.experiments import experiment_runs, experiments

_examples: Final = dataset_examples.c
_IDS: Final[BindParameter[int]] = bindparam("ids", expanding=True)
_JOIN: Final = dataset_examples.join(revisions, revisions.c.example_id == _examples.id)
_TO_DO: Final = and_(
    revisions.c.first_version_id <= bindparam("version"),
    or_(revisions.c.last_version_id.is_(None), revisions.c.last_version_id >= bindparam("version")),
    _examples.dataset_id
    == select(experiments.c.dataset_id)
    .where(experiments.c.id == bindparam("experiment"))
    .scalar_subquery(),
    ~exists().where(
        experiment_runs.c.experiment_id == bindparam("experiment"),
        experiment_runs.c.example_id == _examples.id,
    ),
)
_CHOSEN: Final = _examples.id.in_(_IDS)
_RANGE: Final = and_(_examples.id > bindparam("after"), _examples.id <= bindparam("last"))

_COUNT: Final = select(func.count()).select_from(_JOIN).where(_TO_DO)
_COUNT_RANGE: Final = _COUNT.where(_RANGE)
_COUNT_CHOSEN: Final = _COUNT.where(_CHOSEN)
_ROWS: Final = (
    select(_examples.id, revisions.c.columns)
    .select_from(_JOIN)
    .where(_TO_DO)
    .order_by(_examples.id)
)
_ROWS_IN_RANGE: Final = _ROWS.where(_RANGE).limit(bindparam("at_most"))
_ROWS_CHOSEN: Final = _ROWS.where(_CHOSEN)
_EXPERIMENT: Final = (
    select(experiments.c.id)
    .where(experiments.c.id == bindparam("experiment"))
    .with_for_update(read=True, key_share=True)
)
_STILL_THERE: Final = select(_examples.id).where(_CHOSEN).with_for_update(read=True, key_share=True)
_ANSWERED: Final = select(experiment_runs.c.example_id).where(
    experiment_runs.c.experiment_id == bindparam("experiment"),
    experiment_runs.c.example_id.in_(_IDS),
)
_INSERT: Final = insert(experiment_runs).values(created_at=now())
_TOUCH: Final = (
    update(experiments).where(experiments.c.id == bindparam("experiment")).values(updated_at=now())
)
_MOST_IDS: Final = 500
_MOST_LOOKED_AT: Final = 5_000
"""Examples that one page looks at, so that progress is seen where a filter takes most out."""
_GROWTH: Final = 4


class ExperimentSource:
    """Serves workers that fill experiments; see `Source`."""

    def begin(self, connection: Connection, claimed: Claimed) -> Beginning:
        """Count the examples that have no row yet, beside what an earlier attempt has done."""
        payload = ExperimentPayload.read(claimed.payload)
        to_do = _count(connection, payload)
        before = claimed.run.progress
        progress = Progress(
            total=before.done + to_do,
            done=before.done,
            succeeded=before.succeeded,
            failed=before.failed,
            skipped=before.skipped,
        )
        return Beginning(progress, None if progress.total else _note_empty(connection, payload))

    def page(self, connection: Connection, claimed: Claimed, cursor: JsonValue, limit: int) -> Page:
        """Return examples that have no row yet, in the order of the dataset."""
        payload = ExperimentPayload.read(claimed.payload)
        if payload.query_filter is not None:
            return _Selecting(connection, claimed, payload).page(cursor, limit)
        place = cast("int", cursor or 0)
        if payload.example_ids is not None:
            chosen = payload.example_ids[place : place + limit]
            rows = connection.execute(_ROWS_CHOSEN, _where(payload) | {"ids": chosen}).all()
            is_last = place + limit >= len(payload.example_ids)
            return Page(_items(rows), None if is_last else place + limit)
        bounds = {"after": place, "last": payload.last_example_id, "at_most": limit}
        rows = connection.execute(_ROWS_IN_RANGE, _where(payload) | bounds).all()
        return Page(_items(rows), rows[-1].id if len(rows) == limit else None)

    def store(self, connection: Connection, claimed: Claimed, items: Sequence[Item]) -> Tally:
        """Add rows. Those whose experiment or example was deleted meanwhile count as skipped."""
        payload = ExperimentPayload.read(claimed.payload)
        where = {"experiment": payload.experiment_id, "ids": [item["example"] for item in items]}
        if connection.execute(_EXPERIMENT, where).one_or_none() is None:
            return Tally(skipped=len(items))
        present = set(connection.execute(_STILL_THERE, where).scalars())
        present -= set(connection.execute(_ANSWERED, where).scalars())
        kept = [item for item in items if item["example"] in present]
        if kept:
            connection.execute(_INSERT, [_record(payload, item) for item in kept])
            connection.execute(_TOUCH, where)
        failed = sum(item["error"] is not None for item in kept)
        return Tally(len(kept) - failed, failed, len(items) - len(kept))


class _Selecting:
    """Reads examples that pass the run's filter, until a page is full or enough were looked at."""

    def __init__(
        self, connection: Connection, claimed: Claimed, payload: ExperimentPayload
    ) -> None:
        self._connection = connection
        self._payload = payload
        self._passes = compiled(payload.query_filter or "")
        self._rows: list[Row[*tuple[Any, ...]]] = []
        self._looked_at = 0
        most = payload.max_examples
        self._left = None if most is None else max(most - claimed.run.progress.done, 0)

    def page(self, cursor: JsonValue, limit: int) -> Page:
        """Return a page; a cursor is the last example looked at and how many may still pass."""
        place = 0
        if cursor is not None:
            place, self._left = cast("tuple[int, int | None]", cursor)
        wanted = limit
        while self._left != 0:
            rows = self._fetch(place, wanted)
            for row in rows:
                place = row.id
                self._look_at(row)
                if self._left == 0 or len(self._rows) == limit:
                    break
            if self._left == 0 or len(self._rows) == limit:
                break
            if len(rows) < wanted:
                return self._page(None)
            if self._looked_at >= _MOST_LOOKED_AT:
                break
            wanted = min(wanted * _GROWTH, _MOST_IDS)
        if self._left == 0:
            return self._page(None, self._count_behind(place))
        return self._page([place, self._left])

    def _page(self, cursor: JsonValue, beyond: int = 0) -> Page:
        passed = len(self._rows)
        census = Census(self._looked_at, passed, (passed,), beyond=beyond)
        return Page(_items(self._rows), cursor, census)

    def _look_at(self, row: Row[*tuple[Any, ...]]) -> None:
        self._looked_at += 1
        if self._passes(row.columns):
            self._rows.append(row)
            self._left = None if self._left is None else self._left - 1

    def _fetch(self, place: int, wanted: int) -> Sequence[Row[*tuple[Any, ...]]]:
        where, chosen = _where(self._payload), self._payload.example_ids
        if chosen is None:
            bounds = {"after": place, "last": self._payload.last_example_id, "at_most": wanted}
            return self._connection.execute(_ROWS_IN_RANGE, where | bounds).all()
        found: list[Row[*tuple[Any, ...]]] = []
        start = bisect(chosen, place)
        while start < len(chosen) and len(found) < wanted:
            ids = chosen[start : start + wanted - len(found)]
            found += self._connection.execute(_ROWS_CHOSEN, where | {"ids": ids}).all()
            start += len(ids)
        return found

    def _count_behind(self, place: int) -> int:
        return _count(self._connection, self._payload, place)


def _where(payload: ExperimentPayload) -> dict[str, object]:
    return {"experiment": payload.experiment_id, "version": payload.dataset_version_id}


def _count(connection: Connection, payload: ExperimentPayload, after: int = 0) -> int:
    """Count the examples behind one that have no row yet."""
    where = _where(payload)
    chosen = payload.example_ids
    if chosen is None:
        bounds = {"after": after, "last": payload.last_example_id}
        return connection.execute(_COUNT_RANGE, where | bounds).scalar_one()
    chosen = chosen[bisect(chosen, after) :]
    return sum(
        connection.execute(
            _COUNT_CHOSEN, where | {"ids": chosen[start : start + _MOST_IDS]}
        ).scalar_one()
        for start in range(0, len(chosen), _MOST_IDS)
    )


def _note_empty(connection: Connection, payload: ExperimentPayload) -> str:
    if connection.execute(_EXPERIMENT, _where(payload)).one_or_none() is None:
        return "0 examples: the experiment was deleted before the run began"
    if payload.example_ids is not None:
        return "0 examples: those that were chosen have been deleted"
    return "0 examples: the dataset version has none"


def _items(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Item]:
    return [ExampleRow(row.id, row.columns).to_item() for row in rows]


def _record(payload: ExperimentPayload, item: Item) -> dict[str, object]:
    columns = dict(cast("dict[str, JsonValue]", item["columns"]))
    if payload.tracing_metadata is not None:
        columns["tracing_metadata"] = dict(payload.tracing_metadata)
    return {
        "suffix": new_suffix(),
        "experiment_id": payload.experiment_id,
        "example_id": item["example"],
        "output": item["output"],
        "error": item["error"],
        "columns": columns,
    }
