# Generated from sdk/evalwright/_async/evaluation_items.py by scripts/unasync.py: do not edit.
"""Reading evaluations."""

from collections.abc import Iterator, Sequence

from evalwright._errors.invalid import FieldError
from evalwright._fields import name_errors, refuse, shown
from evalwright._sync.analyses import AnalysesResource
from evalwright._sync.analysis_results import EvaluationRun
from evalwright._sync.job_handle import AnalysisKind, AsyncJobHandle
from evalwright_api import api, models

_Kind = AnalysisKind[models.EvaluationResult, EvaluationRun, models.EvaluationItem]


class EvaluationItems(AnalysesResource):
    """The part of `EvaluationsClient` that reads evaluations."""

    @property
    def _kind(self) -> _Kind:
        calls = api.evaluations
        return AnalysisKind(
            "evaluation",
            lambda job_id, ask: calls.get_evaluation_status(
                job_id, prefer=ask.prefer, if_none_match=ask.etag
            ),
            calls.cancel_evaluation,
            calls.get_evaluation,
            lambda found: EvaluationRun._of(found, self._done),
            self._follow,
        )

    def _follow(self, job_id: str, after: int) -> Iterator[models.EvaluationItem]:
        return self._lines(
            self._kind,
            lambda seen: api.evaluations.stream_evaluation_items(job_id, after=seen),
            lambda item: item.index,
            job_id,
            after,
        )

    def _done(self, run_id: str) -> Iterator[models.EvaluationItem]:
        return self._numbered(
            lambda page: api.evaluations.list_evaluation_items(run_id, page=page, page_size=500),
            lambda page: page.items,
            lambda item: item.id,
        )

    def job(self, job_id: str) -> AsyncJobHandle[EvaluationRun, models.EvaluationItem]:
        """Come back to an evaluation by its ID, whoever started it; sends no request.

        Args:
            job_id: The evaluation.
        """
        return self._handle(self._kind, job_id)

    def get(self, *, run_id: str) -> EvaluationRun:
        """Get an evaluation as it is now, finished or not.

        Args:
            run_id: The evaluation.
        """
        refuse(name_errors("run_id", run_id))
        found = self._session.send(api.evaluations.get_evaluation(run_id))
        return EvaluationRun._of(found, self._done)

    def cancel(self, *, job_id: str) -> models.CancelledAnalysis:
        """Ask an evaluation to stop; what is measured stays.

        Args:
            job_id: The evaluation.
        """
        return self._handle(self._kind, job_id).cancel()

    def metrics(self, *, run_id: str) -> Sequence[models.EvaluationMetric]:
        """Get a summary of each metric of an evaluation.

        Args:
            run_id: The evaluation.
        """
        refuse(name_errors("run_id", run_id))
        return self._session.send(api.evaluations.list_evaluation_metrics(run_id))

    def items(
        self, *, run_id: str, page: int = 1, page_size: int = 20
    ) -> models.EvaluationItemPage:
        """Get one page of the items that are measured.

        Args:
            run_id: The evaluation.
            page: Which page, from 1.
            page_size: The largest number of items, 1 to 500.
        """
        refuse(name_errors("run_id", run_id))
        request = api.evaluations.list_evaluation_items(run_id, page=page, page_size=page_size)
        return self._session.send(request)

    def iter_items(self, *, run_id: str) -> Iterator[models.EvaluationItem]:
        """Go through the items that are measured; the handle's `iter_items` waits for the rest.

        Args:
            run_id: The evaluation.
        """
        refuse(name_errors("run_id", run_id))
        yield from self._done(run_id)

    def get_item(self, *, item_id: str) -> models.EvaluationItem:
        """Get an item with its scores and why they are what they are.

        Args:
            item_id: The item.
        """
        refuse(name_errors("item_id", item_id))
        return self._session.send(api.evaluations.get_evaluation_item(item_id))

    def compare(self, *, run_ids: Sequence[str]) -> models.EvaluationComparison:
        """Put two to five evaluations side by side; the first one is the baseline.

        Args:
            run_ids: The evaluations.
        """
        if isinstance(run_ids, str):
            wrong = FieldError("run_ids", "is one text", shown(run_ids), "a list of IDs")
            refuse([wrong])
        return self._session.send(api.evaluations.compare_evaluations(run_ids=run_ids))
