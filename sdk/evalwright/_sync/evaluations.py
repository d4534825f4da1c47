# Generated from sdk/evalwright/_async/evaluations.py by scripts/unasync.py: do not edit.
"""Evaluations of datasets and traces."""

from collections.abc import Mapping, Sequence

from evalwright._analyses.requests import (
    Dataset,
    JudgeChoice,
    evaluation_body,
    trace_evaluation_body,
)
from evalwright._analyses.status import OnProgress
from evalwright._keys import new_key
from evalwright._sync.analyses import Starting
from evalwright._sync.analysis_results import EvaluationRun
from evalwright._sync.evaluation_projects import EvaluationProjects
from evalwright._sync.job_handle import AsyncJobHandle
from evalwright_api import api, models


class EvaluationsClient(EvaluationProjects):
    """Metrics over datasets of inputs and outputs."""

    def evaluate(
        self,
        *,
        dataset: Dataset,
        metrics: Sequence[str],
        project_name: str,
        run_name: str | None = None,
        metadata: Mapping[str, object] | None = None,
        thresholds: Mapping[str, float] | None = None,
        judge: JudgeChoice | None = None,
        openai_api_key: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> EvaluationRun:
        """Measure a dataset with metrics and give the scores.

        Args:
            dataset: The items: `input` and `output`, and `context`, `expected` and `metadata` where
                there are any.
            metrics: The keys of the metrics, as `templates` lists them.
            project_name: The project, created when there is none of this name.
            run_name: A name for the evaluation.
            metadata: What comes back with it.
            thresholds: The least score at which a metric counts as passed, by metric.
            judge: The model that judges; offline engines measure without one.
            openai_api_key: The key of the judge's provider, forgotten with the evaluation.
            idempotency_key: A second call with it gets the first one's evaluation; a fresh one when
                None, so that retries don't start it twice.
            timeout: Seconds to wait at most; without end when None.
            on_progress: Called with an `JobStatus` whenever it has changed.

        Raises:
            InvalidRequest: Naming every argument that can't work, with the index of the item.
            DatasetTooLargeError: It has more items than the server takes at once.
            QuotaExceededError: The key has used its quota.
            AnalysisFailed: It ended before all of it was done.
            AnalysisTimeout: Time is up; the evaluation goes on.
        """
        starting = _dataset(
            idempotency_key,
            dataset=dataset,
            metrics=metrics,
            project_name=project_name,
            run_name=run_name,
            metadata=metadata,
            thresholds=thresholds,
            judge=judge,
            openai_api_key=openai_api_key,
        )
        return self._finish(self._kind, starting, timeout, on_progress)

    def evaluate_async(
        self,
        *,
        dataset: Dataset,
        metrics: Sequence[str],
        project_name: str,
        run_name: str | None = None,
        metadata: Mapping[str, object] | None = None,
        thresholds: Mapping[str, float] | None = None,
        judge: JudgeChoice | None = None,
        openai_api_key: str | None = None,
        idempotency_key: str | None = None,
    ) -> AsyncJobHandle[EvaluationRun, models.EvaluationItem]:
        """Start to measure a dataset and give a handle at once; arguments are those of `evaluate`.

        Args:
            dataset: The items.
            metrics: The keys of the metrics.
            project_name: The project, created when there is none of this name.
            run_name: A name for the evaluation.
            metadata: What comes back with it.
            thresholds: The least score at which a metric counts as passed, by metric.
            judge: The model that judges.
            openai_api_key: The key of the judge's provider, forgotten with the evaluation.
            idempotency_key: A second call with it gets the first one's evaluation.

        Raises:
            InvalidRequest: Naming every argument that can't work, with the index of the item.
            DatasetTooLargeError: It has more items than the server takes at once.
            QuotaExceededError: The key has used its quota.
        """
        starting = _dataset(
            idempotency_key,
            dataset=dataset,
            metrics=metrics,
            project_name=project_name,
            run_name=run_name,
            metadata=metadata,
            thresholds=thresholds,
            judge=judge,
            openai_api_key=openai_api_key,
        )
        return self._start(self._kind, starting)

    def evaluate_trace(
        self,
        *,
        trace: Mapping[str, object],
        metrics: Sequence[str],
        project_name: str,
        run_name: str | None = None,
        metadata: Mapping[str, object] | None = None,
        thresholds: Mapping[str, float] | None = None,
        judge: JudgeChoice | None = None,
        openai_api_key: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> EvaluationRun:
        """Measure the steps of a trace; every step with input and output is an item.

        Args:
            trace: The trace.
            metrics: The keys of the metrics.
            project_name: The project, created when there is none of this name.
            run_name: A name for the evaluation.
            metadata: What comes back with it.
            thresholds: The least score at which a metric counts as passed, by metric.
            judge: The model that judges.
            openai_api_key: The key of the judge's provider, forgotten with the evaluation.
            idempotency_key: A second call with it gets the first one's evaluation.
            timeout: Seconds to wait at most; without end when None.
            on_progress: Called with an `JobStatus` whenever it has changed.

        Raises:
            InvalidRequest: Naming every argument that can't work.
            AnalysisFailed: It ended before all of it was done.
            AnalysisTimeout: Time is up; the evaluation goes on.
        """
        starting = _trace(
            idempotency_key,
            trace=trace,
            metrics=metrics,
            project_name=project_name,
            run_name=run_name,
            metadata=metadata,
            thresholds=thresholds,
            judge=judge,
            openai_api_key=openai_api_key,
        )
        return self._finish(self._kind, starting, timeout, on_progress)

    def evaluate_trace_async(
        self,
        *,
        trace: Mapping[str, object],
        metrics: Sequence[str],
        project_name: str,
        run_name: str | None = None,
        metadata: Mapping[str, object] | None = None,
        thresholds: Mapping[str, float] | None = None,
        judge: JudgeChoice | None = None,
        openai_api_key: str | None = None,
        idempotency_key: str | None = None,
    ) -> AsyncJobHandle[EvaluationRun, models.EvaluationItem]:
        """Start to measure the steps of a trace and give a handle at once.

        Args:
            trace: The trace.
            metrics: The keys of the metrics.
            project_name: The project, created when there is none of this name.
            run_name: A name for the evaluation.
            metadata: What comes back with it.
            thresholds: The least score at which a metric counts as passed, by metric.
            judge: The model that judges.
            openai_api_key: The key of the judge's provider, forgotten with the evaluation.
            idempotency_key: A second call with it gets the first one's evaluation.

        Raises:
            InvalidRequest: Naming every argument that can't work.
            QuotaExceededError: The key has used its quota.
        """
        starting = _trace(
            idempotency_key,
            trace=trace,
            metrics=metrics,
            project_name=project_name,
            run_name=run_name,
            metadata=metadata,
            thresholds=thresholds,
            judge=judge,
            openai_api_key=openai_api_key,
        )
        return self._start(self._kind, starting)


def _dataset(idempotency_key: str | None, **members: object) -> Starting:
    body = evaluation_body(**members)
    key = idempotency_key or new_key()
    return lambda prefer: api.evaluations.evaluate_dataset(
        body=body, prefer=prefer, idempotency_key=key
    )


def _trace(idempotency_key: str | None, **members: object) -> Starting:
    body = trace_evaluation_body(**members)
    key = idempotency_key or new_key()
    return lambda prefer: api.evaluations.evaluate_trace(
        body=body, prefer=prefer, idempotency_key=key
    )
