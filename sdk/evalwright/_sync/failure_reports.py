# Generated from sdk/evalwright/_async/failure_reports.py by scripts/unasync.py: do not edit.
"""Reading failure analyses."""

from collections.abc import Iterator, Sequence

from evalwright._fields import build, name_errors, refuse
from evalwright._given import something
from evalwright._sync.analyses import AnalysesResource
from evalwright._sync.analysis_results import FailureAnalysisRun
from evalwright._sync.job_handle import AnalysisKind, AsyncJobHandle
from evalwright._unset import UNSET, Unset
from evalwright_api import api, models

_Kind = AnalysisKind[models.FailureAnalysis, FailureAnalysisRun, models.FailureAnalysisInput]


class FailureReports(AnalysesResource):
    """The part of `FailureAnalysisClient` that reads analyses."""

    @property
    def _kind(self) -> _Kind:
        calls = api.failure_analysis
        return AnalysisKind(
            "failure_analysis",
            lambda job_id, ask: calls.get_failure_analysis_status(
                job_id, prefer=ask.prefer, if_none_match=ask.etag
            ),
            calls.cancel_failure_analysis,
            calls.get_failure_analysis,
            FailureAnalysisRun._of,
            self._follow,
        )

    def _follow(self, job_id: str, after: int) -> Iterator[models.FailureAnalysisInput]:
        rows = self._rounds(self._kind, self._read, lambda item: item.item_index, job_id)
        for item in rows:
            if item.item_index > after:
                yield item

    def _read(self, job_id: str) -> Iterator[models.FailureAnalysisInput]:
        yield from self.inputs(run_id=job_id)

    def job(self, job_id: str) -> AsyncJobHandle[FailureAnalysisRun, models.FailureAnalysisInput]:
        """Come back to a failure analysis by its ID, whoever started it; sends no request.

        Args:
            job_id: The analysis.
        """
        return self._handle(self._kind, job_id)

    def get(self, *, run_id: str) -> FailureAnalysisRun:
        """Get a failure analysis as it is now, finished or not.

        Args:
            run_id: The analysis.
        """
        refuse(name_errors("run_id", run_id))
        found = self._session.send(api.failure_analysis.get_failure_analysis(run_id))
        return FailureAnalysisRun._of(found)

    def cancel(self, *, job_id: str) -> models.CancelledAnalysis:
        """Ask a failure analysis to stop; what is found stays.

        Args:
            job_id: The analysis.
        """
        return self._handle(self._kind, job_id).cancel()

    def list(
        self,
        *,
        project_name: str | None = None,
        status: models.AnalysisState | str | None = None,
        page: int = 1,
        page_size: int = 20,
    ) -> models.FailureAnalysisPage:
        """Get one page of failure analyses, newest first.

        Args:
            project_name: Only those of this project.
            status: Only those with this status.
            page: Which page, from 1.
            page_size: The largest number of rows, 1 to 500.
        """
        request = api.failure_analysis.list_failure_analyses(
            project_name=project_name, status=status, page=page, page_size=page_size
        )
        return self._session.send(request)

    def iter(
        self,
        *,
        project_name: str | None = None,
        status: models.AnalysisState | str | None = None,
        page_size: int = 100,
    ) -> Iterator[models.FailureAnalysisSummary]:
        """Go through all failure analyses, newest first, reading page by page.

        Args:
            project_name: Only those of this project.
            status: Only those with this status.
            page_size: How many to read at a time, 1 to 500.
        """
        rows = self._numbered(
            lambda page: api.failure_analysis.list_failure_analyses(
                project_name=project_name, status=status, page=page, page_size=page_size
            ),
            lambda page: page.items,
            lambda run: run.run_id,
        )
        yield from rows

    def count(self, *, project_name: str | None = None) -> int:
        """Count failure analyses.

        Args:
            project_name: Only those of this project.
        """
        request = api.failure_analysis.count_failure_analyses(project_name=project_name)
        return self._session.send(request).count

    def inputs(self, *, run_id: str) -> Sequence[models.FailureAnalysisInput]:
        """List what was analysed, with counts of what was found.

        Args:
            run_id: The analysis.
        """
        refuse(name_errors("run_id", run_id))
        request = api.failure_analysis.list_failure_analysis_inputs(run_id)
        return self._session.send(request).inputs

    def tags(
        self,
        *,
        run_id: str,
        decision: models.FailureDecision | str | None = None,
        bucket_id: str | None = None,
        min_severity: float | None = None,
    ) -> Sequence[models.FailureTag]:
        """List what was found.

        Args:
            run_id: The analysis.
            decision: Only tags with this decision: `pass`, `fail` or `unsure`.
            bucket_id: Only tags of this group of failures.
            min_severity: Only tags of at least this severity, 0 to 5.
        """
        refuse(name_errors("run_id", run_id))
        request = api.failure_analysis.list_failure_tags(
            run_id, decision=decision, bucket_id=bucket_id, min_severity=min_severity
        )
        return self._session.send(request).tags

    def update_tag(
        self,
        *,
        tag_id: str,
        is_reviewed: bool | Unset = UNSET,
        issue_url: str | Unset | None = UNSET,
    ) -> models.FailureTag:
        """Mark a tag as reviewed, or link it to an issue.

        Args:
            tag_id: The tag.
            is_reviewed: Whether somebody has looked at it.
            issue_url: The issue to link it to; None unlinks it.

        Raises:
            InvalidRequest: There is nothing to change.
        """
        refuse(name_errors("tag_id", tag_id))
        changes = something(is_reviewed=is_reviewed, issue_url=issue_url)
        body = build(models.UpdateFailureTagRequest, changes)
        return self._session.send(api.failure_analysis.update_failure_tag(tag_id, body=body))
