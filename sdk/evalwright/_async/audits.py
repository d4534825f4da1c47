"""Audits of datasets and traces."""

from collections.abc import Mapping, Sequence

from evalwright._analyses.requests import Dataset, JudgeChoice, audit_body, trace_audit_body
from evalwright._analyses.status import OnProgress
from evalwright._async.analyses import Starting
from evalwright._async.analysis_results import AsyncAuditRun
from evalwright._async.audit_items import AsyncAuditItems
from evalwright._async.job_handle import AwaitableJobHandle
from evalwright._keys import new_key
from evalwright_api import api, models


class AsyncAudits(AsyncAuditItems):
    """The part of `AsyncSecurityClient` that audits."""

    async def audit(
        self,
        *,
        dataset: Dataset,
        project_name: str | None = None,
        categories: Sequence[str] | None = None,
        batch_name: str | None = None,
        judge: JudgeChoice | None = None,
        openai_api_key: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - it goes on, so nothing is to be cancelled
        on_progress: OnProgress | None = None,
    ) -> AsyncAuditRun:
        """Look for harmful content in a dataset.

        Args:
            dataset: The items: `user_input`, `assistant_response` and, where there was any,
                `conversation_history`.
            project_name: The project, created when there is none of this name.
            categories: The categories to look for, such as `S10`; those the project has enabled
                when None.
            batch_name: A name for the audit.
            judge: The model that judges; rules and prototypes do without one.
            openai_api_key: The key of the judge's provider, forgotten with the audit.
            idempotency_key: A second call with it gets the first one's audit; a fresh one when
                None, so that retries don't start it twice.
            timeout: Seconds to wait at most; without end when None.
            on_progress: Called with an `AsyncJobStatus` whenever it has changed.

        Raises:
            InvalidRequest: Naming every argument that can't work, with the index of the item.
            DatasetTooLargeError: It has more items than the server takes at once.
            QuotaExceededError: The key has used its quota.
            AnalysisFailed: It ended before all of it was done.
            AnalysisTimeout: Time is up; the audit goes on.
        """
        starting = _dataset(
            idempotency_key,
            dataset=dataset,
            project_name=project_name,
            categories=categories,
            batch_name=batch_name,
            judge=judge,
            openai_api_key=openai_api_key,
        )
        return await self._finish(self._audit_kind, starting, timeout, on_progress)

    async def audit_async(
        self,
        *,
        dataset: Dataset,
        project_name: str | None = None,
        categories: Sequence[str] | None = None,
        batch_name: str | None = None,
        judge: JudgeChoice | None = None,
        openai_api_key: str | None = None,
        idempotency_key: str | None = None,
    ) -> AwaitableJobHandle[AsyncAuditRun, models.AuditItem]:
        """Start an audit and give a handle at once; arguments are those of `audit`.

        Args:
            dataset: The items.
            project_name: The project, created when there is none of this name.
            categories: The categories to look for.
            batch_name: A name for the audit.
            judge: The model that judges.
            openai_api_key: The key of the judge's provider, forgotten with the audit.
            idempotency_key: A second call with it gets the first one's audit.

        Raises:
            InvalidRequest: Naming every argument that can't work, with the index of the item.
            DatasetTooLargeError: It has more items than the server takes at once.
            QuotaExceededError: The key has used its quota.
        """
        starting = _dataset(
            idempotency_key,
            dataset=dataset,
            project_name=project_name,
            categories=categories,
            batch_name=batch_name,
            judge=judge,
            openai_api_key=openai_api_key,
        )
        return await self._start(self._audit_kind, starting)

    async def audit_trace(
        self,
        *,
        trace: Mapping[str, object],
        project_name: str | None = None,
        categories: Sequence[str] | None = None,
        batch_name: str | None = None,
        judge: JudgeChoice | None = None,
        openai_api_key: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - see audit
        on_progress: OnProgress | None = None,
    ) -> AsyncAuditRun:
        """Look for harmful content in a trace; every step with input and output is an item.

        Args:
            trace: The trace.
            project_name: The project, created when there is none of this name.
            categories: The categories to look for.
            batch_name: A name for the audit.
            judge: The model that judges.
            openai_api_key: The key of the judge's provider, forgotten with the audit.
            idempotency_key: A second call with it gets the first one's audit.
            timeout: Seconds to wait at most; without end when None.
            on_progress: Called with an `AsyncJobStatus` whenever it has changed.

        Raises:
            InvalidRequest: Naming every argument that can't work.
            AnalysisFailed: It ended before all of it was done.
            AnalysisTimeout: Time is up; the audit goes on.
        """
        starting = _trace(
            idempotency_key,
            trace=trace,
            project_name=project_name,
            categories=categories,
            batch_name=batch_name,
            judge=judge,
            openai_api_key=openai_api_key,
        )
        return await self._finish(self._audit_kind, starting, timeout, on_progress)

    async def audit_trace_async(
        self,
        *,
        trace: Mapping[str, object],
        project_name: str | None = None,
        categories: Sequence[str] | None = None,
        batch_name: str | None = None,
        judge: JudgeChoice | None = None,
        openai_api_key: str | None = None,
        idempotency_key: str | None = None,
    ) -> AwaitableJobHandle[AsyncAuditRun, models.AuditItem]:
        """Start to look for harmful content in a trace and give a handle at once.

        Args:
            trace: The trace.
            project_name: The project, created when there is none of this name.
            categories: The categories to look for.
            batch_name: A name for the audit.
            judge: The model that judges.
            openai_api_key: The key of the judge's provider, forgotten with the audit.
            idempotency_key: A second call with it gets the first one's audit.

        Raises:
            InvalidRequest: Naming every argument that can't work.
            QuotaExceededError: The key has used its quota.
        """
        starting = _trace(
            idempotency_key,
            trace=trace,
            project_name=project_name,
            categories=categories,
            batch_name=batch_name,
            judge=judge,
            openai_api_key=openai_api_key,
        )
        return await self._start(self._audit_kind, starting)


def _dataset(idempotency_key: str | None, **members: object) -> Starting:
    body = audit_body(**members)
    key = idempotency_key or new_key()
    return lambda prefer: api.security.audit_dataset(body=body, prefer=prefer, idempotency_key=key)


def _trace(idempotency_key: str | None, **members: object) -> Starting:
    body = trace_audit_body(**members)
    key = idempotency_key or new_key()
    return lambda prefer: api.security.audit_trace(body=body, prefer=prefer, idempotency_key=key)
