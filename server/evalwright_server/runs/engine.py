"""The engine as services see it: submit runs, look at them, cancel them, wait for them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from pydantic import JsonValue
from sqlalchemy import Connection, Row

from evalwright_server.runs import statements
from evalwright_server.runs.errors import (
    IdempotencyConflict,
    QueueFull,
    RunFinished,
    RunNotFound,
)
from evalwright_server.runs.kinds import CONCLUSIONS
from evalwright_server.runs.openings import Opening, Openings
from evalwright_server.runs.records import Finish, NewRun, RunRow, SubmittedRun
from evalwright_server.runs.signals import Hub, Signals, owner_topic, queue_topic, run_topic
from evalwright_server.runs.sources.source import Conclusion
from evalwright_server.runs.states import State
from evalwright_server.store.database import Database
from evalwright_server.store.ids import new_suffix

T = TypeVar("T")

LEASE_SECONDS: Final = 15.0
"""How long a worker keeps a run without a sign of life."""
SAFETY_SECONDS: Final = 15.0
"""How long a listener trusts silence before it looks by itself."""
MOST_URGENT: Final = 2**31 - 1
"""No run has a higher priority."""
_EVENT_INTERVAL: Final = 0.1


class Engine:
    """Knows the runs of one database.

    Methods that take a connection belong inside a function given to `Database.read` or `write`,
    so that a run and what belongs to it are one transaction; the others are for the event loop.

    Args:
        db: Where the runs are.
        signals: How waiters and workers are woken; within this process by default.
        lease_seconds: See `LEASE_SECONDS`.
        safety_seconds: See `SAFETY_SECONDS`.
        conclusions: Per kind of run, who keeps what is left when it ends.
    """

    def __init__(
        self,
        db: Database,
        *,
        signals: Signals | None = None,
        lease_seconds: float = LEASE_SECONDS,
        safety_seconds: float = SAFETY_SECONDS,
        conclusions: Mapping[str, Conclusion] = CONCLUSIONS,
    ) -> None:
        self.db: Final = db
        self.signals: Final[Signals] = Hub() if signals is None else signals
        self.lease_seconds: Final = lease_seconds
        self.safety_seconds: Final = safety_seconds
        self.openings: Final = Openings()
        self._conclusions = conclusions

    def fire(self, connection: Connection, topic: str) -> None:
        """Signal a topic once the running write is committed."""
        self.db.run_after_commit(connection, partial(self.signals.fire, topic))

    async def submit_directly(
        self, queue: str, unit: Callable[[Connection, Opening | None], T]
    ) -> T:
        """Run a write that submits a run, and start that at once if a worker is free.

        Args:
            queue: The run's queue.
            unit: The write; it passes the opening on to `submit`.

        Raises:
            Exception: What `Database.write` or the write raise.
        """
        return await self.openings.write(self.db, queue, unit)

    def submit(
        self, connection: Connection, run: NewRun, opening: Opening | None = None
    ) -> SubmittedRun:
        """Insert a run, or find the one that was submitted with the same idempotency key.

        Args:
            connection: The transaction, a write.
            run: What to insert.
            opening: A slot that may take it at once; see `submit_directly`.

        Raises:
            IdempotencyConflict: The key was used with another `body_hash`.
            QueueFull: It would have to wait, and as many runs wait as may.
        """
        if opening is not None and not opening.fits(run):
            opening = None
        row = self._insert(connection, run, opening)
        if row is None:
            return _find_submitted(connection, run)
        if opening is not None:
            opening.take(connection, statements.run_row(row), run)
        else:
            self._check_room(connection, run)
            self.fire(connection, queue_topic(run.queue))
        return SubmittedRun(row.id, row.suffix, created=True, uid=row.uid)

    def _insert(
        self, connection: Connection, run: NewRun, opening: Opening | None
    ) -> Row[Any] | None:
        key = run.idempotency
        values: dict[str, object] = {
            "suffix": new_suffix(),
            "uid": run.uid,
            "kind": run.kind,
            "space_id": run.space_id,
            "queue": run.queue,
            "rank": -run.priority,
            "state": State.QUEUED if opening is None else State.RUNNING,
            "max_attempts": run.max_attempts,
            "cancel_requested": False,
            "payload": run.payload,
            "idem_scope": key and key.scope,
            "idem_key": key and key.key,
            "idem_hash": key and key.body_hash,
        }
        has_deadline = run.deadline_seconds is not None
        if has_deadline:
            values["deadline_seconds"] = run.deadline_seconds
        if opening is not None:
            values |= {"owner": opening.owner, "lease_seconds": self.lease_seconds}
        insert = statements.submit(
            connection.dialect.name, has_deadline=has_deadline, is_started=opening is not None
        )
        return connection.execute(insert, values).one_or_none()

    def _check_room(self, connection: Connection, run: NewRun) -> None:
        limit = run.queue_limit
        if limit is None:
            return
        # More urgent ones wait outside of the bound, and take no room in it.
        if self.count_waiting(connection, run.queue, limit + 1, run.priority) > limit:
            raise QueueFull(run.queue, limit)

    def count_waiting(
        self, connection: Connection, queue: str, at_most: int, priority: int = MOST_URGENT
    ) -> int:
        """Return how many runs wait in a queue.

        Args:
            connection: The transaction.
            queue: Which queue.
            at_most: How far to count.
            priority: Of the most urgent ones that count.
        """
        parameters = {"of_queue": queue, "at_most": at_most, "from_rank": -priority}
        return connection.execute(statements.COUNT_WAITING, parameters).scalar_one()

    def position(self, connection: Connection, run: RunRow) -> int | None:
        """Return a run's place among those that wait in its queue, 1 for the next to start."""
        if run.state is not State.QUEUED:
            return None
        own = {"of_queue": run.queue, "own_rank": -run.priority, "own_id": run.id}
        ahead: int = connection.execute(statements.COUNT_AHEAD, own).scalar_one()
        return ahead + 1

    def amend(self, connection: Connection, run_id: int, payload: Mapping[str, JsonValue]) -> None:
        """Give a queued run another payload; the caller has made sure that it is queued."""
        connection.execute(statements.AMEND, {"of_run": run_id, "with_payload": payload})
        self.fire(connection, run_topic(run_id))

    def get(self, connection: Connection, run_id: int) -> RunRow | None:
        """Return a run, or None if there is none with this number."""
        row = connection.execute(statements.GET, {"run_id": run_id}).one_or_none()
        return None if row is None else statements.run_row(row)

    def find(self, connection: Connection, uid: str) -> RunRow | None:
        """Return the run with a public ID of its own, or None if there is none."""
        row = connection.execute(statements.GET_BY_UID, {"uid": uid}).one_or_none()
        return None if row is None else statements.run_row(row)

    def find_many(self, connection: Connection, uids: Sequence[str]) -> dict[str, RunRow]:
        """Return the runs there are among these public IDs, by ID."""
        rows = connection.execute(statements.GET_MANY_BY_UID, {"uids": list(uids)})
        return {row.uid: statements.run_row(row) for row in rows}

    def get_many(self, connection: Connection, run_ids: Sequence[int]) -> dict[int, RunRow]:
        """Return the runs there are among these numbers, by number."""
        rows = connection.execute(statements.GET_MANY, {"run_ids": list(run_ids)})
        return {row.id: statements.run_row(row) for row in rows}

    def cancel(self, connection: Connection, run_id: int) -> RunRow:
        """Cancel a queued run at once; ask the worker of a running one to stop.

        Asking twice is the same as asking once. What had been done stays.

        Raises:
            RunNotFound: There is no such run.
            RunFinished: It has ended.
        """
        row = connection.execute(statements.CANCEL, {"of_run": run_id}).one_or_none()
        if row is None:
            run = self.get(connection, run_id)
            if run is None:
                raise RunNotFound(run_id)
            if run.state.is_final:
                raise RunFinished(run)
            return run
        run = statements.run_row(row)
        self.announce(connection, [row])
        if run.owner is not None:
            self.fire(connection, owner_topic(run.owner))
        return run

    def keeps(self, kind: str) -> bool:
        """Return whether what such runs produce is kept elsewhere than in their rows."""
        return kind in self._conclusions

    def announce(
        self, connection: Connection, rows: Iterable[Row[Any]], finish: Finish | None = None
    ) -> None:
        """Signal changed runs to whoever waits for them, and conclude those that have ended.

        Args:
            connection: The write that changed them.
            rows: The runs; those that may have ended with all of `RUN_COLUMNS`.
            finish: What a worker reported, if that was the change.
        """
        for row in rows:
            self.fire(connection, run_topic(row.id))
            state = State(row.state)
            if state is State.QUEUED:
                self.fire(connection, queue_topic(row.queue))
            elif state.is_final and row.kind in self._conclusions:
                run = statements.run_row(row)
                for topic in self._conclusions[run.kind].conclude(connection, run, finish):
                    self.fire(connection, topic)

    async def wait(self, run_id: int, *, since_version: int | None, timeout: float) -> RunRow:  # noqa: ASYNC109
        """Return the run when it has ended, or when something about it changed.

        Args:
            run_id: Which one.
            since_version: Return as soon as its version differs; with None wait for its end.
            timeout: Return it as it is after this many seconds.

        Raises:
            RunNotFound: There is no such run, or no longer.
        """
        clock = asyncio.get_running_loop().time
        until = clock() + timeout
        with self.signals.subscribe(run_topic(run_id)) as subscription:
            while True:
                run = await self._look(run_id)
                left = until - clock()
                is_news = since_version is not None and run.version != since_version
                if run.state.is_final or is_news or left <= 0:
                    return run
                await subscription.wait(min(left, self.safety_seconds))

    async def events(self, run_id: int, since_version: int | None = None) -> AsyncIterator[RunRow]:
        """Yield the run whenever it changed, at most ten times a second, until it has ended.

        Args:
            run_id: Which one.
            since_version: The version the listener has seen; None yields the present one at once.

        Raises:
            RunNotFound: There is no such run, or no longer.
        """
        clock = asyncio.get_running_loop().time
        not_before = clock()
        with self.signals.subscribe(run_topic(run_id)) as subscription:
            while True:
                run = await self._look(run_id)
                if run.version != since_version:
                    since_version = run.version
                    not_before = clock() + _EVENT_INTERVAL
                    yield run
                if run.state.is_final:
                    return
                await subscription.wait(self.safety_seconds)
                await asyncio.sleep(not_before - clock())

    async def _look(self, run_id: int) -> RunRow:
        run = await self.db.read(lambda connection: self.get(connection, run_id))
        if run is None:
            raise RunNotFound(run_id)
        return run


def _find_submitted(connection: Connection, run: NewRun) -> SubmittedRun:
    key = run.idempotency
    if key is None:
        raise AssertionError("only an idempotency key can be in conflict")
    row = connection.execute(statements.GET_BY_KEY, {"scope": key.scope, "key": key.key}).one()
    if row.idem_hash != key.body_hash:
        raise IdempotencyConflict(key.key)
    return SubmittedRun(row.id, row.suffix, created=False, uid=row.uid)
