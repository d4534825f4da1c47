"""The lifecycle as a model: whatever workers, cancellers and reapers do, in whatever order."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)
from hypothesis.strategies import sampled_from

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import LeaseLost, RunFinished
from evalwright_server.runs.leases import Leases
from evalwright_server.runs.reaper import reap
from evalwright_server.runs.records import Finish, NewRun, RunRow
from evalwright_server.runs.sources.source import Claimed
from evalwright_server.runs.states import TRANSITIONS, State
from evalwright_server.store.database import Database
from evalwright_server.store.dialects import sqlite_url
from runs.conftest import make_space
from runs.sample_handlers import KIND, SOURCES

T = TypeVar("T")
ENDS = [Finish(State.SUCCEEDED), Finish(State.FAILED, "x"), Finish(State.CANCELLED, "x")]


def test_final_states_are_those_without_successor() -> None:
    final = {state for state in State if state.is_final}
    assert final == set(State) - {State.QUEUED, State.RUNNING}
    assert set(TRANSITIONS) == set(State)


class Lifecycle(RuleBasedStateMachine):
    """Runs in a real database, against what the lifecycle allows."""

    claims = Bundle("claims")

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.db = self.wait(Database.open(sqlite_url(Path(self.folder.name) / "runs.db")))
        self.engine = Engine(self.db)
        self.hasty = Engine(self.db, lease_seconds=-1)
        self.space = self.wait(self.db.write(make_space))
        self.rows: dict[int, RunRow] = {}

    def wait(self, awaitable: Awaitable[T]) -> T:
        async def main() -> T:
            return await awaitable

        return self.runner.run(main())

    def teardown(self) -> None:
        self.wait(self.db.close())
        self.runner.close()
        self.folder.cleanup()

    @rule(max_attempts=sampled_from([1, 3]))
    def submit(self, max_attempts: int) -> None:
        run = NewRun(KIND, self.space, {"rows": 1}, max_attempts=max_attempts)
        self.wait(self.db.write(lambda connection: self.engine.submit(connection, run)))

    @rule(target=claims, owner=sampled_from("ab"), is_hasty=sampled_from([False, True]))
    def claim(self, owner: str, is_hasty: bool) -> object:
        worker = Leases(self.hasty if is_hasty else self.engine, owner, SOURCES)
        found = self.wait(worker.claim("default", 1))
        return multiple(*((worker, claimed) for claimed, _ in found))

    def attempt(self, claim: tuple[Leases, Claimed], write: Callable[[], Awaitable[None]]) -> None:
        """Write as a worker: exactly its own, current attempt may."""
        worker, claimed = claim
        row = self.rows[claimed.run.id]
        may = (row.state, row.owner, row.attempt) == (
            State.RUNNING,
            worker.owner,
            claimed.fence.attempt,
        )
        try:
            self.wait(write())
        except LeaseLost:
            assert not may
        else:
            assert may

    @rule(claim=claims)
    def store(self, claim: tuple[Leases, Claimed]) -> None:
        worker, claimed = claim
        self.attempt(claim, lambda: worker.store(claimed, [{"row": 0}]))

    @rule(claim=claims)
    def hand_back(self, claim: tuple[Leases, Claimed]) -> None:
        worker, claimed = claim
        self.attempt(claim, lambda: worker.hand_back(claimed.fence))

    @rule(claim=claims, finish=sampled_from(ENDS))
    def finish(self, claim: tuple[Leases, Claimed], finish: Finish) -> None:
        worker, claimed = claim
        if finish.state is State.CANCELLED and not self.rows[claimed.run.id].cancel_requested:
            return
        self.attempt(claim, lambda: worker.finish(claimed, finish))

    @rule(claim=claims)
    def cancel(self, claim: tuple[Leases, Claimed]) -> None:
        run_id = claim[1].run.id
        was_final = self.rows[run_id].state.is_final
        try:
            self.wait(self.db.write(lambda connection: self.engine.cancel(connection, run_id)))
        except RunFinished:
            assert was_final
        else:
            assert not was_final

    @rule(owner=sampled_from("ab"))
    def abandon(self, owner: str) -> None:
        self.wait(Leases(self.engine, owner, SOURCES).abandon())

    @rule()
    def reap(self) -> None:
        self.wait(reap(self.engine))

    @invariant()
    def only_allowed_changes_happened(self) -> None:
        numbers = range(1, len(self.rows) + 2)
        rows = self.wait(self.db.read(lambda connection: self.engine.get_many(connection, numbers)))
        for run_id, row in rows.items():
            before = self.rows.get(run_id, row)
            assert row.state is before.state or row.state in TRANSITIONS[before.state]
            assert row.version >= before.version
            assert (row.version == before.version) == (row == before)
            assert row == before or not before.state.is_final
            assert row.attempt >= before.attempt
            assert (row.owner is not None) == (row.state is State.RUNNING)
            assert (row.finished_at is not None) == row.state.is_final
            assert (row.failure_reason is not None) == (
                row.state.is_final and row.state is not State.SUCCEEDED
            )
            assert row.attempt <= row.max_attempts
        self.rows = rows


TestLifecycle = pytest.mark.slow(Lifecycle.TestCase)
TestLifecycle.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
