"""Limits of an integration."""

import asyncio

from evalwright_server.models.gate import Gate
from evalwright_server.services.model_access import ModelLimits
from models.conftest import Clock


async def test_no_more_than_allowed_are_inside(clock: Clock) -> None:
    gate = Gate(2, 0, clock=clock, sleep=clock.sleep)
    inside, most, leave = 0, 0, asyncio.Event()

    async def visit() -> None:
        nonlocal inside, most
        async with gate.enter():
            inside += 1
            most = max(most, inside)
            await leave.wait()
            inside -= 1

    visits = [asyncio.create_task(visit()) for _ in range(5)]
    await asyncio.sleep(0)
    leave.set()
    await asyncio.gather(*visits)
    assert most == 2


async def test_requests_begin_evenly_spaced(clock: Clock) -> None:
    gate = Gate(10, 4, clock=clock, sleep=clock.sleep)
    moments = []
    for _ in range(4):
        async with gate.enter():
            moments.append(clock.now)
    assert moments == [0.0, 0.25, 0.5, 0.75]


async def test_idle_time_is_not_saved_up(clock: Clock) -> None:
    """A provider's limit holds for every second, not for the average of the day."""
    gate = Gate(10, 1, clock=clock, sleep=clock.sleep)
    async with gate.enter():
        clock.now = 100.0
    moments = []
    for _ in range(3):
        async with gate.enter():
            moments.append(clock.now)
    assert moments == [100.0, 101.0, 102.0]


async def test_a_hold_is_for_everybody(clock: Clock) -> None:
    gate = Gate(10, 0, clock=clock, sleep=clock.sleep)
    gate.hold(5)
    gate.hold(3)
    async with gate.enter():
        assert clock.now == 5.0
    async with gate.enter():
        assert clock.now == 5.0


def test_workers_share_what_an_integration_allows() -> None:
    """Together they stay within it; one at a time is the least a worker can do."""
    assert ModelLimits(8, 4, 60).share(2) == ModelLimits(4, 2, 60)
    assert ModelLimits(2, 1, 60).share(4) == ModelLimits(1, 0.25, 60)
    assert ModelLimits(8).share(0) == ModelLimits(8)
