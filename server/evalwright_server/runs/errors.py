"""What the engine refuses, and why.

EngineError
├─ RunNotFound           there is no such run (any more)
├─ RunFinished           it has ended, so it can't be cancelled
├─ IdempotencyConflict   the key was used for another request
├─ QueueFull             as many runs wait as may
└─ LeaseLost             somebody else has the run now; whoever gets this stops, silently
"""

from evalwright_server.runs.records import Fence, RunRow


class EngineError(Exception):
    """Base of the engine's errors."""


class RunNotFound(EngineError):
    """There is no run with this number, or no longer."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"there is no run number {run_id}")
        self.run_id = run_id


class RunFinished(EngineError):
    """The run has ended. `row` is how."""

    def __init__(self, row: RunRow) -> None:
        super().__init__(f"the run has already ended: it is {row.state}")
        self.row = row


class IdempotencyConflict(EngineError):
    """The idempotency key was used before, with another request."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"the idempotency key {key!r} was used for a different request: "
            f"send a new key with a new request"
        )
        self.key = key


class QueueFull(EngineError):
    """As many runs wait in the queue as may; whatever the submission did is undone."""

    def __init__(self, queue: str, limit: int) -> None:
        super().__init__(f"{limit} runs are waiting in the queue {queue!r}: try again later")
        self.queue = queue
        self.limit = limit


class LeaseLost(EngineError):
    """The attempt is over: the run was given to another worker, ended, or deleted."""

    def __init__(self, fence: Fence) -> None:
        super().__init__(f"attempt {fence.attempt} at run number {fence.run_id} is over")
        self.fence = fence
