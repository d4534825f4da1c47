"""What analyses came to, with the means to read their items."""

from collections.abc import AsyncIterator, Callable

from pydantic import PrivateAttr

from evalwright._analyses.reading import Reading
from evalwright._analyses.report import Report
from evalwright._analyses.reports import (
    report_audit,
    report_evaluation,
    report_failures,
    report_red_team,
)
from evalwright._async.exports import AsyncExports
from evalwright_api import models


class AsyncEvaluationRun(AsyncExports, models.EvaluationResult):
    """An evaluation, finished or not."""

    _items: Callable[[str], AsyncIterator[models.EvaluationItem]] = PrivateAttr()

    @classmethod
    def _of(
        cls,
        found: models.EvaluationResult,
        items: Callable[[str], AsyncIterator[models.EvaluationItem]],
    ) -> "AsyncEvaluationRun":
        made = cls.model_construct(found.model_fields_set, **dict(found))
        made._items = Reading(items)
        return made

    async def iter_items(self) -> AsyncIterator[models.EvaluationItem]:
        """Go through the items that are measured, with their scores."""
        async for item in self._items(self.id):
            yield item

    async def report(self) -> Report:
        """Put everything together that can be exported; reads the items from the server."""
        return report_evaluation(self, [item async for item in self._items(self.id)])


class AsyncFailureAnalysisRun(AsyncExports, models.FailureAnalysis):
    """A failure analysis, finished or not."""

    @classmethod
    def _of(cls, found: models.FailureAnalysis) -> "AsyncFailureAnalysisRun":
        return cls.model_construct(found.model_fields_set, **dict(found))

    @property
    def tags(self) -> list[models.FailureTag]:
        """What was found; the same as `failure_tags`."""
        return self.failure_tags

    @property
    def failures(self) -> list[models.FailureTag]:
        """The tags that say fail, worst first."""
        found = [tag for tag in self.failure_tags if tag.decision == models.FailureDecision.FAIL]
        return sorted(found, key=lambda tag: -tag.severity)

    def item_tags(self, item_index: int) -> list[models.FailureTag]:
        """Give the tags of one item, by its place in the dataset."""
        return [tag for tag in self.failure_tags if tag.item_index == item_index]

    async def report(self) -> Report:
        """Put everything together that can be exported."""
        return report_failures(self)


class AsyncAuditRun(AsyncExports, models.Audit):
    """An audit, finished or not."""

    _items: Callable[[str], AsyncIterator[models.AuditItem]] = PrivateAttr()

    @classmethod
    def _of(
        cls, found: models.Audit, items: Callable[[str], AsyncIterator[models.AuditItem]]
    ) -> "AsyncAuditRun":
        made = cls.model_construct(found.model_fields_set, **dict(found))
        made._items = Reading(items)
        return made

    async def iter_items(self) -> AsyncIterator[models.AuditItem]:
        """Go through the items that are judged."""
        async for item in self._items(self.id):
            yield item

    async def report(self) -> Report:
        """Put everything together that can be exported; reads the items from the server."""
        return report_audit(self, [item async for item in self._items(self.id)])


class AsyncRedTeamRun(AsyncExports, models.RedTeam):
    """A red team, finished or not."""

    _attacks: Callable[[str], AsyncIterator[models.Attack]] = PrivateAttr()

    @classmethod
    def _of(
        cls, found: models.RedTeam, attacks: Callable[[str], AsyncIterator[models.Attack]]
    ) -> "AsyncRedTeamRun":
        made = cls.model_construct(found.model_fields_set, **dict(found))
        made._attacks = Reading(attacks)
        return made

    async def iter_attacks(self) -> AsyncIterator[models.Attack]:
        """Go through the attacks, with what was answered."""
        async for attack in self._attacks(self.id):
            yield attack

    async def report(self) -> Report:
        """Put everything together that can be exported; reads the attacks from the server."""
        return report_red_team(self, [attack async for attack in self._attacks(self.id)])
