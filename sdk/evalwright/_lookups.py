"""How each kind of thing is listed when its name is looked up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from evalwright._resolution import Named, WantedPage
from evalwright_api import api, models
from evalwright_api.types import Request

_T = TypeVar("_T", bound=Named)
_PAGE: Final = 100


class Listing(Protocol):
    """A page of a list, of whatever kind."""

    @property
    def pagination(self) -> models.Pagination:
        """Where it stands in its list."""
        ...


_L = TypeVar("_L", bound=Listing)


@dataclass(frozen=True, slots=True)
class Lookup(Generic[_L, _T]):
    """One kind of thing."""

    kind: str
    """What it is called in messages."""

    request: Callable[[WantedPage, str | None], Request[_L]]
    """The request for a page of it, within a space (or, for experiments, a dataset)."""

    rows: Callable[[_L], Sequence[_T]]
    """The things on a page."""

    narrowed_by: str | None = "space"
    """The argument that tells things of the same name apart."""

    def cure(self, scope_id: str | None) -> str | None:
        """Give the argument that would narrow a search further; None when nothing would."""
        return self.narrowed_by if scope_id is None else None


SPACE: Final[Lookup[models.SpaceList, models.Space]] = Lookup(
    "space",
    lambda want, _: api.spaces.list_spaces(name=want.name, cursor=want.cursor, limit=_PAGE),
    lambda page: page.spaces,
    narrowed_by=None,
)
PROJECT: Final[Lookup[models.ProjectList, models.Project]] = Lookup(
    "project",
    lambda want, space_id: api.projects.list_projects(
        name=want.name, cursor=want.cursor, space_id=space_id, limit=_PAGE
    ),
    lambda page: page.projects,
)
DATASET: Final[Lookup[models.DatasetList, models.Dataset]] = Lookup(
    "dataset",
    lambda want, space_id: api.datasets.list_datasets(
        name=want.name, cursor=want.cursor, space_id=space_id, limit=_PAGE
    ),
    lambda page: page.datasets,
)
EXPERIMENT: Final[Lookup[models.ExperimentList, models.Experiment]] = Lookup(
    "experiment",
    lambda want, dataset_id: api.experiments.list_experiments(
        name=want.name, cursor=want.cursor, dataset_id=dataset_id, limit=_PAGE
    ),
    lambda page: page.experiments,
    narrowed_by="dataset",
)
EXPERIMENT_IN_SPACE: Final[Lookup[models.ExperimentList, models.Experiment]] = Lookup(
    "experiment",
    lambda want, space_id: api.experiments.list_experiments(
        name=want.name, cursor=want.cursor, space_id=space_id, limit=_PAGE
    ),
    lambda page: page.experiments,
    narrowed_by="dataset",
)
EVALUATOR: Final[Lookup[models.EvaluatorList, models.Evaluator]] = Lookup(
    "evaluator",
    lambda want, space_id: api.evaluators.list_evaluators(
        name=want.name, cursor=want.cursor, space_id=space_id, limit=_PAGE
    ),
    lambda page: page.evaluators,
)
AI_INTEGRATION: Final[Lookup[models.AiIntegrationList, models.AiIntegration]] = Lookup(
    "AI integration",
    lambda want, space_id: api.ai_integrations.list_ai_integrations(
        name=want.name, cursor=want.cursor, space_id=space_id, limit=_PAGE
    ),
    lambda page: page.ai_integrations,
)
TASK: Final[Lookup[models.TaskList, models.Task]] = Lookup(
    "task",
    lambda want, space_id: api.tasks.list_tasks(
        name=want.name, cursor=want.cursor, space_id=space_id, limit=_PAGE
    ),
    lambda page: page.tasks,
)
