"""How to wait for a run, as a plan that asks for polls and pauses.

The plan is a generator without clock, network or sleep of its own. It yields `Ask` and is sent an
`Answer` or a `Failure`; it yields `Pause` and is sent None when the time has passed.
"""

import logging
import math
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from evalwright._errors.api import APIError
from evalwright._errors.base import EvalwrightError
from evalwright._errors.invalid import FieldError
from evalwright._errors.network import ConnectionFailed, Timeout
from evalwright._fields import refuse, shown
from evalwright._retry import TRANSIENT, Clock, retry_after

if TYPE_CHECKING:
    from evalwright_api.models import TaskRun

MAX_HOLD: Final = 25
"""Seconds to let the server hold a poll; proxies cut idle connections from 30 s on."""

REPLY_GRACE: Final = 10.0
"""Seconds a reply may take beyond the hold."""

PROGRESS_GAP: Final = 0.04
"""Seconds between two looks at a run that changes all the time; below what an eye notices."""

FINAL: Final = frozenset({"completed", "failed", "cancelled"})
"""States that a run of a task never leaves."""

_R = TypeVar("_R")
_log = logging.getLogger("evalwright")


@dataclass(frozen=True, slots=True)
class Ask:
    """Read the run."""

    hold: int
    """Seconds the server may hold the answer back; 0 for an answer at once."""

    etag: str | None
    """The version known here; with it, the server answers as soon as there is another."""

    timeout: float
    """Seconds to wait for the answer."""

    @property
    def prefer(self) -> str | None:
        """The value of the header that asks the server to hold the answer back."""
        return f"wait={self.hold}" if self.hold else None


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer(Generic[_R]):
    """The run as the server has it."""

    run: _R | None
    """None when it is still the version asked about."""

    etag: str | None
    held: float
    """How many seconds the server says it would wait (Preference-Applied); 0 if it would not."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A poll that brought no run."""

    error: EvalwrightError


class OutOfTime(Exception):
    """The deadline passed; `last` is the run as last seen."""

    def __init__(self, last: object) -> None:
        super().__init__(last)
        self.last = last


Reply = Answer[_R] | Failure | None
Plan = Generator[Ask | Pause, Reply[_R], _R]


def check_times(*, poll_interval: object, timeout: object) -> None:
    """Refuse waits that can't work.

    Raises:
        InvalidRequest: Naming every argument that is not a positive, finite number.
    """
    given = {"poll_interval": poll_interval, "timeout": timeout}
    refuse(
        [
            FieldError(name, "is not usable", shown(value), "a finite number of seconds above 0")
            for name, value in given.items()
            if not isinstance(value, int | float) or not 0 < value < math.inf
        ]
    )


@dataclass(slots=True)
class Waiting(Generic[_R]):
    """One wait.

    Where the server holds polls back, the end is noticed as it happens and `poll_interval` plays
    no part. Errors that may pass don't end the wait; those that can't pass do.
    """

    poll_interval: float
    timeout: float
    clock: Clock
    finished: Callable[[_R], bool]
    on_progress: Callable[[_R], object] | None = None
    last: _R | None = None
    etag: str | None = None
    failures: int = 0
    deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self.deadline = self.clock.monotonic() + self.timeout

    def plan(self) -> Plan[_R]:
        """Give the steps; the plan returns the finished run.

        Raises:
            OutOfTime: The run did not finish in time.
            EvalwrightError: A poll failed in a way that will not pass.
        """
        while True:
            ask, asked_at = self._ask(), self.clock.monotonic()
            reply = yield ask
            if isinstance(reply, Failure):
                seconds = self._after_failure(reply.error)
            else:
                assert reply is not None  # noqa: S101 - every Ask is answered
                if reply.run is not None and self.finished(reply.run):
                    self._show(reply.run)
                    return reply.run
                seconds = self._after_answer(ask, reply, self.clock.monotonic() - asked_at)
            if seconds > 0:
                yield Pause(seconds)

    def _left(self) -> float:
        return max(self.deadline - self.clock.monotonic(), 0.0)

    def _ask(self) -> Ask:
        left = self._left()
        # Without a version to compare, a held poll would sit on the first sign of progress.
        may_hold = self.on_progress is None or self.etag is not None
        # Half a second less, so that the answer comes before the deadline does.
        hold = max(math.floor(min(MAX_HOLD, left - 0.5)), 0) if may_hold else 0
        etag = self.etag if self.on_progress is not None else None
        return Ask(hold, etag, min(hold + REPLY_GRACE, max(left, 1.0)))

    def _after_answer(self, ask: Ask, reply: Answer[_R], took: float) -> float:
        self.failures = 0
        first = self.last is None
        changed = reply.run is not None and (ask.etag is None or reply.etag != ask.etag)
        if reply.run is not None:
            self.last, self.etag = reply.run, reply.etag
            if changed:
                self._show(reply.run)
        left = self._left()
        if left <= 0:
            raise OutOfTime(self.last)
        if ask.hold == 0 and first and self.etag is not None and self.on_progress is not None:
            return 0.0  # nothing was held yet; the next poll finds out whether it can be
        limit = min(ask.hold, reply.held)
        honest = took >= limit / 2 or (changed and ask.etag is not None)
        if limit > 0 and honest:
            return min(max(PROGRESS_GAP - took, 0.0), left) if changed else 0.0
        return min(self.poll_interval, left)

    def _after_failure(self, error: EvalwrightError) -> float:
        if not is_transient(error):
            raise error
        left = self._left()
        if left <= 0:
            raise OutOfTime(self.last) from error
        self.failures += 1
        top = min(self.poll_interval, 0.25 * 2.0 ** min(self.failures, 30))
        # Not full jitter: a draw near 0 would hammer a server that is down.
        seconds = top / 2 + self.clock.random() * top / 2
        if isinstance(error, APIError):
            asked = retry_after(error.headers.get("retry-after"), now=self.clock.wall())
            seconds = seconds if asked is None else asked
        return min(seconds, left)

    def _show(self, run: _R) -> None:
        if self.on_progress is None:
            return
        try:
            self.on_progress(run)
        except Exception:  # a broken progress bar must not lose the run's result
            _log.exception("on_progress failed; the wait goes on")


def applied_wait(header: str | None) -> float:
    """Read how long the server would wait from Preference-Applied (RFC 7240), 0 for not at all."""
    found = re.search(r"(?:^|[\s,;])wait\s*=\s*\"?(\d{1,6})", header or "")
    return float(found[1]) if found else 0.0


def is_finished(run: "TaskRun") -> bool:
    """Say whether a run has ended; also in a state that a newer server made up."""
    if run.status.is_known:
        return run.status in FINAL
    return run.run_finished_at is not None


def is_transient(error: EvalwrightError) -> bool:
    """Say whether a failed poll may succeed later."""
    if isinstance(error, APIError):
        return error.status in TRANSIENT
    return isinstance(error, ConnectionFailed | Timeout)
