# Generated from sdk/evalwright/_async/analyses.py by scripts/unasync.py: do not edit.
"""Starting analyses, and reading lists of them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from evalwright._analyses.requests import AT_ONCE
from evalwright._analyses.status import OnProgress
from evalwright._errors.base import EvalwrightError
from evalwright._errors.network import Timeout
from evalwright._fields import name_errors, refuse
from evalwright._reconnecting import Reconnecting
from evalwright._sync.job_handle import AnalysisKind, AsyncJobHandle
from evalwright._sync.resource import Resource
from evalwright._waiting import MAX_HOLD, REPLY_GRACE, check_times
from evalwright_api import models
from evalwright_api.types import Request, StreamRequest

_M = TypeVar("_M")
_R = TypeVar("_R")
_I = TypeVar("_I")


class Numbered(Protocol):
    """A page of a list whose pages have numbers."""

    @property
    def has_more(self) -> bool:
        """Whether another page follows."""
        ...


_P = TypeVar("_P", bound=Numbered)

Starting = Callable[[str | None], Request[Any]]
"""The request that starts an analysis, given what is preferred of its answer."""


class AnalysesResource(Resource):
    """What the clients for all kinds of analyses have in common."""

    def _start(
        self,
        kind: AnalysisKind[_M, _R, _I],
        starting: Starting,
        prefer: str | None = AT_ONCE,
    ) -> AsyncJobHandle[_R, _I]:
        """Start an analysis and give it in hand, also when the server answered with its result."""
        seconds = max(self._session.config.timeout, MAX_HOLD + REPLY_GRACE)
        response = self._session.send_full(starting(prefer), timeout=seconds)
        found = response.value
        if isinstance(found, models.AnalysisJob):
            return AsyncJobHandle(self._session, kind, found.job_id)
        # A server that is stopped gives what there is yet, and one that failed says so, too.
        outcome = kind.take(found) if str(found.status) == "completed" else None
        return AsyncJobHandle(self._session, kind, found.id, outcome)

    def _finish(
        self,
        kind: AnalysisKind[_M, _R, _I],
        starting: Starting,
        timeout: float | None,
        on_progress: OnProgress | None,
    ) -> _R:
        """Start an analysis and give what it came to, at its end."""
        check_times(poll_interval=1.0, timeout=1.0 if timeout is None else timeout)
        clock = self._session.clock
        deadline = None if timeout is None else clock.monotonic() + timeout
        hold = MAX_HOLD if timeout is None else int(min(MAX_HOLD, timeout))
        # An answer that is held tells nothing of the progress, and one in time needs no second.
        is_held = on_progress is None and hold > 0
        handle = self._start(kind, starting, f"wait={hold}" if is_held else AT_ONCE)
        left = None if deadline is None else max(deadline - clock.monotonic(), 0.001)
        return handle.result(left, on_progress)

    def _handle(self, kind: AnalysisKind[_M, _R, _I], job_id: str) -> AsyncJobHandle[_R, _I]:
        refuse(name_errors("job_id", job_id))
        return AsyncJobHandle(self._session, kind, job_id)

    def _project_id(self, project: str | None) -> str | None:
        return None if project is None else self._find.project(project, None)

    def _numbered(
        self,
        request: Callable[[int], Request[_P]],
        rows: Callable[[_P], Sequence[_I]],
        name: Callable[[_I], object],
    ) -> Iterator[_I]:
        number = 1
        before: set[object] = set()
        while True:
            page = self._session.send(request(number))
            found = rows(page)
            for row in found:
                # What is started meanwhile pushes rows that were seen to the next page.
                if name(row) not in before:
                    yield row
            before = {name(row) for row in found}
            number += 1
            if not page.has_more or not found:
                return

    def _lines(
        self,
        kind: AnalysisKind[Any, Any, _I],
        request: Callable[[int], StreamRequest[_I]],
        index: Callable[[_I], int],
        job_id: str,
        after: int,
    ) -> Iterator[_I]:
        """Read items as they are done; a stream that breaks goes on where it broke."""
        attempts = Reconnecting(self._session.clock)
        handle = AsyncJobHandle(self._session, kind, job_id)
        while True:
            has_brought = False
            failure: EvalwrightError | None = None
            try:
                with self._session.stream(request(after)) as stream:
                    for item in stream:
                        after, has_brought = index(item), True
                        attempts.progressed()
                        yield item
            except EvalwrightError as error:
                failure = error
            if failure is None or isinstance(failure, Timeout):
                status = handle.status()
                # A server that stops ends its streams, too; and a slow item is no broken line.
                is_whole = after + 1 >= status.total_items or not has_brought
                if failure is None and not status.is_running and is_whole:
                    return
                attempts.progressed()
            if failure is not None:
                self._session.sleep(attempts.after(failure))

    def _rounds(
        self,
        kind: AnalysisKind[Any, Any, _I],
        read: Callable[[str], Iterator[_I]],
        name: Callable[[_I], object],
        job_id: str,
    ) -> Iterator[_I]:
        """Read items as they are done where they are not streamed: again at every tenth of them."""
        handle = AsyncJobHandle(self._session, kind, job_id)
        seen: set[object] = set()
        tenth = 0
        while True:
            status = handle.status()
            if not status.is_running or status.progress_percent >= tenth + 10:
                tenth = int(status.progress_percent)
                for item in read(job_id):
                    if name(item) not in seen:
                        seen.add(name(item))
                        yield item
            if not status.is_running:
                return
            self._session.sleep(1.0)
