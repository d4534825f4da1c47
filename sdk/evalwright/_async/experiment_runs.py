"""Runs of experiments: the outputs, and what was said of them."""

from collections.abc import AsyncIterator, Mapping, Sequence

from evalwright._async.dataset_examples import AnnotationsChoice
from evalwright._async.resource import AsyncResource
from evalwright._fields import build
from evalwright._given import given
from evalwright_api import api, models
from evalwright_api.types import Request


class AsyncExperimentRuns(AsyncResource):
    """The part of `AsyncExperimentsClient` that is about runs."""

    async def append_runs(
        self,
        *,
        experiment: str,
        experiment_runs: Sequence[Mapping[str, object] | models.ExperimentRunCreate],
        dataset: str | None = None,
        space: str | None = None,
    ) -> models.ExperimentWithRunIds:
        """Append outputs to an experiment.

        Args:
            experiment: The experiment, by name or ID.
            experiment_runs: 1 to 1,000 outputs, as for `create`; their examples are in the
                version of the dataset that the experiment ran over.
            dataset: Where its name is looked up.
            space: Where names are looked up.
        """
        body = build(models.AppendExperimentRunsRequest, {"experiment_runs": experiment_runs})
        experiment_id = await self._find.experiment(experiment, dataset, space)
        return await self._session.send(
            api.experiments.append_experiment_runs(experiment_id, body=body)
        )

    async def annotate_runs(
        self,
        *,
        experiment: str,
        annotations: AnnotationsChoice,
        dataset: str | None = None,
        space: str | None = None,
    ) -> None:
        """Say of outputs what people think of them; values that are left out stay as they are.

        Args:
            experiment: The experiment, by name or ID.
            annotations: 1 to 1,000 entries with `record_id`, an experiment run's ID, and `values`.
            dataset: Where its name is looked up.
            space: Where names are looked up.
        """
        body = build(models.AnnotateExperimentRunsRequest, {"annotations": annotations})
        experiment_id = await self._find.experiment(experiment, dataset, space)
        await self._session.send(api.experiments.annotate_experiment_runs(experiment_id, body=body))

    async def list_runs(
        self,
        *,
        experiment: str,
        dataset: str | None = None,
        space: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> models.ExperimentRunList:
        """Get one page of an experiment's runs with their evaluations.

        Args:
            experiment: The experiment, by name or ID.
            dataset: Where its name is looked up.
            space: Where names are looked up.
            limit: The largest number of rows, 1 to 500.
            cursor: The `pagination.next_cursor` of the page before.
        """
        experiment_id = await self._find.experiment(experiment, dataset, space)
        return await self._session.send(
            api.experiments.list_experiment_runs(experiment_id, limit=limit, cursor=cursor)
        )

    async def search_runs(
        self,
        *,
        experiment: str,
        filter: str | None = None,
        dataset: str | None = None,
        space: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> models.ExperimentRunList:
        """Get one page of the runs that a filter lets through.

        The server looks at so many runs for one page and no more: a page may have few runs or
        none, and still not be the last one.

        Args:
            experiment: The experiment, by name or ID.
            filter: A condition over the columns of the run and of its example, such as
                `eval.exact.score < 1 AND topic = 'refunds'`.
            dataset: Where its name is looked up.
            space: Where names are looked up.
            limit: The largest number of rows, 1 to 500.
            cursor: The `pagination.next_cursor` of the page before.

        Raises:
            InvalidRequest: The filter is wrong; says where, and what is allowed.
        """
        experiment_id = await self._find.experiment(experiment, dataset, space)
        return await self._session.send(_search(experiment_id, filter, limit, cursor))

    async def iter_runs(
        self,
        *,
        experiment: str,
        filter: str | None = None,
        dataset: str | None = None,
        space: str | None = None,
        page_size: int = 500,
    ) -> AsyncIterator[models.ExperimentRun]:
        """Go through the runs of an experiment, reading page by page.

        Args:
            experiment: The experiment, by name or ID.
            filter: A condition over the columns of the run and of its example; all when None.
            dataset: Where its name is looked up.
            space: Where names are looked up.
            page_size: How many to read at a time, 1 to 500.
        """
        experiment_id = await self._find.experiment(experiment, dataset, space)
        rows = self._iterate(
            lambda cursor: _search(experiment_id, filter, page_size, cursor),
            lambda page: page.experiment_runs,
        )
        async for run in rows:
            yield run


def _search(
    experiment_id: str, condition: str | None, limit: int, cursor: str | None
) -> Request[models.ExperimentRunList]:
    if condition is None:
        return api.experiments.list_experiment_runs(experiment_id, limit=limit, cursor=cursor)
    members = given(filter=condition, limit=limit, cursor=cursor)
    body = build(models.SearchExperimentRunsRequest, members)
    return api.experiments.search_experiment_runs(experiment_id, body=body)
