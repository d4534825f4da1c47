"""The values that go in and out of the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from evalwright_server.runs.states import State

DEFAULT_QUEUE: Final = "default"


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's promise that two requests with this key are one.

    Attributes:
        scope: Where the key counts, such as the operation and who calls it.
        key: What the client sent.
        body_hash: Digest of everything else in the request; another digest is a conflict.
    """

    scope: str
    key: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be.

    Attributes:
        kind: One of `kinds.SOURCES`.
        space_id: Whose it is; it disappears with its space.
        payload: All that a worker needs to know.
        queue: Which workers may take it.
        priority: Within a queue higher ones start first, equal ones in order of submission.
        max_attempts: How often it may be started before a worker's death counts as its fault.
        deadline_seconds: When it ends as `timeout`, counted from now; None is never.
        idempotency: Makes submitting it twice harmless.
        uid: The public ID it is to have, where its kind gives IDs of its own.
        queue_limit: How many runs of the queue may wait; None for any number.
    """

    kind: str
    space_id: int
    payload: Mapping[str, JsonValue]
    queue: str = DEFAULT_QUEUE
    priority: int = 0
    max_attempts: int = 3
    deadline_seconds: float | None = None
    idempotency: IdempotencyKey | None = None
    uid: str | None = None
    queue_limit: int | None = None


@dataclass(frozen=True, slots=True)
class SubmittedRun:
    """Where a submitted run is found; `created` is false when the key had been used before."""

    id: int
    suffix: str
    created: bool
    uid: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, in units of its kind; `total` is None until it is known."""

    total: int | None = None
    done: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Beginning:
    """What an attempt finds.

    Attributes:
        progress: How much there is to do, and how much of that is done.
        note: What is odd about it, such as why there is nothing to do.
    """

    progress: Progress
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as its row says, without the payload.

    Attributes:
        uid: Its public ID, if that isn't made of number and suffix.
        version: Grows with every change a reader can see.
        attempt: How often it was started.
        owner: The worker that has it, while it is running.
    """

    id: int
    suffix: str
    uid: str | None
    kind: str
    space_id: int
    queue: str
    priority: int
    state: State
    version: int
    attempt: int
    max_attempts: int
    owner: str | None
    cancel_requested: bool
    progress: Progress
    result: JsonValue
    failure_reason: str | None
    note: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, order=True)
class Fence:
    """One attempt at a run. A write that names an attempt that is over changes nothing."""

    run_id: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """A run for a worker, with all it needs.

    Attributes:
        fence: What every message about this attempt carries.
        kind: Which handler runs it.
        payload: What the submitter wrote.
        deadline_in: Seconds that are left, or None.
        grants: What the worker is told in confidence; see `hooks`.
        queue: Whose slot it takes.
    """

    fence: Fence
    kind: str
    payload: Mapping[str, JsonValue]
    deadline_in: float | None = None
    grants: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)
    queue: str = DEFAULT_QUEUE


@dataclass(frozen=True, slots=True)
class Finish:
    """How an attempt ended, by its worker's account.

    Attributes:
        state: A final state.
        failure_reason: Why, for every end but `succeeded`.
        note: What is worth knowing about the result.
        result: What the run produced, for kinds that keep that in the row.
    """

    state: State
    failure_reason: str | None = None
    note: str | None = None
    result: JsonValue = None

    def __post_init__(self) -> None:
        if not self.state.is_final:
            raise ValueError(f"a run can't finish as {self.state}: expected a final state")
        if self.state is not State.SUCCEEDED and not self.failure_reason:
            raise ValueError(f"a run that ends as {self.state} needs a failure_reason")


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a worker's heartbeat found: attempts that are over, and runs asked to stop."""

    lost: frozenset[Fence] = field(default_factory=frozenset)
    cancelled: frozenset[Fence] = field(default_factory=frozenset)
