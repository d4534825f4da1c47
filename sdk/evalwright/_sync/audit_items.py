# Generated from sdk/evalwright/_async/audit_items.py by scripts/unasync.py: do not edit.
"""Reading audits."""

from collections.abc import Iterator

from evalwright._fields import name_errors, refuse
from evalwright._sync.analyses import AnalysesResource
from evalwright._sync.analysis_results import AuditRun
from evalwright._sync.job_handle import AnalysisKind, AsyncJobHandle
from evalwright_api import api, models

_Kind = AnalysisKind[models.Audit, AuditRun, models.AuditItem]


class AuditItems(AnalysesResource):
    """The part of `SecurityClient` that reads audits."""

    @property
    def _audit_kind(self) -> _Kind:
        calls = api.security
        return AnalysisKind(
            "security",
            lambda job_id, ask: calls.get_security_status(
                job_id, job_type="security", prefer=ask.prefer, if_none_match=ask.etag
            ),
            lambda job_id: calls.cancel_security_job(job_id, job_type="security"),
            calls.get_audit,
            lambda found: AuditRun._of(found, self._judged),
            self._follow_audit,
        )

    def _follow_audit(self, job_id: str, after: int) -> Iterator[models.AuditItem]:
        return self._lines(
            self._audit_kind,
            lambda seen: api.security.stream_audit_items(job_id, after=seen),
            lambda item: item.index,
            job_id,
            after,
        )

    def _judged(self, batch_id: str) -> Iterator[models.AuditItem]:
        return self._numbered(
            lambda page: api.security.list_audit_items(batch_id, page=page, page_size=500),
            lambda page: page.items,
            lambda item: item.id,
        )

    def audit_job(self, job_id: str) -> AsyncJobHandle[AuditRun, models.AuditItem]:
        """Come back to an audit by its ID, whoever started it; sends no request.

        Args:
            job_id: The audit.
        """
        return self._handle(self._audit_kind, job_id)

    def get_audit(self, *, batch_id: str) -> AuditRun:
        """Get an audit as it is now, finished or not.

        Args:
            batch_id: The audit.
        """
        refuse(name_errors("batch_id", batch_id))
        found = self._session.send(api.security.get_audit(batch_id))
        return AuditRun._of(found, self._judged)

    def list_audits(
        self, *, project: str | None = None, page: int = 1, page_size: int = 20
    ) -> models.AuditPage:
        """Get one page of audits, newest first.

        Args:
            project: Only those of this project, by name or ID.
            page: Which page, from 1.
            page_size: The largest number of rows, 1 to 500.
        """
        project_id = self._project_id(project)
        request = api.security.list_audits(project_id=project_id, page=page, page_size=page_size)
        return self._session.send(request)

    def iter_audits(
        self, *, project: str | None = None, page_size: int = 100
    ) -> Iterator[models.Audit]:
        """Go through all audits, newest first, reading page by page.

        Args:
            project: Only those of this project, by name or ID.
            page_size: How many to read at a time, 1 to 500.
        """
        project_id = self._project_id(project)
        rows = self._numbered(
            lambda page: api.security.list_audits(
                project_id=project_id, page=page, page_size=page_size
            ),
            lambda page: page.batches,
            lambda audit: audit.id,
        )
        yield from rows

    def audit_items(
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
        return self._session.send(request)

    def iter_audit_items(self, *, batch_id: str) -> Iterator[models.AuditItem]:
        """Go through the items that are judged; the handle's `iter_items` waits for the rest.

        Args:
            batch_id: The audit.
        """
        refuse(name_errors("batch_id", batch_id))
        yield from self._judged(batch_id)

    def get_audit_item(self, *, item_id: str) -> models.AuditItem:
        """Get an item with what was found in it.

        Args:
            item_id: The item.
        """
        refuse(name_errors("item_id", item_id))
        return self._session.send(api.security.get_audit_item(item_id))
