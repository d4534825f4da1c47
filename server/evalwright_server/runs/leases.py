"""The engine as a worker's side sees it: claim runs, keep them, report on them.

Every write names the attempt it belongs to. Once the run was given to somebody else, was ended or
deleted, it changes nothing and raises `LeaseLost`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from pydantic import JsonValue
from sqlalchemy import Connection, Executable, Row

from evalwright_server.runs import statements
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import LeaseLost
from evalwright_server.runs.hooks import Hooks, NoHooks
from evalwright_server.runs.records import (
    Assignment,
    Beginning,
    Fence,
    Finish,
    NewRun,
    Renewal,
    RunRow,
)
from evalwright_server.runs.signals import output_topic, run_topic
from evalwright_server.runs.sources.source import Claimed, Item, Page, Source, Tally
from evalwright_server.runs.states import State


class Leases:
    """What one worker may do to runs.

    Args:
        engine: Whose runs.
        owner: The worker's name; no other worker ever has the same.
        sources: Per kind of run, who finds its rows and keeps its results.
        hooks: What is added to claims and ends.
    """

    def __init__(
        self,
        engine: Engine,
        owner: str,
        sources: Mapping[str, Source],
        hooks: Hooks | None = None,
    ) -> None:
        self._engine = engine
        self._sources = sources
        self._hooks = hooks or NoHooks()
        self.owner: Final = owner

    async def claim(self, queue: str, limit: int) -> list[tuple[Claimed, Assignment]]:
        """Take up to `limit` queued runs, the most urgent first."""
        parameters = {
            "of_queue": queue,
            "at_most": limit,
            "by_owner": self.owner,
            "lease_seconds": self._engine.lease_seconds,
        }

        def unit(connection: Connection) -> list[tuple[Claimed, Assignment]]:
            rows = connection.execute(statements.CLAIM, parameters).all()
            for row in rows:
                self._engine.fire(connection, run_topic(row.id))
            by_urgency = sorted(rows, key=lambda row: (row.rank, row.id))
            return [self._claimed(connection, row) for row in by_urgency]

        return await self._engine.db.write(unit)

    def _claimed(self, connection: Connection, row: Row[Any]) -> tuple[Claimed, Assignment]:
        left = (
            None if row.deadline_at is None else (row.deadline_at - row.claimed_at).total_seconds()
        )
        return self._assign(connection, Claimed(statements.run_row(row), row.payload), left)

    def assign(
        self, connection: Connection, run: RunRow, new: NewRun
    ) -> tuple[Claimed, Assignment]:
        """Return a run that was claimed for this worker as it was inserted."""
        claimed = Claimed(run, new.payload)
        return self._assign(connection, claimed, new.deadline_seconds)

    def _assign(
        self, connection: Connection, claimed: Claimed, deadline_in: float | None
    ) -> tuple[Claimed, Assignment]:
        grants = self._hooks.grants(connection, claimed)
        run = claimed.run
        return claimed, Assignment(
            claimed.fence, run.kind, claimed.payload, deadline_in, grants, run.queue
        )

    async def renew(self, fences: Collection[Fence]) -> Renewal:
        """Extend the leases of attempts whose handlers are alive, and say what became of them."""
        if not fences:
            return Renewal()
        parameters = {
            "by_owner": self.owner,
            "run_ids": [fence.run_id for fence in fences],
            "lease_seconds": self._engine.lease_seconds,
        }
        rows = await self._engine.db.write(
            lambda connection: connection.execute(statements.RENEW, parameters).all()
        )
        kept = {Fence(row.id, row.attempt): bool(row.cancel_requested) for row in rows}
        return _compare(fences, kept)

    async def inspect(self, fences: Collection[Fence]) -> Renewal:
        """Say what became of attempts, without extending their leases."""
        if not fences:
            return Renewal()
        numbers = [fence.run_id for fence in fences]
        runs = await self._engine.db.read(
            lambda connection: self._engine.get_many(connection, numbers)
        )
        kept = {
            Fence(run.id, run.attempt): run.cancel_requested
            for run in runs.values()
            if run.owner == self.owner
        }
        return _compare(fences, kept)

    async def begin(self, claimed: Claimed) -> Beginning:
        """Write down how much there is to do, and return it."""

        def unit(connection: Connection) -> Beginning:
            beginning = self._source(claimed).begin(connection, claimed)
            progress = beginning.progress
            if claimed.run.attempt > 1:
                connection.execute(statements.FORGET_SKIPS, {"of_run": claimed.run.id})
            self._change(
                connection,
                statements.BEGIN,
                claimed.fence,
                {"total": progress.total, "done": progress.done, "skipped": progress.skipped},
            )
            return beginning

        return await self._engine.db.write(unit)

    async def page(self, claimed: Claimed, cursor: JsonValue, limit: int) -> Page:
        """Return a page of what is to be done, and write down what it leaves out."""
        source = self._source(claimed)
        page = await self._engine.db.read(
            lambda connection: source.page(connection, claimed, cursor, limit)
        )
        if page.census.skipped or page.census.excluded:
            await self._engine.db.write(
                lambda connection: self._take_out(connection, claimed, page)
            )
        return page

    def _take_out(self, connection: Connection, claimed: Claimed, page: Page) -> None:
        self._advance(connection, claimed, Tally(skipped=page.census.skipped), page.census.excluded)
        if page.skips:
            rows = [
                {"run_id": claimed.run.id, "row_id": row, "name": name} for row, name in page.skips
            ]
            connection.execute(statements.NOTE_SKIPS, rows)

    async def store(self, claimed: Claimed, items: Sequence[Item]) -> None:
        """Keep results and count them, all or nothing."""

        def unit(connection: Connection) -> None:
            tally = self._source(claimed).store(connection, claimed, items)
            if tally is not None:
                self._advance(connection, claimed, tally)
                return
            guard = self._guard(claimed.fence)
            if connection.execute(statements.GUARD, guard).first() is None:
                raise LeaseLost(claimed.fence)
            self._engine.fire(connection, output_topic(claimed.run.id))

        await self._engine.db.write(unit)

    def _advance(
        self, connection: Connection, claimed: Claimed, tally: Tally, excluded: int = 0
    ) -> None:
        parameters = {
            "more_done": tally.succeeded + tally.failed + tally.skipped,
            "more_succeeded": tally.succeeded,
            "more_failed": tally.failed,
            "more_skipped": tally.skipped,
            "less_total": excluded,
        }
        self._change(connection, statements.ADVANCE, claimed.fence, parameters)

    async def finish(self, claimed: Claimed, finish: Finish) -> None:
        """End the run, and start what follows it, in one transaction."""

        def unit(connection: Connection) -> None:
            notes = (finish.note, self._hooks.finishing(connection, claimed, finish))
            parameters = {
                "is_cancelled": finish.state is State.CANCELLED,
                "to_state": finish.state,
                "because": _storable(finish.failure_reason),
                "with_note": _storable("; ".join(note for note in notes if note) or None),
                "with_result": None if self._engine.keeps(claimed.run.kind) else finish.result,
            }
            self._change(connection, statements.FINISH, claimed.fence, parameters, finish)

        await self._engine.db.write(unit)

    async def hand_back(self, fence: Fence) -> None:
        """Let somebody else go on with the run. What was stored stays."""
        await self._engine.db.write(
            lambda connection: self._change(connection, statements.HAND_BACK, fence, {})
        )

    async def abandon(self) -> None:
        """Queue everything again that the worker, which is gone, had."""
        parameters = {"by_owner": self.owner}

        def unit(connection: Connection) -> None:
            rows = connection.execute(statements.ABANDON_OWNER, parameters).all()
            self._engine.announce(connection, rows)

        await self._engine.db.write(unit)

    def _source(self, claimed: Claimed) -> Source:
        return self._sources[claimed.run.kind]

    def _change(
        self,
        connection: Connection,
        statement: Executable,
        fence: Fence,
        parameters: Mapping[str, object],
        finish: Finish | None = None,
    ) -> None:
        """Change the run if the attempt still holds it."""
        rows = connection.execute(statement, {**self._guard(fence), **parameters}).all()
        if not rows:
            raise LeaseLost(fence)
        self._engine.announce(connection, rows, finish)

    def _guard(self, fence: Fence) -> dict[str, object]:
        return {"of_run": fence.run_id, "of_attempt": fence.attempt, "by_owner": self.owner}


def _storable(text: str | None) -> str | None:
    """Return a text without NUL, which PostgreSQL's text can't hold."""
    return None if text is None else text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _compare(asked: Collection[Fence], kept: Mapping[Fence, bool]) -> Renewal:
    # With what was asked about, not with what is held by now: new runs may have been claimed since.
    return Renewal(
        lost=frozenset(asked) - kept.keys(),
        cancelled=frozenset(fence for fence in asked if kept.get(fence)),
    )
