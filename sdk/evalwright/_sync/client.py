# Generated from sdk/evalwright/_async/client.py by scripts/unasync.py: do not edit.
"""All resources behind one client."""

from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import Self

from evalwright._config import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT, load_config
from evalwright._sync.ai_integrations import AiIntegrationsClient
from evalwright._sync.datasets import DatasetsClient
from evalwright._sync.dead_letters import DeadLettersClient
from evalwright._sync.environments import EnvironmentsClient
from evalwright._sync.evaluations import EvaluationsClient
from evalwright._sync.evaluators import EvaluatorsClient
from evalwright._sync.experiments import ExperimentsClient
from evalwright._sync.failure_analysis import FailureAnalysisClient
from evalwright._sync.job_types import JobTypesClient
from evalwright._sync.jobs import JobsClient
from evalwright._sync.projects import ProjectsClient
from evalwright._sync.runs import RunsClient
from evalwright._sync.security import SecurityClient
from evalwright._sync.session import Session
from evalwright._sync.spaces import SpacesClient
from evalwright._sync.spans import SpansClient
from evalwright._sync.tasks import TasksClient


class Evalwright:
    """The client for everything a server offers.

    ::

        with Evalwright() as client:
            run = client.tasks.trigger_run(task="nightly", space="demo")
            run = client.tasks.wait_for_run(run_id=run.id)

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
        self._session = Session(config)

    @property
    def base_url(self) -> str:
        """Where the server is."""
        return self._session.config.base_url

    @cached_property
    def ai_integrations(self) -> AiIntegrationsClient:
        """Access to language models."""
        return AiIntegrationsClient._attached(self._session)

    @cached_property
    def datasets(self) -> DatasetsClient:
        """Versioned tables of examples."""
        return DatasetsClient._attached(self._session)

    @cached_property
    def dead_letters(self) -> DeadLettersClient:
        """Jobs that were given up."""
        return DeadLettersClient._attached(self._session)

    @cached_property
    def environments(self) -> EnvironmentsClient:
        """Sets of packages that are installed for jobs."""
        return EnvironmentsClient._attached(self._session)

    @cached_property
    def eval(self) -> EvaluationsClient:
        """Metrics over datasets of inputs and outputs."""
        return EvaluationsClient._attached(self._session)

    @cached_property
    def evaluators(self) -> EvaluatorsClient:
        """Versioned judges of outputs."""
        return EvaluatorsClient._attached(self._session)

    @cached_property
    def experiments(self) -> ExperimentsClient:
        """Outputs of systems over datasets, and their evaluations."""
        return ExperimentsClient._attached(self._session)

    @cached_property
    def failure_analysis(self) -> FailureAnalysisClient:
        """Where and why answers fail."""
        return FailureAnalysisClient._attached(self._session)

    @cached_property
    def job_types(self) -> JobTypesClient:
        """Kinds of jobs."""
        return JobTypesClient._attached(self._session)

    @cached_property
    def jobs(self) -> JobsClient:
        """Python programs that run in a sandbox."""
        return JobsClient._attached(self._session)

    @cached_property
    def projects(self) -> ProjectsClient:
        """Applications whose spans are evaluated."""
        return ProjectsClient._attached(self._session)

    @cached_property
    def runs(self) -> RunsClient:
        """Everything that takes time, seen alike."""
        return RunsClient._attached(self._session)

    @cached_property
    def security(self) -> SecurityClient:
        """Harmful content in datasets, and systems under attack."""
        return SecurityClient._attached(self._session)

    @cached_property
    def spaces(self) -> SpacesClient:
        """Workspaces that hold the rest."""
        return SpacesClient._attached(self._session)

    @cached_property
    def spans(self) -> SpansClient:
        """What applications did, step by step."""
        return SpansClient._attached(self._session)

    @cached_property
    def tasks(self) -> TasksClient:
        """Evaluations and experiments that can be run again and again, and their runs."""
        return TasksClient._attached(self._session)

    def close(self) -> None:
        """Give the connections back; closing twice is fine."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
