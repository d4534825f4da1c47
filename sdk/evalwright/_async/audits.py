"""Audits of datasets."""

from collections.abc import AsyncIterator, Mapping, Sequence

from evalwright._analyses.requests import Dataset, JudgeChoice, audit_body, trace_audit_body
from evalwright._analyses.status import OnProgress
from evalwright._async.analyses import AsyncAnalysesResource, Starting, new_key
from evalwright._async.analysis_results import AsyncAuditRun
from evalwright._async.job_handle import AsyncAnalysisKind, AwaitableJobHandle
from evalwright._fields import name_errors, refuse
from evalwright_api import api, models

_Kind = AsyncAnalysisKind[models.Audit, AsyncAuditRun, models.AuditItem]


class AsyncAudits(AsyncAnalysesResource):
    """The part of `AsyncSecurityClient` that audits."""

    @property
    def _audit_kind(self) -> _Kind:
        calls = api.security
        return AsyncAnalysisKind(
            "security",
            lambda job_id, ask: calls.get_security_status(
                job_id, job_type="security", prefer=ask.prefer, if_none_match=ask.etag
            ),
            lambda job_id: calls.cancel_security_job(job_id, job_type="security"),
            calls.get_audit,
            lambda found: AsyncAuditRun._of(found, self._judged),
            self._follow_audit,
        )

    def _follow_audit(self, job_id: str, after: int) -> AsyncIterator[models.AuditItem]:
        return self._lines(
            self._audit_kind,
            lambda seen: api.security.stream_audit_items(job_id, after=seen),
            lambda item: item.index,
            job_id,
            after,
        )

    def _judged(self, batch_id: str) -> AsyncIterator[models.AuditItem]:
        return self._numbered(
            lambda page: api.security.list_audit_items(batch_id, page=page, page_size=500),
            lambda page: page.items,
            lambda item: item.id,
        )

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
        body = trace_audit_body(
            trace=trace,
            project_name=project_name,
            categories=categories,
            batch_name=batch_name,
            judge=judge,
            openai_api_key=openai_api_key,
        )
        key = idempotency_key or new_key()
        return await self._finish(
            self._audit_kind,
            lambda prefer: api.security.audit_trace(body=body, prefer=prefer, idempotency_key=key),
            timeout,
            on_progress,
        )

    def audit_job(self, job_id: str) -> AwaitableJobHandle[AsyncAuditRun, models.AuditItem]:
        """Come back to an audit by its ID, whoever started it; sends no request.

        Args:
            job_id: The audit.
        """
        return self._handle(self._audit_kind, job_id)

    async def get_audit(self, *, batch_id: str) -> AsyncAuditRun:
        """Get an audit as it is now, finished or not.

        Args:
            batch_id: The audit.
        """
        refuse(name_errors("batch_id", batch_id))
        found = await self._session.send(api.security.get_audit(batch_id))
        return AsyncAuditRun._of(found, self._judged)

    async def list_audits(
        self, *, project: str | None = None, page: int = 1, page_size: int = 20
    ) -> models.AuditPage:
        """Get one page of audits, newest first.

        Args:
            project: Only those of this project, by name or ID.
            page: Which page, from 1.
            page_size: The largest number of rows, 1 to 500.
        """
        project_id = await self._project_id(project)
        request = api.security.list_audits(project_id=project_id, page=page, page_size=page_size)
        return await self._session.send(request)

    async def iter_audits(
        self, *, project: str | None = None, page_size: int = 100
    ) -> AsyncIterator[models.Audit]:
        """Go through all audits, newest first, reading page by page.

        Args:
            project: Only those of this project, by name or ID.
            page_size: How many to read at a time, 1 to 500.
        """
        project_id = await self._project_id(project)
        rows = self._numbered(
            lambda page: api.security.list_audits(
                project_id=project_id, page=page, page_size=page_size
            ),
            lambda page: page.batches,
            lambda audit: audit.id,
        )
        async for audit in rows:
            yield audit

    async def audit_items(
        self, *, batch_id: str, page: int = 1, page_size: int = 20
    ) -> models.AuditItemPage:
        """Get one page of the items that are judged.

        Args:
            batch_id: The audit.
            page: Which page, from 1.
            page_size: The largest number of items, 1 to 500.
        """
        refuse(name_errors("batch_id", batch_id))
        request = api.security.list_audit_items(batch_id, page=page, page_size=page_size)
        return await self._session.send(request)

    async def iter_audit_items(self, *, batch_id: str) -> AsyncIterator[models.AuditItem]:
        """Go through the items that are judged; the handle's `iter_items` waits for the rest.

        Args:
            batch_id: The audit.
        """
        refuse(name_errors("batch_id", batch_id))
        async for item in self._judged(batch_id):
            yield item

    async def get_audit_item(self, *, item_id: str) -> models.AuditItem:
        """Get an item with what was found in it.

        Args:
            item_id: The item.
        """
        refuse(name_errors("item_id", item_id))
        return await self._session.send(api.security.get_audit_item(item_id))


def _dataset(idempotency_key: str | None, **members: object) -> Starting:
    body = audit_body(**members)
    key = idempotency_key or new_key()
    return lambda prefer: api.security.audit_dataset(body=body, prefer=prefer, idempotency_key=key)
