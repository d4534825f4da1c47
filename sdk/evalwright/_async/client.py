"""All resources behind one client."""

from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import Self

from evalwright._async.ai_integrations import AsyncAiIntegrationsClient
from evalwright._async.datasets import AsyncDatasetsClient
from evalwright._async.dead_letters import AsyncDeadLettersClient
from evalwright._async.environments import AsyncEnvironmentsClient
from evalwright._async.evaluations import AsyncEvaluationsClient
from evalwright._async.evaluators import AsyncEvaluatorsClient
from evalwright._async.experiments import AsyncExperimentsClient
from evalwright._async.failure_analysis import AsyncFailureAnalysisClient
from evalwright._async.job_types import AsyncJobTypesClient
from evalwright._async.jobs import AsyncJobsClient
from evalwright._async.projects import AsyncProjectsClient
from evalwright._async.runs import AsyncRunsClient
from evalwright._async.security import AsyncSecurityClient
from evalwright._async.session import AsyncSession
from evalwright._async.spaces import AsyncSpacesClient
from evalwright._async.spans import AsyncSpansClient
from evalwright._async.tasks import AsyncTasksClient
from evalwright._config import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT, load_config


class AsyncEvalwright:
    """The async client for everything a server offers.

    ::

        async with AsyncEvalwright() as client:
            run = await client.tasks.trigger_run(task="nightly", space="demo")
            run = await client.tasks.wait_for_run(run_id=run.id)

    Args:
        base_url: Where the server is; else EVALWRIGHT_BASE_URL, else http://127.0.0.1:8000.
        api_key: The credential; else EVALWRIGHT_API_KEY, else none, which a server on this
            machine accepts.
        timeout: Seconds for a whole call, retries included.
        max_retries: How often a call that failed in passing is repeated, if it can't do harm.
        headers: Further headers for every request.

    Raises:
        InvalidRequest: Naming every argument that can't work.
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_MAX_RETRIES,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        config = load_config(
            base_url=base_url,
            api_key=api_key,
            timeout=timeout,
            max_retries=max_retries,
            headers=headers,
        )
        self._session = AsyncSession(config)

    @property
    def base_url(self) -> str:
        """Where the server is."""
        return self._session.config.base_url

    @cached_property
    def ai_integrations(self) -> AsyncAiIntegrationsClient:
        """Access to language models."""
        return AsyncAiIntegrationsClient._attached(self._session)

    @cached_property
    def datasets(self) -> AsyncDatasetsClient:
        """Versioned tables of examples."""
        return AsyncDatasetsClient._attached(self._session)

    @cached_property
    def dead_letters(self) -> AsyncDeadLettersClient:
        """Jobs that were given up."""
        return AsyncDeadLettersClient._attached(self._session)

    @cached_property
    def environments(self) -> AsyncEnvironmentsClient:
        """Sets of packages that are installed for jobs."""
        return AsyncEnvironmentsClient._attached(self._session)

    @cached_property
    def eval(self) -> AsyncEvaluationsClient:
        """Metrics over datasets of inputs and outputs."""
        return AsyncEvaluationsClient._attached(self._session)

    @cached_property
    def evaluators(self) -> AsyncEvaluatorsClient:
        """Versioned judges of outputs."""
        return AsyncEvaluatorsClient._attached(self._session)

    @cached_property
    def experiments(self) -> AsyncExperimentsClient:
        """Outputs of systems over datasets, and their evaluations."""
        return AsyncExperimentsClient._attached(self._session)

    @cached_property
    def failure_analysis(self) -> AsyncFailureAnalysisClient:
        """Where and why answers fail."""
        return AsyncFailureAnalysisClient._attached(self._session)

    @cached_property
    def job_types(self) -> AsyncJobTypesClient:
        """Kinds of jobs."""
        return AsyncJobTypesClient._attached(self._session)

    @cached_property
    def jobs(self) -> AsyncJobsClient:
        """Python programs that run in a sandbox."""
        return AsyncJobsClient._attached(self._session)

    @cached_property
    def projects(self) -> AsyncProjectsClient:
        """Applications whose spans are evaluated."""
        return AsyncProjectsClient._attached(self._session)

    @cached_property
    def runs(self) -> AsyncRunsClient:
        """Everything that takes time, seen alike."""
        return AsyncRunsClient._attached(self._session)

    @cached_property
    def security(self) -> AsyncSecurityClient:
        """Harmful content in datasets, and systems under attack."""
        return AsyncSecurityClient._attached(self._session)

    @cached_property
    def spaces(self) -> AsyncSpacesClient:
        """Workspaces that hold the rest."""
        return AsyncSpacesClient._attached(self._session)

    @cached_property
    def spans(self) -> AsyncSpansClient:
        """What applications did, step by step."""
        return AsyncSpansClient._attached(self._session)

    @cached_property
    def tasks(self) -> AsyncTasksClient:
        """Evaluations and experiments that can be run again and again, and their runs."""
        return AsyncTasksClient._attached(self._session)

    async def aclose(self) -> None:
        """Give the connections back; closing twice is fine."""
        await self._session.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()
