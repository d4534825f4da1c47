# Generated from sdk/evalwright/_async/analysis_results.py by scripts/unasync.py: do not edit.
"""What analyses came to, with the means to read their items."""

from collections.abc import Callable, Iterator

from pydantic import PrivateAttr

from evalwright._analyses.reading import Reading
from evalwright._analyses.report import Report
from evalwright._analyses.reports import (
    report_audit,
    report_evaluation,
    report_failures,
    report_red_team,
)
from evalwright._sync.exports import Exports
from evalwright_api import models


class EvaluationRun(Exports, models.EvaluationResult):
    """An evaluation, finished or not."""

    _items: Callable[[str], Iterator[models.EvaluationItem]] = PrivateAttr()

    @classmethod
    def _of(
        cls,
        found: models.EvaluationResult,
        items: Callable[[str], Iterator[models.EvaluationItem]],
    ) -> "EvaluationRun":
        made = cls.model_construct(found.model_fields_set, **dict(found))
        made._items = Reading(items)
        return made

    def iter_items(self) -> Iterator[models.EvaluationItem]:
        """Go through the items that are measured, with their scores."""
        yield from self._items(self.id)

    def report(self) -> Report:
        """Put everything together that can be exported; reads the items from the server."""
        return report_evaluation(self, list(self._items(self.id)))


class FailureAnalysisRun(Exports, models.FailureAnalysis):
    """A failure analysis, finished or not."""

    @classmethod
    def _of(cls, found: models.FailureAnalysis) -> "FailureAnalysisRun":
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

    def report(self) -> Report:
        """Put everything together that can be exported."""
        return report_failures(self)


class AuditRun(Exports, models.Audit):
    """An audit, finished or not."""

    _items: Callable[[str], Iterator[models.AuditItem]] = PrivateAttr()

    @classmethod
    def _of(
        cls, found: models.Audit, items: Callable[[str], Iterator[models.AuditItem]]
    ) -> "AuditRun":
        made = cls.model_construct(found.model_fields_set, **dict(found))
        made._items = Reading(items)
        return made

    def iter_items(self) -> Iterator[models.AuditItem]:
        """Go through the items that are judged."""
        yield from self._items(self.id)

    def report(self) -> Report:
        """Put everything together that can be exported; reads the items from the server."""
        return report_audit(self, list(self._items(self.id)))


class RedTeamRun(Exports, models.RedTeam):
    """A red team, finished or not."""

    _attacks: Callable[[str], Iterator[models.Attack]] = PrivateAttr()

    @classmethod
    def _of(
        cls, found: models.RedTeam, attacks: Callable[[str], Iterator[models.Attack]]
    ) -> "RedTeamRun":
        made = cls.model_construct(found.model_fields_set, **dict(found))
        made._attacks = Reading(attacks)
        return made

    def iter_attacks(self) -> Iterator[models.Attack]:
        """Go through the attacks, with what was answered."""
        yield from self._attacks(self.id)

    def report(self) -> Report:
        """Put everything together that can be exported; reads the attacks from the server."""
        return report_red_team(self, list(self._attacks(self.id)))
