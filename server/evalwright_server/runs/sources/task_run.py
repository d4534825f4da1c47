"""Rows and results of task runs over dataset experiments.

The units are pairs of an experiment run and an evaluator. A pair is settled when this run has
judged it, or tried to, in whatever attempt; and, unless the run overrides, when any other run has
judged it. A pair that another run tried in vain is tried again.

How many pairs there are is counted before filters are applied, which takes reading every row.
Pages then say what filters take out, and which pairs other runs have settled.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from pydantic import JsonValue
from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    update,
)

from evalwright_server.runs.payloads import TaskRunPayload
from evalwright_server.runs.records import Beginning, Progress
from evalwright_server.runs.rows import EvaluationRow
from evalwright_server.runs.sifting import Sieve
from evalwright_server.runs.sources.judgements import JudgementTable
from evalwright_server.runs.sources.source import Census, Claimed, Item, Page, Tally
from evalwright_server.store.clock import now
from evalwright_server.store.tables.datasets import dataset_example_revisions as revisions
from evalwright_server.store.tables.experiments import evaluations, experiment_runs, experiments

_IN_EXPERIMENTS: Final = experiment_runs.c.experiment_id.in_(
    bindparam("experiment_ids", expanding=True)
)
_IS_SETTLED: Final = and_(
    evaluations.c.name.in_(bindparam("names", expanding=True)),
    or_(
        evaluations.c.run_id == bindparam("run_id"),
        and_(bindparam("override") == false(), evaluations.c.error.is_(None)),
    ),
)

_COUNT_ROWS: Final = select(func.count()).select_from(experiment_runs).where(_IN_EXPERIMENTS)
_COUNT_OWN: Final = (
    select(func.count())
    .select_from(experiment_runs.join(evaluations))
    .where(_IN_EXPERIMENTS, evaluations.c.run_id == bindparam("run_id"))
)
_EXPERIMENTS: Final = (
    select(
        experiments.c.name,
        exists().where(experiment_runs.c.experiment_id == experiments.c.id).label("has_rows"),
    )
    .where(experiments.c.id.in_(bindparam("experiment_ids", expanding=True)))
    .order_by(experiments.c.id)
)
_ROWS: Final[Select[*tuple[Any, ...]]] = (
    select(
        experiment_runs.c.id,
        experiment_runs.c.output,
        experiment_runs.c.error,
        experiment_runs.c.columns,
        revisions.c.columns.label("example_columns"),
    )
    .join(experiments, experiments.c.id == experiment_runs.c.experiment_id)
    .outerjoin(
        revisions,
        and_(
            revisions.c.example_id == experiment_runs.c.example_id,
            revisions.c.first_version_id <= experiments.c.dataset_version_id,
            or_(
                revisions.c.last_version_id.is_(None),
                revisions.c.last_version_id >= experiments.c.dataset_version_id,
            ),
        ),
    )
    .where(
        experiment_runs.c.experiment_id == bindparam("of_experiment"),
        experiment_runs.c.id > bindparam("after_row"),
    )
    .order_by(experiment_runs.c.id)
    .limit(bindparam("at_most"))
)
_SETTLED: Final = select(
    evaluations.c.experiment_run_id, evaluations.c.name, evaluations.c.run_id
).where(evaluations.c.experiment_run_id.in_(bindparam("row_ids", expanding=True)), _IS_SETTLED)
_TOUCH: Final = (
    update(experiments)
    .where(
        experiments.c.id.in_(
            select(experiment_runs.c.experiment_id).where(
                experiment_runs.c.id.in_(bindparam("row_ids", expanding=True))
            )
        )
    )
    .values(updated_at=now())
)
_START: Final = (0, 0)
_MOST_LOOKED_AT: Final = 5_000
"""Rows that one page looks at, so that progress is seen where filters take most of them out."""
_MOST_FETCHED: Final = 500
_GROWTH: Final = 4
_JUDGEMENTS: Final = JudgementTable(experiment_runs, evaluations, "experiment_run_id")


class TaskRunSource:
    """Serves workers that evaluate experiments; see `Source`."""

    def begin(self, connection: Connection, claimed: Claimed) -> Beginning:
        """Count the pairs, and those that an earlier attempt has settled."""
        payload = TaskRunPayload.read(claimed.payload)
        parameters = {"experiment_ids": payload.experiment_ids, "run_id": claimed.run.id}
        rows = connection.execute(_COUNT_ROWS, parameters).scalar_one()
        before = claimed.run.progress
        done = before.succeeded + before.failed
        # Rows that have been judged and then deleted were considered all the same.
        deleted = done and done - connection.execute(_COUNT_OWN, parameters).scalar_one()
        progress = Progress(
            total=rows * len(payload.evaluators) + deleted,
            done=done,
            succeeded=before.succeeded,
            failed=before.failed,
        )
        return Beginning(progress, _note_empty(connection, payload))

    def page(self, connection: Connection, claimed: Claimed, cursor: JsonValue, limit: int) -> Page:
        """Return rows with a pair that isn't settled, by experiment and in order of insertion.

        A page never spans two experiments, so that it is one walk along an index.
        """
        position, after = cast("Sequence[int]", cursor or _START)
        return _Reading(connection, claimed).page(position, after, limit)

    def store(self, connection: Connection, claimed: Claimed, items: Sequence[Item]) -> Tally:
        """Keep judgements; those about rows that were deleted meanwhile count as skipped."""
        tally, kept = _JUDGEMENTS.store(connection, claimed, items)
        if kept:
            connection.execute(_TOUCH, {"row_ids": kept})
        return tally


class _Reading:
    """Reads rows until a page is full or enough of them have been looked at."""

    def __init__(self, connection: Connection, claimed: Claimed) -> None:
        self._connection = connection
        self._claimed = claimed
        self._payload = TaskRunPayload.read(claimed.payload)
        self._sieve = Sieve(self._payload)
        self._items: list[Item] = []
        self._skips: list[tuple[int, str]] = []
        self._rows = self._passed = 0
        self._matched = [0] * len(self._payload.evaluators)

    def page(self, position: int, after: int, limit: int) -> Page:
        if position == len(self._payload.experiment_ids):
            return self._page(None)
        wanted = limit
        while True:
            rows = self._fetch(self._payload.experiment_ids[position], after, wanted)
            settled = self._settled([row.id for row in rows])
            for row in rows:
                self._look_at(row, settled)
                after = row.id
                if len(self._items) == limit:
                    return self._page([position, after])
            if len(rows) < wanted:
                return self._page([position + 1, 0])
            if self._rows >= _MOST_LOOKED_AT:
                return self._page([position, after])
            wanted = min(wanted * _GROWTH, _MOST_FETCHED)

    def _page(self, cursor: JsonValue) -> Page:
        census = Census(self._rows, self._passed, tuple(self._matched), len(self._skips))
        return Page(self._items, cursor, census, self._skips)

    def _fetch(self, experiment: int, after: int, wanted: int) -> Sequence[Row[Any]]:
        parameters = {"of_experiment": experiment, "after_row": after, "at_most": wanted}
        return self._connection.execute(_ROWS, parameters).all()

    def _settled(self, row_ids: Sequence[int]) -> dict[tuple[int, str], bool]:
        """Return the settled pairs, and whether it was this run that settled them."""
        parameters = {
            "run_id": self._claimed.run.id,
            "override": self._payload.override,
            "names": [evaluator.name for evaluator in self._payload.evaluators],
            "row_ids": row_ids,
        }
        return {
            (row.experiment_run_id, row.name): row.run_id == self._claimed.run.id
            for row in self._connection.execute(_SETTLED, parameters)
        }

    def _look_at(self, row: Row[Any], settled: Mapping[tuple[int, str], bool]) -> None:
        self._rows += 1
        columns = row_columns(row)
        if not self._sieve.passes(columns):
            return
        self._passed += 1
        pending = []
        for index in self._sieve.judges(columns):
            self._matched[index] += 1
            pair = (row.id, self._payload.evaluators[index].name)
            if pair not in settled:
                pending.append(index)
            elif not settled[pair]:
                self._skips.append(pair)
        if pending:
            self._items.append(EvaluationRow(row.id, columns, tuple(pending)).to_item())


def _note_empty(connection: Connection, payload: TaskRunPayload) -> str | None:
    """Name the experiments that have no runs."""
    found = connection.execute(_EXPERIMENTS, {"experiment_ids": payload.experiment_ids}).all()
    if not found:
        return "0 rows: the experiments were deleted after the run was triggered"
    empty = [repr(row.name) for row in found if not row.has_rows]
    if not empty:
        return None
    rows = "0 rows: " if len(empty) == len(found) else ""
    one = len(empty) == 1
    names = ", ".join(empty)
    return f"{rows}experiment{'' if one else 's'} {names} {'has' if one else 'have'} no runs"


def row_columns(row: Row[Any]) -> dict[str, JsonValue]:
    """Return what evaluators and filters see of an experiment run with its example."""
    columns: dict[str, JsonValue] = {**(row.example_columns or {}), "output": row.output}
    if row.error is not None:
        columns["error"] = row.error
    columns.update(row.columns)
    return columns
