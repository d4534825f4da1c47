"""How a run is waited for: the plan driven by a server of three lines and a clock of one."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalwright._retry import Clock
from evalwright._waiting import (
    MAX_HOLD,
    PROGRESS_GAP,
    Answer,
    Ask,
    Failure,
    OutOfTime,
    Pause,
    Waiting,
    applied_wait,
    check_times,
)
from evalwright.errors import (
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    RateLimited,
    ServerError,
    Timeout,
)

DOWN = ConnectionFailed(base_url="http://x", reason="refused")


@dataclass
class Run:
    """A run that ends at a moment and changes every now and then."""

    end: float
    changes: list[float] = field(default_factory=list)

    def version(self, now: float) -> int:
        return sum(moment <= now for moment in [*self.changes, self.end])


@dataclass
class World:
    """A server and the time; a poll takes 1 ms."""

    run: Run
    holds: bool = True
    longest: float = 60.0
    now: float = 0.0
    draw: float = 0.5
    asked: int = 0
    steps: list[Ask | Pause] = field(default_factory=list)
    script: dict[int, Failure] = field(default_factory=dict)

    def answer(self, ask: Ask) -> Answer[int] | Failure:
        self.steps.append(ask)
        self.now += 0.001
        self.asked += 1
        if self.asked in self.script:
            return self.script[self.asked]
        if self.holds and ask.hold:
            self.now = self.released(ask)
        version = self.run.version(self.now)
        etag = f'"{version}"'
        held = float(min(ask.hold, self.longest)) if self.holds else 0.0
        return Answer(None if ask.etag == etag else version, etag, held)

    def released(self, ask: Ask) -> float:
        moments = [self.run.end] if ask.etag is None else [*self.run.changes, self.run.end]
        later = [moment for moment in moments if moment > self.now]
        news = ask.etag is not None and ask.etag != f'"{self.run.version(self.now)}"'
        if news or not later:
            return self.now
        return min([*later, self.now + min(ask.hold, self.longest)])

    def wait(
        self,
        *,
        timeout: float = 600.0,
        poll_interval: float = 5.0,
        on_progress: Callable[[int], object] | None = None,
    ) -> int:
        last = len(self.run.changes) + 1
        waiting = Waiting[int](
            poll_interval=poll_interval,
            timeout=timeout,
            clock=Clock(lambda: self.now, lambda: self.now, lambda: self.draw),
            finished=lambda version: version == last,
            on_progress=on_progress,
        )
        plan = waiting.plan()
        reply: Answer[int] | Failure | None = None
        while True:
            try:
                step = plan.send(reply)
            except StopIteration as end:
                version: int = end.value
                return version
            if isinstance(step, Pause):
                self.steps.append(step)
                self.now += step.seconds
                reply = None
            else:
                reply = self.answer(step)

    @property
    def asks(self) -> list[Ask]:
        return [step for step in self.steps if isinstance(step, Ask)]

    @property
    def pauses(self) -> list[float]:
        return [step.seconds for step in self.steps if isinstance(step, Pause)]


@given(end=st.floats(0, 590), changes=st.lists(st.floats(0, 590), max_size=5))
def test_a_server_that_holds_tells_at_once(end: float, changes: list[float]) -> None:
    world = World(Run(end, [moment for moment in changes if moment < end]))
    world.wait()
    assert world.now <= end + 0.005
    assert len(world.asks) <= end / MAX_HOLD + 2


@given(end=st.floats(0, 590), changes=st.lists(st.floats(0, 590), max_size=5))
def test_with_progress_the_end_is_noticed_within_50_ms(end: float, changes: list[float]) -> None:
    seen: list[int] = []
    world = World(Run(end, [moment for moment in changes if moment < end]))
    version = world.wait(on_progress=seen.append)
    assert world.now <= end + 0.05
    assert seen == sorted(set(seen)), "shown once each, in order"
    assert seen[-1] == version


@given(end=st.floats(0, 590), interval=st.floats(1, 60))
def test_a_server_that_does_not_hold_is_asked_every_interval(end: float, interval: float) -> None:
    world = World(Run(end), holds=False)
    world.wait(poll_interval=interval)
    assert world.now <= end + interval + 0.01 + 0.001 * len(world.asks)
    assert all(pause == pytest.approx(interval) or pause < interval for pause in world.pauses)
    assert len(world.asks) <= end / interval + 2


def test_progress_without_holding_costs_no_more_than_the_interval() -> None:
    world = World(Run(20.0, [1.0, 2.0, 11.0]), holds=False)
    seen: list[int] = []
    world.wait(on_progress=seen.append)
    assert seen == [0, 2, 3, 4]
    assert len(world.asks) <= 20 / 5 + 3


@given(
    timeout=st.floats(0.01, 300),
    interval=st.floats(0.5, 50),
    holds=st.booleans(),
    show=st.booleans(),
)
def test_gives_up_at_the_deadline(timeout: float, interval: float, holds: bool, show: bool) -> None:
    """With one last look when time is up, and the run as last seen."""
    world = World(Run(1e9), holds=holds)
    with pytest.raises(OutOfTime) as caught:
        world.wait(
            timeout=timeout, poll_interval=interval, on_progress=(lambda _: None) if show else None
        )
    assert caught.value.last == 0
    assert timeout <= world.now <= timeout + 0.01
    assert all(ask.hold <= timeout for ask in world.asks)


def test_nothing_shown_means_one_held_poll_until_the_end() -> None:
    """Progress would release polls that nobody wants to see."""
    world = World(Run(20.0, [float(moment) for moment in range(1, 20)]))
    world.wait()
    assert [ask.etag for ask in world.asks] == [None]


def test_a_busy_run_is_not_looked_at_more_often_than_eyes_can_follow() -> None:
    world = World(Run(10.0, [moment / 1000 for moment in range(1, 9999)]))
    world.wait(on_progress=lambda _: None)
    assert len(world.asks) <= 10.0 / PROGRESS_GAP + 2


def test_a_server_that_only_claims_to_hold_is_not_hammered() -> None:
    class Liar(World):
        def released(self, _: Ask) -> float:
            return self.now

    world = Liar(Run(60.0))
    world.wait(poll_interval=5.0)
    assert len(world.asks) <= 60 / 5 + 2
    world = Liar(Run(60.0))
    world.wait(poll_interval=5.0, on_progress=lambda _: None)
    assert len(world.asks) <= 60 / 5 + 3


@pytest.mark.parametrize(
    "error",
    [
        DOWN,
        Timeout(method="GET", path="/", timeout=1.0),
        ServerError(status=503, method="GET", path="/"),
        RateLimited(status=429, method="GET", path="/"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_that_may_pass_do_not_end_the_wait(error: ConnectionFailed) -> None:
    world = World(Run(1.0), script={1: Failure(error), 2: Failure(error), 3: Failure(error)})
    assert world.wait() == 1


def test_errors_that_stay_end_the_wait() -> None:
    error = NotFound(status=404, method="GET", path="/")
    with pytest.raises(NotFound):
        World(Run(1.0), script={2: Failure(error)}).wait(on_progress=lambda _: None)


def test_a_server_that_holds_for_less_than_asked_is_still_a_server_that_holds() -> None:
    world = World(Run(60.0), longest=7.0)
    world.wait()
    assert world.now <= 60.01
    assert len(world.asks) == 60 // 7 + 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("wait=25", 25),
        ("respond-async, wait=10", 10),
        ('wait = "5"; x=y', 5),
        ("await=3", 0),
        ("wait", 0),
        ("wait=-1", 0),
    ],
)
def test_what_the_server_applied(header: str | None, seconds: float) -> None:
    assert applied_wait(header) == seconds


def test_pauses_after_errors_grow_up_to_the_interval() -> None:
    world = World(Run(1.0), draw=0.999, script={n: Failure(DOWN) for n in range(1, 8)})
    world.wait()
    assert world.pauses == sorted(world.pauses)
    assert world.pauses[0] < 0.5 <= world.pauses[1]
    assert world.pauses[-1] <= 5.0


def test_pauses_after_errors_are_never_near_nothing() -> None:
    world = World(Run(1.0), draw=0.0, script={n: Failure(DOWN) for n in range(1, 8)})
    world.wait()
    assert min(world.pauses) >= 0.25


def test_a_rate_limit_says_how_long() -> None:
    error = RateLimited(status=429, method="GET", path="/", headers={"retry-after": "17"})
    world = World(Run(1.0), script={1: Failure(error)})
    world.wait()
    assert world.pauses == [17.0]


def test_a_server_that_stays_away_is_the_cause_of_the_timeout() -> None:
    world = World(Run(1.0), script={n: Failure(DOWN) for n in range(1, 999)})
    with pytest.raises(OutOfTime) as caught:
        world.wait(timeout=30.0)
    assert caught.value.last is None
    assert caught.value.__cause__ is DOWN


def test_a_broken_callback_is_logged_and_the_wait_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_: int) -> None:
        raise RuntimeError("no terminal")

    assert World(Run(1.0)).wait(on_progress=broken) == 1
    assert "on_progress failed" in caplog.text


@pytest.mark.parametrize("value", [0, -1, -0.5, float("nan"), float("inf"), "5", None])
def test_times_must_be_positive(value: object) -> None:
    with pytest.raises(ValueError, match="2 fields are wrong") as caught:
        check_times(poll_interval=value, timeout=value)
    assert isinstance(caught.value, InvalidRequest)
    assert [error.path for error in caught.value.errors] == ["poll_interval", "timeout"]


def test_good_times_pass() -> None:
    check_times(poll_interval=0.1, timeout=1)
