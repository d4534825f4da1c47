"""Evaluations of projects."""

from collections.abc import AsyncIterator, Sequence

from evalwright._async.evaluation_items import AsyncEvaluationItems
from evalwright._fields import build
from evalwright._given import given
from evalwright_api import api, models


class AsyncEvaluationProjects(AsyncEvaluationItems):
    """The part of `AsyncEvaluationsClient` that looks at projects and their metrics."""

    async def list(
        self,
        *,
        project: str | None = None,
        status: models.AnalysisState | str | None = None,
        page: int = 1,
        page_size: int = 20,
    ) -> models.EvaluationPage:
        """Get one page of evaluations, newest first.

        Args:
            project: Only those of this project, by name or ID.
            status: Only those with this status.
            page: Which page, from 1.
            page_size: The largest number of rows, 1 to 500.
        """
        project_id = await self._project_id(project)
        request = api.evaluations.list_evaluations(
            project_id=project_id, status=status, page=page, page_size=page_size
        )
        return await self._session.send(request)

    async def iter(
        self,
        *,
        project: str | None = None,
        status: models.AnalysisState | str | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[models.EvaluationResult]:
        """Go through all evaluations, newest first, reading page by page.

        Args:
            project: Only those of this project, by name or ID.
            status: Only those with this status.
            page_size: How many to read at a time, 1 to 500.
        """
        project_id = await self._project_id(project)
        rows = self._numbered(
            lambda page: api.evaluations.list_evaluations(
                project_id=project_id, status=status, page=page, page_size=page_size
            ),
            lambda page: page.items,
            lambda run: run.id,
        )
        async for run in rows:
            yield run

    async def trends(
        self, *, project: str, period: str = "last_7_days", metrics: Sequence[str] | None = None
    ) -> Sequence[models.EvaluationTrendPoint]:
        """Follow a project's metrics from day to day.

        Args:
            project: The project, by name or ID.
            period: How far back, such as `last_30_days`.
            metrics: Only these; all when None.
        """
        request = api.evaluations.list_evaluation_trends(
            project_id=await self._find.project(project, None),
            period=period,
            metrics=None if metrics is None else ",".join(metrics),
        )
        return await self._session.send(request)

    async def stats(self, *, project: str) -> models.EvaluationStats:
        """Get a summary of a project's evaluations, with the last ten.

        Args:
            project: The project, by name or ID.
        """
        project_id = await self._find.project(project, None)
        return await self._session.send(api.evaluations.get_evaluation_stats(project_id))

    async def templates(self) -> Sequence[models.MetricTemplate]:
        """List the metrics there are, and how far each can be trusted."""
        return await self._session.send(api.evaluations.list_metric_templates())

    async def project_metrics(self, *, project: str) -> Sequence[models.MetricTemplate]:
        """List the metrics that are chosen for a project.

        Args:
            project: The project, by name or ID.
        """
        project_id = await self._find.project(project, None)
        return await self._session.send(api.evaluations.list_project_metrics(project_id))

    async def add_project_metric(
        self, *, project: str, key: str, display_name: str | None = None
    ) -> models.MetricTemplate:
        """Choose a metric for a project.

        Args:
            project: The project, by name or ID.
            key: The metric's key, as `templates` lists them.
            display_name: Another name for people.

        Raises:
            Conflict: The project has it.
        """
        members = given(key=key, display_name=display_name)
        body = build(models.AddProjectMetricRequest, members)
        project_id = await self._find.project(project, None)
        return await self._session.send(api.evaluations.add_project_metric(project_id, body=body))
