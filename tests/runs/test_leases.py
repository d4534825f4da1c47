"""Claims, leases, fences, and what happens to the runs of workers that are gone."""

import asyncio
from collections.abc import Callable

import pytest

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.errors import LeaseLost
from evalwright_server.runs.leases import Leases
from evalwright_server.runs.reaper import reap, reap_forever, recover
from evalwright_server.runs.records import Fence, Finish, NewRun, RunRow
from evalwright_server.runs.sources.source import Claimed
from evalwright_server.runs.states import State
from evalwright_server.store.database import Database
from runs.sample_handlers import KIND, SOURCES

DONE = Finish(State.SUCCEEDED)


class Floor:
    """An engine, and workers that a test moves by hand."""

    def __init__(self, db: Database, space_id: int, lease_seconds: float = 15.0) -> None:
        self.engine = Engine(db, lease_seconds=lease_seconds)
        self.space_id = space_id

    def worker(self, name: str) -> Leases:
        return Leases(self.engine, name, SOURCES)

    async def submit(self, **options: int | float | str) -> int:
        run = NewRun(KIND, self.space_id, {"rows": 10}, **options)  # type: ignore[arg-type]
        submitted = await self.engine.db.write(
            lambda connection: self.engine.submit(connection, run)
        )
        return submitted.id

    async def claim(self, worker: Leases, queue: str = "default") -> Claimed:
        [(claimed, _assignment)] = await worker.claim(queue, 1)
        return claimed

    async def cancel(self, run_id: int) -> RunRow:
        return await self.engine.db.write(lambda connection: self.engine.cancel(connection, run_id))

    async def row(self, run_id: int) -> RunRow:
        row = await self.engine.db.read(lambda connection: self.engine.get(connection, run_id))
        assert row is not None
        return row


@pytest.fixture
def floor(db: Database, space_id: int) -> Floor:
    return Floor(db, space_id)


@pytest.fixture
def hasty(db: Database, space_id: int) -> Floor:
    """Leases that have run out when they are given."""
    return Floor(db, space_id, lease_seconds=-1)


async def test_a_claim_gives_a_lease_and_an_attempt(floor: Floor) -> None:
    run_id = await floor.submit()
    claimed = await floor.claim(floor.worker("w"))
    row = await floor.row(run_id)
    assert claimed.run == row
    assert (row.state, row.owner, row.attempt) == (State.RUNNING, "w", 1)
    assert row.started_at is not None
    assert claimed.payload == {"rows": 10}


async def test_urgent_runs_come_first_then_older_ones(floor: Floor) -> None:
    numbers = [await floor.submit(priority=priority) for priority in (0, 5, -1, 5)]
    claims = await floor.worker("w").claim("default", 10)
    order = [claimed.run.id for claimed, _ in claims]
    assert order == [numbers[1], numbers[3], numbers[0], numbers[2]]


async def test_queues_are_apart(floor: Floor) -> None:
    run_id = await floor.submit(queue="gpu")
    worker = floor.worker("w")
    assert await worker.claim("default", 10) == []
    assert (await floor.claim(worker, "gpu")).run.id == run_id


async def test_no_run_is_claimed_twice(floor: Floor) -> None:
    """Workers claim at the same time, and each run goes to one of them."""
    submitted = {await floor.submit() for _ in range(60)}
    workers = [floor.worker(f"w{index}") for index in range(10)]
    claims = await asyncio.gather(*(worker.claim("default", 4) for worker in workers * 2))
    claimed = [each.run.id for claim in claims for each, _ in claim]
    assert sorted(claimed) == sorted(submitted)


Write = Callable[[Leases, Claimed], object]


@pytest.mark.parametrize(
    "write",
    [
        lambda worker, claimed: worker.begin(claimed),
        lambda worker, claimed: worker.store(claimed, [{"row": 1}]),
        lambda worker, claimed: worker.finish(claimed, DONE),
        lambda worker, claimed: worker.hand_back(claimed.fence),
    ],
    ids=["begin", "store", "finish", "hand_back"],
)
@pytest.mark.parametrize("same_name", [True, False], ids=["same worker", "other worker"])
async def test_a_zombie_changes_nothing(hasty: Floor, write: Write, same_name: bool) -> None:
    """A worker that slept through its lease finds the run in other hands, even in its own."""
    run_id = await hasty.submit()
    zombie = hasty.worker("zombie")
    stale = await hasty.claim(zombie)
    assert await reap(hasty.engine) == 1
    second = await hasty.claim(hasty.worker("zombie" if same_name else "second"))
    before = await hasty.row(run_id)
    with pytest.raises(LeaseLost):
        await write(zombie, stale)  # type: ignore[misc]
    assert await hasty.row(run_id) == before
    assert (await zombie.renew([stale.fence])).lost == {stale.fence}
    assert second.fence == Fence(run_id, 2)


async def test_a_final_run_stays_as_it_ended(floor: Floor) -> None:
    run_id = await floor.submit()
    worker = floor.worker("w")
    claimed = await floor.claim(worker)
    await worker.finish(claimed, DONE)
    ended = await floor.row(run_id)
    with pytest.raises(LeaseLost):
        await worker.finish(claimed, Finish(State.FAILED, "changed my mind"))
    await reap(floor.engine)
    await worker.abandon()
    assert await floor.row(run_id) == ended
    assert (ended.state, ended.owner) == (State.SUCCEEDED, None)
    assert ended.finished_at is not None


async def test_renewing_keeps_a_run(floor: Floor) -> None:
    claimed = None
    await floor.submit()
    worker = floor.worker("w")
    claimed = await floor.claim(worker)
    assert await worker.renew([claimed.fence]) == await worker.inspect([claimed.fence])
    assert await reap(floor.engine) == 0
    assert (await floor.row(claimed.run.id)).version == claimed.run.version


async def test_attempts_are_used_up(hasty: Floor) -> None:
    """A run that takes every worker down with it is given up."""
    run_id = await hasty.submit(max_attempts=2)
    for _ in range(2):
        await hasty.claim(hasty.worker("w"))
        await reap(hasty.engine)
    row = await hasty.row(run_id)
    assert row.state is State.FAILED
    assert row.failure_reason == (
        "given up after 2 attempts: each time its worker died or stopped answering"
    )


async def test_a_worker_that_is_gone_loses_its_runs_at_once(floor: Floor) -> None:
    mine, asked = await floor.submit(), await floor.submit()
    worker = floor.worker("w")
    await worker.claim("default", 2)
    await floor.cancel(asked)
    others = await floor.submit()
    await floor.claim(floor.worker("other"))
    await worker.abandon()
    states = [(await floor.row(run_id)).state for run_id in (mine, asked, others)]
    assert states == [State.QUEUED, State.CANCELLED, State.RUNNING]
    assert (await floor.row(asked)).failure_reason == "cancelled on request"


async def test_handing_back_costs_no_attempt(floor: Floor) -> None:
    """Or a server that is restarted often would fail its longest runs."""
    run_id = await floor.submit(max_attempts=1)
    worker = floor.worker("w")
    for _ in range(3):
        claimed = await floor.claim(worker)
        await worker.store(claimed, [{"row": 1}])
        await worker.hand_back(claimed.fence)
    row = await floor.row(run_id)
    assert (row.state, row.attempt, row.progress.done) == (State.QUEUED, 3, 3)


async def test_a_run_asked_to_stop_is_cancelled_when_handed_back(floor: Floor) -> None:
    run_id = await floor.submit()
    worker = floor.worker("w")
    claimed = await floor.claim(worker)
    asked = await floor.cancel(run_id)
    assert (asked.state, asked.cancel_requested) == (State.RUNNING, True)
    assert await floor.cancel(run_id) == asked
    assert (await worker.renew([claimed.fence])).cancelled == {claimed.fence}
    await worker.hand_back(claimed.fence)
    assert (await floor.row(run_id)).state is State.CANCELLED


async def test_nobody_is_cancelled_who_was_not_asked_to(floor: Floor) -> None:
    """A worker that mistakes some signal for a cancellation must not end a run."""
    run_id = await floor.submit()
    worker = floor.worker("w")
    claimed = await floor.claim(worker)
    with pytest.raises(LeaseLost):
        await worker.finish(claimed, Finish(State.CANCELLED, "I thought so"))
    assert (await floor.row(run_id)).state is State.RUNNING


async def test_cancelling_and_finishing_race_to_one_end(floor: Floor) -> None:
    """Whoever comes first, the run ends once, and everybody is told the same."""
    worker = floor.worker("w")
    for index in range(20):
        run_id = await floor.submit()
        claimed = await floor.claim(worker)
        pair = [worker.finish(claimed, DONE), floor.cancel(run_id)]
        outcomes = await asyncio.gather(*pair[:: 1 if index % 2 else -1], return_exceptions=True)
        row = await floor.row(run_id)
        assert row.state is State.SUCCEEDED
        assert row.failure_reason is None
        refused = [each for each in outcomes if isinstance(each, Exception)]
        assert len(refused) == (0 if row.cancel_requested else 1)


async def test_deadlines_end_runs(floor: Floor) -> None:
    """Queued or running; and whoever worked on one finds it lost."""
    queued = await floor.submit(deadline_seconds=-1.0, queue="nobody")
    running = await floor.submit(deadline_seconds=-1.0)
    later = await floor.submit(deadline_seconds=60.0, queue="later")
    worker = floor.worker("w")
    claimed = await floor.claim(worker)
    assert await reap(floor.engine) == 2
    rows = [await floor.row(run_id) for run_id in (queued, running, later)]
    assert [row.state for row in rows] == [State.TIMEOUT, State.TIMEOUT, State.QUEUED]
    assert rows[0].failure_reason == "its deadline passed before it ended"
    assert (await worker.renew([claimed.fence])).lost == {claimed.fence}


async def test_the_deadline_goes_with_the_assignment(floor: Floor) -> None:
    await floor.submit(deadline_seconds=60.0)
    [(_claimed, assignment)] = await floor.worker("w").claim("default", 1)
    assert assignment.deadline_in is not None
    assert 50 < assignment.deadline_in <= 60


async def test_a_new_server_takes_over_a_sqlite_database(floor: Floor) -> None:
    """Only one process can have it, so whoever held a lease is gone; elsewhere they may live."""
    run_id = await floor.submit()
    await floor.claim(floor.worker("w"))
    is_sqlite = floor.engine.db.dialect == "sqlite"
    assert await recover(floor.engine) == is_sqlite
    assert (await floor.row(run_id)).state is (State.QUEUED if is_sqlite else State.RUNNING)


async def test_the_reaper_wakes_waiters(hasty: Floor) -> None:
    run_id = await hasty.submit(max_attempts=1)
    await hasty.claim(hasty.worker("w"))
    waiting = asyncio.create_task(hasty.engine.wait(run_id, since_version=None, timeout=30))
    reaping = asyncio.create_task(reap_forever(hasty.engine))
    assert (await waiting).state is State.FAILED
    reaping.cancel()


def test_a_finish_needs_a_final_state_and_a_reason() -> None:
    with pytest.raises(ValueError, match="final state"):
        Finish(State.RUNNING)
    with pytest.raises(ValueError, match="needs a failure_reason"):
        Finish(State.FAILED)
