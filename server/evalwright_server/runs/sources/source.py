"""The seam between the engine and a kind of run, on the server's side.

Workers have no database. They page through what is to be done and send results back, both as JSON
objects whose shape is a matter between a kind's source and its handler.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol, TypeAlias

from pydantic import JsonValue
from sqlalchemy import Connection

from evalwright_server.runs.records import Beginning, Fence, Finish, RunRow

Item: TypeAlias = Mapping[str, JsonValue]
"""One thing to do, or one result."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that a worker has, as it was when it was claimed."""

    run: RunRow
    payload: Mapping[str, JsonValue]

    @property
    def fence(self) -> Fence:
        """What guards every write about this attempt."""
        return Fence(self.run.id, self.run.attempt)


@dataclass(frozen=True, slots=True)
class Census:
    """What became of the rows that a page looked at, whether it returns them or not.

    Attributes:
        rows: How many it looked at.
        passed: How many of them the task's filter lets through.
        matched: How many of those each evaluator is to judge, or has judged already.
        skipped: How many pairs of row and evaluator another run has settled.
        unsampled: How many rows it passed over because they are not in the sample.
        beyond: How many it left out because the run has as many rows as it may have.
    """

    rows: int = 0
    passed: int = 0
    matched: tuple[int, ...] = ()
    skipped: int = 0
    unsampled: int = 0
    beyond: int = 0

    @property
    def excluded(self) -> int:
        """How many pairs of row and evaluator are not considered after all."""
        rows = self.rows + self.unsampled + self.beyond
        return rows * len(self.matched) - sum(self.matched)

    def __add__(self, other: "Census") -> "Census":
        return Census(
            self.rows + other.rows,
            self.passed + other.passed,
            tuple(map(sum, zip_longest(self.matched, other.matched, fillvalue=0))),
            self.skipped + other.skipped,
            self.unsampled + other.unsampled,
            self.beyond + other.beyond,
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what is to be done; `cursor` continues, None ends.

    A source that counts what is to be done before it knows which rows count says in `census` what
    it found; the run's counters follow it.

    Attributes:
        items: What is to be done.
        cursor: Where the next page begins.
        census: What became of the rows that were looked at.
        skips: Row and evaluator of each pair that another run has settled. Workers don't see it.
    """

    items: Sequence[Item]
    cursor: JsonValue
    census: Census = Census()
    skips: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many units a batch of results settled, by outcome."""

    succeeded: int = 0
    failed: int = 0
    skipped: int = 0


class Source(Protocol):
    """Serves the workers of one kind of run.

    A run may be interrupted after any call and be started again, so `begin` and `page` leave out
    what an earlier attempt has stored.
    """

    def begin(self, connection: Connection, claimed: Claimed) -> Beginning:
        """Count what there is to do, and what is already done or needs no doing."""
        ...

    def page(self, connection: Connection, claimed: Claimed, cursor: JsonValue, limit: int) -> Page:
        """Return the next things to do; the first page has the cursor None."""
        ...

    def store(
        self, connection: Connection, claimed: Claimed, items: Sequence[Item]
    ) -> Tally | None:
        """Keep results. In one transaction with the run's counters, behind its fence.

        None leaves the run's row as it is; only who listens to its output is told.
        """
        ...


class Conclusion(Protocol):
    """Keeps what is left of runs of one kind when they end.

    Called in the transaction in which a run ends, however it ends: by its worker, cancelled before
    it started, past its deadline, or given up. So a run and what is kept of it always agree.
    """

    def conclude(self, connection: Connection, run: RunRow, finish: Finish | None) -> Iterable[str]:
        """Keep it, and return the topics to signal once it is committed.

        Args:
            connection: The transaction.
            run: The run as it has just ended.
            finish: What its worker reported; None if it ended without one.
        """
        ...
