"""The lifecycle of a run, as pure data.

    queued ──▶ running ──▶ succeeded | failed | timeout | oom | cancelled
      ▲           │
      └───────────┘  the worker died or handed it back

A queued run can be cancelled, or pass its deadline, without ever running. Final states are final:
to do something again is a new run.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMEOUT = "timeout"
    OOM = "oom"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the run has ended."""
        return not TRANSITIONS[self]


_ENDS: Final = frozenset(
    {State.SUCCEEDED, State.FAILED, State.TIMEOUT, State.OOM, State.CANCELLED},
)

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED, State.TIMEOUT}),
    State.RUNNING: _ENDS | {State.QUEUED},
} | {end: frozenset[State]() for end in _ENDS}
"""Which states may follow which."""
