# Generated from sdk/evalwright/_async/failure_analysis.py by scripts/unasync.py: do not edit.
"""Failure analyses."""

from collections.abc import Sequence

from evalwright._analyses.requests import Dataset, JudgeChoice, failure_body
from evalwright._analyses.status import OnProgress
from evalwright._errors.invalid import FieldError
from evalwright._fields import refuse
from evalwright._keys import new_key
from evalwright._sync.analyses import Starting
from evalwright._sync.analysis_results import FailureAnalysisRun
from evalwright._sync.failure_insights import FailureInsights
from evalwright._sync.job_handle import AsyncJobHandle
from evalwright_api import api, models


class FailureAnalysisClient(FailureInsights):
    """Where and why answers fail."""

    def run(
        self,
        *,
        dataset: Dataset | None = None,
        trace_id: str | None = None,
        project_name: str | None = None,
        feature_kind: models.FeatureKind | str | None = None,
        run_eval: bool | None = None,
        run_security: bool | None = None,
        mandatory_eval_metrics: Sequence[str] | None = None,
        mandatory_security_categories: Sequence[str] | None = None,
        subcategories: Sequence[str] | None = None,
        buckets: Sequence[str] | None = None,
        judge: JudgeChoice | None = None,
        openai_api_key: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> FailureAnalysisRun:
        """Find out where and why answers fail.

        Args:
            dataset: The items: `input`, `output` and, if any, `context`, `tool_calls`, `expected`.
            trace_id: A trace of the project instead of a dataset.
            project_name: The project, created when there is none of this name.
            feature_kind: `rag`, `agent`, `agentic_rag` or `generic_llm`; guessed when None.
            run_eval: Whether to measure metrics, too; yes when None.
            run_security: Whether to audit the answers, too; yes when None.
            mandatory_eval_metrics: Metrics to measure in any case.
            mandatory_security_categories: Security categories to look for in any case.
            subcategories: The kinds of failures to look for; all when None.
            buckets: The groups of failures to look for; all when None.
            judge: The model that judges; what needs one is skipped without it.
            openai_api_key: The key of the judge's provider, forgotten with the analysis.
            idempotency_key: A second call with it gets the first one's analysis.
            timeout: Seconds to wait at most; without end when None.
            on_progress: Called with an `JobStatus` whenever it has changed.

        Raises:
            InvalidRequest: Naming every argument that can't work, with the index of the item.
            DatasetTooLargeError: It has more items than the server takes at once.
            QuotaExceededError: The key has used its quota.
            AnalysisFailed: It ended before all of it was done.
            AnalysisTimeout: Time is up; the analysis goes on.
        """
        starting = _starting(
            idempotency_key,
            dataset=dataset,
            trace_id=trace_id,
            project_name=project_name,
            feature_kind=feature_kind,
            run_eval=run_eval,
            run_security=run_security,
            mandatory_eval_metrics=mandatory_eval_metrics,
            mandatory_security_categories=mandatory_security_categories,
            subcategories=subcategories,
            buckets=buckets,
            judge=judge,
            openai_api_key=openai_api_key,
        )
        return self._finish(self._kind, starting, timeout, on_progress)

    def run_async(
        self,
        *,
        dataset: Dataset | None = None,
        trace_id: str | None = None,
        project_name: str | None = None,
        feature_kind: models.FeatureKind | str | None = None,
        run_eval: bool | None = None,
        run_security: bool | None = None,
        mandatory_eval_metrics: Sequence[str] | None = None,
        mandatory_security_categories: Sequence[str] | None = None,
        subcategories: Sequence[str] | None = None,
        buckets: Sequence[str] | None = None,
        judge: JudgeChoice | None = None,
        openai_api_key: str | None = None,
        idempotency_key: str | None = None,
    ) -> AsyncJobHandle[FailureAnalysisRun, models.FailureAnalysisInput]:
        """Start a failure analysis and give a handle at once; arguments are those of `run`.

        Args:
            dataset: The items.
            trace_id: A trace of the project instead of a dataset.
            project_name: The project, created when there is none of this name.
            feature_kind: What gave the answers.
            run_eval: Whether to measure metrics, too.
            run_security: Whether to audit the answers, too.
            mandatory_eval_metrics: Metrics to measure in any case.
            mandatory_security_categories: Security categories to look for in any case.
            subcategories: The kinds of failures to look for.
            buckets: The groups of failures to look for.
            judge: The model that judges.
            openai_api_key: The key of the judge's provider, forgotten with the analysis.
            idempotency_key: A second call with it gets the first one's analysis.

        Raises:
            InvalidRequest: Naming every argument that can't work, with the index of the item.
            DatasetTooLargeError: It has more items than the server takes at once.
            QuotaExceededError: The key has used its quota.
        """
        starting = _starting(
            idempotency_key,
            dataset=dataset,
            trace_id=trace_id,
            project_name=project_name,
            feature_kind=feature_kind,
            run_eval=run_eval,
            run_security=run_security,
            mandatory_eval_metrics=mandatory_eval_metrics,
            mandatory_security_categories=mandatory_security_categories,
            subcategories=subcategories,
            buckets=buckets,
            judge=judge,
            openai_api_key=openai_api_key,
        )
        return self._start(self._kind, starting)


def _starting(
    idempotency_key: str | None, *, dataset: object, trace_id: object, **members: object
) -> Starting:
    if (dataset is None) == (trace_id is None):
        refuse([FieldError("dataset", "pass either a dataset or a trace_id")])
    body = failure_body(dataset=dataset, trace_id=trace_id, **members)
    key = idempotency_key or new_key()
    return lambda prefer: api.failure_analysis.analyze_failures(
        body=body, prefer=prefer, idempotency_key=key
    )
