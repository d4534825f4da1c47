# Generated from sdk/evalwright/_async/job_handle.py by scripts/unasync.py: do not edit.
"""An analysis in hand."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from evalwright._analyses.status import AsyncJobStatus, OnProgress, has_ended, read_status
from evalwright._errors.analyses import AnalysisCancelled, AnalysisFailed, AnalysisTimeout
from evalwright._errors.base import EvalwrightError
from evalwright._sync.following import follow
from evalwright._sync.session import Session
from evalwright._waiting import Ask, OutOfTime, Waiting, check_times
from evalwright_api import models
from evalwright_api.types import NotModified, Request

_M = TypeVar("_M")
_R_co = TypeVar("_R_co", covariant=True)
_I_co = TypeVar("_I_co", covariant=True)


@dataclass(frozen=True, slots=True)
class AnalysisKind(Generic[_M, _R_co, _I_co]):
    """How analyses of one kind are asked about."""

    job_type: str
    poll: Callable[[str, Ask], Request[models.AnalysisStatus | NotModified]]
    cancel: Callable[[str], Request[models.CancelledAnalysis]]
    fetch: Callable[[str], Request[_M]]
    take: Callable[[_M], _R_co]
    """Makes of what the server says what the caller gets."""

    items: Callable[[str, int], Iterator[_I_co]]
    """Reads the items of an analysis as they are done, behind an index."""


class AsyncJobHandle(Generic[_R_co, _I_co]):
    """An analysis that goes on, or has ended.

    It can be made again from its ID, also by another program, with `job()` of the client it comes
    from.
    """

    def __init__(
        self,
        session: Session,
        kind: AnalysisKind[Any, _R_co, _I_co],
        job_id: str,
        outcome: _R_co | None = None,
    ) -> None:
        self._session = session
        self._kind = kind
        self._job_id = job_id
        self._outcome = outcome
        self._last: AsyncJobStatus | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(job_id={self._job_id!r}, job_type={self.job_type!r})"

    @property
    def job_id(self) -> str:
        """The analysis's ID, which is that of its run and its result, too."""
        return self._job_id

    @property
    def job_type(self) -> str:
        """What kind it is: `evaluation`, `failure_analysis`, `security` or `redteam`."""
        return self._kind.job_type

    def status(self) -> AsyncJobStatus:
        """See how far it has come; once it has ended, that needs no request."""
        if self._last is None or self._last.is_running:
            request = self._kind.poll(self._job_id, Ask(hold=0, etag=None, timeout=0))
            self._last = read_status(self._session.fresh(request))
        return self._last

    def is_running(self) -> bool:
        """Say whether it goes on."""
        return self.status().is_running

    def is_completed(self) -> bool:
        """Say whether all of it is done."""
        return self.status().is_completed

    def is_failed(self) -> bool:
        """Say whether it ended before all of it was done."""
        return self.status().is_failed

    def wait(
        self,
        poll_interval: float = 2.0,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> AsyncJobStatus:
        """Wait until it has ended, well or not, and give its last status.

        A server that holds requests back tells at once; others are asked now and then. Errors that
        may pass, such as a server that restarts, don't end the wait.

        Args:
            poll_interval: Seconds between two looks at servers that don't hold requests back.
            timeout: Seconds to wait at most; without end when None.
            on_progress: Called with the status whenever it has changed, also at the end. What it
                raises is logged and ignored.

        Raises:
            AnalysisTimeout: Time is up; the error has the status as last seen. The analysis goes
                on.
        """
        check_times(poll_interval=poll_interval, timeout=1.0 if timeout is None else timeout)
        waiting: Waiting[models.AnalysisStatus] = Waiting(
            poll_interval=poll_interval,
            timeout=math.inf if timeout is None else timeout,
            clock=self._session.clock,
            finished=has_ended,
            on_progress=None
            if on_progress is None
            else lambda seen: on_progress(read_status(seen)),
        )
        try:
            seen = follow(self._session, waiting, lambda ask: self._kind.poll(self._job_id, ask))
        except OutOfTime as end:
            last = None if waiting.last is None else read_status(waiting.last)
            raise AnalysisTimeout(
                job_id=self._job_id, job_type=self.job_type, status=last, timeout=waiting.timeout
            ) from end.__cause__
        self._last = read_status(seen)
        return self._last

    def result(
        self,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
        poll_interval: float = 2.0,
    ) -> _R_co:
        """Wait until it has ended, and give what it came to.

        Args:
            timeout: Seconds to wait at most; without end when None.
            on_progress: Called with the status whenever it has changed, also at the end.
            poll_interval: Seconds between two looks at servers that don't hold requests back.

        Raises:
            AnalysisFailed: It failed; the error has what was done until then.
            AnalysisCancelled: It was cancelled; the error has what was done until then.
            AnalysisTimeout: Time is up; the analysis goes on.
        """
        if self._outcome is None or on_progress is not None:
            status = self.wait(poll_interval, timeout, on_progress)
            if status.is_failed:
                raise self._failure(status)
        if self._outcome is None:
            found = self._session.send(self._kind.fetch(self._job_id))
            self._outcome = self._kind.take(found)
        return self._outcome

    def cancel(self) -> models.CancelledAnalysis:
        """Ask it to stop; what is done stays. One that has ended is left as it is."""
        request = self._kind.cancel(self._job_id)
        response = self._session.send_full(request, is_repeatable=True)
        return response.value

    def iter_items(self, after: int = -1) -> Iterator[_I_co]:
        """Go through its items as they are done, until its end.

        A connection that breaks is made again, and goes on where it broke.

        Args:
            after: The index of the last item seen, to go on behind it.
        """
        yield from self._kind.items(self._job_id, after)

    def _failure(self, status: AsyncJobStatus) -> AnalysisFailed:
        try:
            partial = self._session.send(self._kind.fetch(self._job_id))
        except EvalwrightError:  # why it failed matters more
            partial = None
        kind = AnalysisCancelled if status.status == "cancelled" else AnalysisFailed
        return kind(status=status, partial=partial)
