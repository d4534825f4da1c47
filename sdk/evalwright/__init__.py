"""Evaluate LLM applications: the client library of Evalwright.

::

    from evalwright import Evalwright

    with Evalwright() as client:
        run = client.tasks.trigger_run(task="nightly", space="demo")
        run = client.tasks.wait_for_run(run_id=run.id)

`AsyncEvalwright` is the same for async code. Each resource also has a client of its own, such as
`TasksClient`. Errors are in `evalwright.errors`, the shapes of answers in `evalwright.types`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from evalwright._ids import is_resource_id
from evalwright._unset import UNSET, Unset
from evalwright._version import __version__

if TYPE_CHECKING:
    from evalwright import errors, types
    from evalwright._analyses.status import AsyncJobStatus
    from evalwright._async.ai_integrations import AsyncAiIntegrationsClient
    from evalwright._async.analysis_results import (
        AsyncAuditRun,
        AsyncEvaluationRun,
        AsyncFailureAnalysisRun,
        AsyncRedTeamRun,
    )
    from evalwright._async.client import AsyncEvalwright
    from evalwright._async.datasets import AsyncDatasetsClient
    from evalwright._async.dead_letters import AsyncDeadLettersClient
    from evalwright._async.environments import AsyncEnvironmentsClient
    from evalwright._async.evaluations import AsyncEvaluationsClient
    from evalwright._async.evaluators import AsyncEvaluatorsClient
    from evalwright._async.experiments import AsyncExperimentsClient
    from evalwright._async.failure_analysis import AsyncFailureAnalysisClient
    from evalwright._async.job import AsyncJob
    from evalwright._async.job_handle import AwaitableJobHandle
    from evalwright._async.job_types import AsyncJobTypesClient
    from evalwright._async.jobs import AsyncJobsClient
    from evalwright._async.projects import AsyncProjectsClient
    from evalwright._async.remote_function import AsyncRemoteFunction
    from evalwright._async.runs import AsyncRunsClient
    from evalwright._async.security import AsyncSecurityClient
    from evalwright._async.spaces import AsyncSpacesClient
    from evalwright._async.spans import AsyncSpansClient
    from evalwright._async.tasks import AsyncTasksClient
    from evalwright._output import OutputLine
    from evalwright._sync.ai_integrations import AiIntegrationsClient
    from evalwright._sync.analysis_results import (
        AuditRun,
        EvaluationRun,
        FailureAnalysisRun,
        RedTeamRun,
    )
    from evalwright._sync.client import Evalwright
    from evalwright._sync.datasets import DatasetsClient
    from evalwright._sync.dead_letters import DeadLettersClient
    from evalwright._sync.environments import EnvironmentsClient
    from evalwright._sync.evaluations import EvaluationsClient
    from evalwright._sync.evaluators import EvaluatorsClient
    from evalwright._sync.experiments import ExperimentsClient
    from evalwright._sync.failure_analysis import FailureAnalysisClient
    from evalwright._sync.job import Job
    from evalwright._sync.job_handle import AsyncJobHandle
    from evalwright._sync.job_types import JobTypesClient
    from evalwright._sync.jobs import JobsClient
    from evalwright._sync.projects import ProjectsClient
    from evalwright._sync.remote_function import RemoteFunction
    from evalwright._sync.runs import RunsClient
    from evalwright._sync.security import SecurityClient
    from evalwright._sync.spaces import SpacesClient
    from evalwright._sync.spans import SpansClient
    from evalwright._sync.tasks import TasksClient
    from evalwright.errors import (
        DatasetTooLargeError,
        EvalwrightError,
        QuotaExceededError,
        TimeoutError,  # noqa: A004 - ours is one of Python's, too
        TokenQuotaExceededError,
    )

__all__ = [
    "UNSET",
    "AiIntegrationsClient",
    "AsyncAiIntegrationsClient",
    "AsyncAuditRun",
    "AsyncDatasetsClient",
    "AsyncDeadLettersClient",
    "AsyncEnvironmentsClient",
    "AsyncEvaluationRun",
    "AsyncEvaluationsClient",
    "AsyncEvaluatorsClient",
    "AsyncEvalwright",
    "AsyncExperimentsClient",
    "AsyncFailureAnalysisClient",
    "AsyncFailureAnalysisRun",
    "AsyncJob",
    "AsyncJobHandle",
    "AsyncJobStatus",
    "AsyncJobTypesClient",
    "AsyncJobsClient",
    "AsyncProjectsClient",
    "AsyncRedTeamRun",
    "AsyncRemoteFunction",
    "AsyncRunsClient",
    "AsyncSecurityClient",
    "AsyncSpacesClient",
    "AsyncSpansClient",
    "AsyncTasksClient",
    "AuditRun",
    "AwaitableJobHandle",
    "DatasetTooLargeError",
    "DatasetsClient",
    "DeadLettersClient",
    "EnvironmentsClient",
    "EvaluationRun",
    "EvaluationsClient",
    "EvaluatorsClient",
    "Evalwright",
    "EvalwrightError",
    "ExperimentsClient",
    "FailureAnalysisClient",
    "FailureAnalysisRun",
    "Job",
    "JobTypesClient",
    "JobsClient",
    "OutputLine",
    "ProjectsClient",
    "QuotaExceededError",
    "RedTeamRun",
    "RemoteFunction",
    "RunsClient",
    "SecurityClient",
    "SpacesClient",
    "SpansClient",
    "TasksClient",
    "TimeoutError",
    "TokenQuotaExceededError",
    "Unset",
    "__version__",
    "errors",
    "is_resource_id",
    "types",
]

_RESOURCES = (
    "ai_integrations",
    "datasets",
    "dead_letters",
    "environments",
    "evaluations",
    "evaluators",
    "experiments",
    "failure_analysis",
    "job_types",
    "jobs",
    "projects",
    "runs",
    "security",
    "spaces",
    "spans",
    "tasks",
)

_OTHERS = {
    "AuditRun": "analysis_results",
    "EvaluationRun": "analysis_results",
    "Evalwright": "client",
    "FailureAnalysisRun": "analysis_results",
    "Job": "job",
    "RedTeamRun": "analysis_results",
    "RemoteFunction": "remote_function",
}

_ERRORS = frozenset(
    {
        "DatasetTooLargeError",
        "EvalwrightError",
        "QuotaExceededError",
        "TimeoutError",
        "TokenQuotaExceededError",
    }
)


def _homes() -> dict[str, str]:
    homes = {
        "AsyncJobHandle": "_sync.job_handle",
        "AsyncJobStatus": "_analyses.status",
        "AwaitableJobHandle": "_async.job_handle",
        "OutputLine": "_output",
    }
    for kind, module in _OTHERS.items():
        homes[kind] = f"_sync.{module}"
        homes[f"Async{kind}"] = f"_async.{module}"
    for resource in _RESOURCES:
        name = f"{resource.title().replace('_', '')}Client"
        homes[name] = f"_sync.{resource}"
        homes[f"Async{name}"] = f"_async.{resource}"
    return homes


_HOMES = _homes()


# What is not used is not loaded: a program that catches errors needs no HTTP client for it.
def __getattr__(name: str) -> object:
    if name in {"errors", "types"}:
        return import_module(f"evalwright.{name}")
    if name in _ERRORS:
        value: object = getattr(import_module("evalwright.errors"), name)
    elif name in _HOMES:
        value = getattr(import_module(f"evalwright.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module 'evalwright' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *globals()})
