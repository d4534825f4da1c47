# Generated from sdk/evalwright/_async/failure_insights.py by scripts/unasync.py: do not edit.
"""Kinds of failures, and how often they come."""

from collections.abc import Mapping, Sequence

from evalwright._fields import build, name_errors, refuse
from evalwright._given import given
from evalwright._sync.failure_reports import FailureReports
from evalwright_api import api, models


class FailureInsights(FailureReports):
    """The part of `FailureAnalysisClient` that looks at all analyses together."""

    def taxonomy(self) -> models.FailureTaxonomy:
        """Get every kind of failure there is, in groups."""
        return self._session.send(api.failure_analysis.get_failure_taxonomy())

    def bucket(self, *, bucket_id: str) -> models.FailureBucket:
        """Get a group of failures with its kinds.

        Args:
            bucket_id: The group.
        """
        refuse(name_errors("bucket_id", bucket_id))
        return self._session.send(api.failure_analysis.get_failure_bucket(bucket_id))

    def subcategories(
        self,
        *,
        bucket_id: str | None = None,
        detection_approach: str | None = None,
        applies_to: str | None = None,
    ) -> Sequence[models.FailureSubcategory]:
        """List kinds of failures.

        Args:
            bucket_id: Only those of this group.
            detection_approach: Only those found so: `deterministic`, `hybrid` or `llm_judge`.
            applies_to: Only those of this kind of application, such as `rag`.
        """
        request = api.failure_analysis.list_failure_subcategories(
            bucket_id=bucket_id, detection_approach=detection_approach, applies_to=applies_to
        )
        return self._session.send(request).subcategories

    def projects(self) -> Sequence[str]:
        """List the names of projects with failure analyses."""
        request = api.failure_analysis.list_failure_analysis_projects()
        return self._session.send(request).projects

    def insights(
        self, *, days: int = 30, project_name: str | None = None
    ) -> models.FailureInsights:
        """See which failures come again and again.

        Args:
            days: How many days back.
            project_name: Only those of this project.
        """
        request = api.failure_analysis.get_failure_insights(days=days, project_name=project_name)
        return self._session.send(request)

    def trends(self, *, days: int = 30, project_name: str | None = None) -> models.FailureTrends:
        """Follow failures from day to day.

        Args:
            days: How many days back.
            project_name: Only those of this project.
        """
        request = api.failure_analysis.get_failure_trends(days=days, project_name=project_name)
        return self._session.send(request)

    def security_insights(
        self, *, days: int = 30, project_name: str | None = None
    ) -> models.SecurityInsights:
        """See which security issues failure analyses found.

        Args:
            days: How many days back.
            project_name: Only those of this project.
        """
        request = api.failure_analysis.get_security_insights(days=days, project_name=project_name)
        return self._session.send(request)

    def try_out(
        self,
        *,
        input: str,  # noqa: A002 - the word of the document
        output: str,
        context: str | Sequence[str] | None = None,
        tool_calls: Sequence[Mapping[str, object]] | None = None,
    ) -> models.FailureAnalysisTrial:
        """Analyse a single answer at once; nothing is kept.

        Args:
            input: What was asked.
            output: What was answered.
            context: What was retrieved for it.
            tool_calls: The tools that were called.

        Raises:
            InvalidRequest: Naming every argument that can't work.
            RateLimited: There were as many trials as there may be.
        """
        members = given(input=input, output=output, context=context, tool_calls=tool_calls)
        body = build(models.TryFailureAnalysisRequest, members)
        return self._session.send(api.failure_analysis.try_failure_analysis(body=body))
