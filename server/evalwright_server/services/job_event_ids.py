"""IDs of the events of a job: places in an order that stays the same while the job goes on.

An attempt starts, writes, and is queued again or ends; then another one may start. So a place is
an attempt, a stage of it and, while it writes, the number of a piece. Written, it is `2-17` for the
17th piece of the second attempt, and `2-running` for the status at its start.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from evalwright_server.runs.states import State

EXPECTED: Final = "expected the id of an event of this job, as it came with that event"

_WRITTEN: Final = re.compile(r"(\d{1,9})-(?:(\d{1,9})|([a-z]{2,10}))", re.ASCII)


class Stage(IntEnum):
    """How far an attempt is."""

    STARTED = 0
    WRITING = 1
    QUEUED = 2
    ENDED = 3


@dataclass(frozen=True, slots=True, order=True)
class EventId:
    """A place in the order of a job's events.

    Attributes:
        attempt: Which attempt; 0 before the first one.
        stage: Of the attempt.
        seq: The number of a piece of output, from 1; otherwise 0.
        state: The state at the end; otherwise empty.
    """

    attempt: int
    stage: Stage
    seq: int = 0
    state: str = ""

    @classmethod
    def of_state(cls, attempt: int, state: State) -> Self:
        """Return the ID of the event that tells a state."""
        match state:
            case State.QUEUED:
                return cls(attempt, Stage.QUEUED)
            case State.RUNNING:
                return cls(attempt, Stage.STARTED)
            case _:
                return cls(attempt, Stage.ENDED, state=state)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read an ID.

        Raises:
            ValueError: It is none.
        """
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise ValueError(EXPECTED)
        attempt, seq, state = int(match[1]), int(match[2] or 0), match[3]
        if state is None:
            found = cls(attempt, Stage.WRITING, seq)
        elif state in set(State):
            found = cls.of_state(attempt, State(state))
        else:
            raise ValueError(EXPECTED)
        if str(found) != text:
            raise ValueError(EXPECTED)
        return found

    def __str__(self) -> str:
        match self.stage:
            case Stage.STARTED:
                return f"{self.attempt}-{State.RUNNING}"
            case Stage.WRITING:
                return f"{self.attempt}-{self.seq}"
            case Stage.QUEUED:
                return f"{self.attempt}-{State.QUEUED}"
            case Stage.ENDED:
                return f"{self.attempt}-{self.state}"
