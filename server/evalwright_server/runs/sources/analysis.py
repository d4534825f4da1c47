"""The server's side of analyses: their items, what comes of them, and what is left at the end."""

from collections.abc import Sequence
from typing import Final, cast

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, func, select, update

from evalwright_server.runs.analysis_payload import AnalysisKind
from evalwright_server.runs.analysis_summaries import summarize
from evalwright_server.runs.records import Beginning, Finish, Progress, RunRow
from evalwright_server.runs.sources.analysis_results import WRITERS, ItemResult, put_results
from evalwright_server.runs.sources.source import Claimed, Item, Page, Tally
from evalwright_server.store.dialects import insert_into
from evalwright_server.store.tables.analyses import analyses, analysis_items, usage_counters

_items: Final = analysis_items.c
_TOTAL: Final = select(analyses.c.total_items).where(analyses.c.run_id == bindparam("of_run"))
_DONE: Final = (
    select(_items.outcome, func.count().label("done"))
    .where(_items.run_id == bindparam("of_run"), _items.outcome.is_not(None))
    .group_by(_items.outcome)
)
_PAGE: Final = (
    select(_items.position, _items.item)
    .where(
        _items.run_id == bindparam("of_run"),
        _items.position > bindparam("after"),
        _items.outcome.is_(None),
    )
    .order_by(_items.position)
    .limit(bindparam("at_most"))
)
_OPEN: Final = select(_items.position).where(
    _items.run_id == bindparam("of_run"),
    _items.position.in_(bindparam("positions", expanding=True)),
    _items.outcome.is_(None),
)
_COUNT_TOKENS: Final = (
    update(analyses)
    .where(analyses.c.run_id == bindparam("of_run"))
    .values(tokens_used=analyses.c.tokens_used + bindparam("more"))
    .returning(analyses.c.usage_key, analyses.c.usage_period)
)
_OPTIONS: Final = select(analyses.c.options).where(analyses.c.run_id == bindparam("of_run"))
_CONCLUDE: Final = (
    update(analyses)
    .where(analyses.c.run_id == bindparam("of_run"))
    .values(summary=bindparam("what"), ended_as=bindparam("state"), sealed=None)
)


class AnalysisSource:
    """Serves workers that analyse, whatever the kind; see `Source` and `Conclusion`."""

    def begin(self, connection: Connection, claimed: Claimed) -> Beginning:
        """Count the items, and those that an earlier attempt has done."""
        of_run = {"of_run": claimed.run.id}
        total = connection.execute(_TOTAL, of_run).scalar_one()
        done = {row.outcome: row.done for row in connection.execute(_DONE, of_run)}
        failed = done.get(ItemResult.FAILED, 0)
        count = sum(done.values())
        return Beginning(Progress(total, count, count - failed, failed))

    def page(self, connection: Connection, claimed: Claimed, cursor: JsonValue, limit: int) -> Page:
        """Return items that nothing has come of yet, in their order."""
        after = -1 if cursor is None else cast("int", cursor)
        where = {"of_run": claimed.run.id, "after": after, "at_most": limit}
        rows = connection.execute(_PAGE, where).all()
        items: list[Item] = [{"position": row.position, "item": row.item} for row in rows]
        return Page(items, rows[-1].position if len(rows) == limit else None)

    def store(self, connection: Connection, claimed: Claimed, items: Sequence[Item]) -> Tally:
        """Keep results with the rows of their kind, and count the tokens they took."""
        run = claimed.run
        results = _still_open(connection, run.id, [ItemResult.from_item(item) for item in items])
        put_results(connection, run.id, results)
        WRITERS[AnalysisKind(run.kind)](connection, run.id, results)
        count_tokens(connection, run, sum(result.tokens for result in results))
        failed = sum(result.outcome == ItemResult.FAILED for result in results)
        return Tally(len(results) - failed, failed)

    def conclude(
        self,
        connection: Connection,
        run: RunRow,
        finish: Finish | None,  # noqa: ARG002 - all that counts is in the rows
    ) -> Sequence[str]:
        """Sum up what was done, and erase the secrets; see `Conclusion`."""
        options = connection.execute(_OPTIONS, {"of_run": run.id}).scalar_one_or_none()
        if options is not None:
            summary = summarize(connection, run.id, AnalysisKind(run.kind), options)
            parameters = {"of_run": run.id, "what": summary, "state": run.state}
            connection.execute(_CONCLUDE, parameters)
        return ()


def _still_open(
    connection: Connection, run_id: int, results: Sequence[ItemResult]
) -> list[ItemResult]:
    """Return the results of items that have none: a batch that failed may have been stored."""
    positions = [result.position for result in results]
    rows = connection.execute(_OPEN, {"of_run": run_id, "positions": positions})
    still_open = set(rows.scalars())
    return [result for result in results if result.position in still_open]


def count_tokens(connection: Connection, run: RunRow, tokens: int) -> None:
    """Add tokens to an analysis and to the quota that it counts for."""
    if not tokens:
        return
    parameters = {"of_run": run.id, "more": tokens}
    row = connection.execute(_COUNT_TOKENS, parameters).one_or_none()
    if row is None or row.usage_key is None:
        return
    counter = {"usage_key": row.usage_key, "period": row.usage_period, "service": run.kind}
    statement = insert_into(connection, usage_counters).values(**counter, tokens=tokens)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(counter),
            set_={"tokens": usage_counters.c.tokens + statement.excluded.tokens},
        )
    )
