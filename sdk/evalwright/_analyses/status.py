"""How far an analysis has come."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from evalwright_api import models

FINAL: Final = frozenset({"completed", "failed", "cancelled"})
"""Words for analyses that have ended."""


@dataclass(frozen=True, slots=True)
class AsyncJobStatus:
    """How far an analysis had come when it was looked at.

    Members can be read by name, too, as in `status["progress_percent"]`.
    """

    job_id: str
    """The analysis."""

    job_type: str
    """What kind it is: `evaluation`, `failure_analysis`, `security` or `redteam`."""

    status: str
    """`queued`, `running`, `completed`, `failed` or `cancelled`."""

    progress_percent: float
    """How much of it is done, from 0 to 100."""

    current_item: int
    """How many items are done."""

    total_items: int
    """How many items there are."""

    started_at: datetime | None
    """When it was first started."""

    finished_at: datetime | None
    """When it ended."""

    error: str | None
    """Why it failed or was cancelled."""

    estimated_remaining_seconds: float = 0.0
    """How long it may still take; 0 where nothing can be said."""

    @property
    def is_running(self) -> bool:
        """Whether it goes on; words of a newer server count as going on until it has an end."""
        return self.status not in FINAL and self.finished_at is None

    @property
    def is_completed(self) -> bool:
        """Whether all of it is done."""
        return self.status == "completed"

    @property
    def is_failed(self) -> bool:
        """Whether it ended before all of it was done: it failed or was cancelled."""
        return not self.is_running and not self.is_completed

    def keys(self) -> Iterator[str]:
        """Give the names of the members, so that `dict(status)` works."""
        return (member.name for member in fields(self))

    def __getitem__(self, name: str) -> object:
        if name not in self.keys():
            raise KeyError(f"{name!r}; there are {', '.join(self.keys())}")
        value: object = getattr(self, name)
        return value

    def __str__(self) -> str:
        text = f"{self.status}, {self.current_item} of {self.total_items} items"
        text += f" ({self.progress_percent:.0f} %)"
        if self.is_running and self.estimated_remaining_seconds > 0:
            text += f", about {self.estimated_remaining_seconds:.0f} s left"
        return f"{text}: {self.error}" if self.error else text


OnProgress = Callable[[AsyncJobStatus], object]
"""What is called with the status of an analysis whenever it has changed."""


def read_status(seen: models.AnalysisStatus) -> AsyncJobStatus:
    """Give what a server said of an analysis."""
    return AsyncJobStatus(
        job_id=seen.job_id,
        job_type=str(seen.job_type),
        status=str(seen.status),
        progress_percent=seen.progress_percent,
        current_item=seen.current_item,
        total_items=seen.total_items,
        started_at=seen.started_at,
        finished_at=seen.finished_at,
        error=seen.error,
        estimated_remaining_seconds=seen.estimated_remaining_seconds,
    )


def has_ended(seen: models.AnalysisStatus) -> bool:
    """Say whether an analysis has ended; also in a state that a newer server made up."""
    return not read_status(seen).is_running
