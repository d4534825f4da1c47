"""Experiments and their runs."""

from collections.abc import AsyncIterator, Mapping, Sequence

from evalwright._async.experiment_runs import AsyncExperimentRuns
from evalwright._batches import batches
from evalwright._fields import build
from evalwright_api import api, models


class AsyncExperimentsClient(AsyncExperimentRuns):
    """The outputs of one system over a dataset, and their evaluations."""

    async def list(
        self,
        *,
        name: str | None = None,
        dataset: str | None = None,
        space: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> models.ExperimentList:
        """Get one page of experiments, newest first.

        Args:
            name: Only experiments whose name contains this text, whatever its case.
            dataset: Only experiments over this dataset, by name or ID.
            space: Only experiments of this space, by name or ID.
            limit: The largest number of rows, 1 to 100.
            cursor: The `pagination.next_cursor` of the page before.
        """
        dataset_id = None if dataset is None else await self._find.dataset(dataset, space)
        space_id = await self._find.optional_space(space)
        return await self._session.send(
            api.experiments.list_experiments(
                name=name, dataset_id=dataset_id, space_id=space_id, limit=limit, cursor=cursor
            )
        )

    async def iter(
        self,
        *,
        name: str | None = None,
        dataset: str | None = None,
        space: str | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[models.Experiment]:
        """Go through all experiments, newest first, reading page by page.

        Args:
            name: Only experiments whose name contains this text, whatever its case.
            dataset: Only experiments over this dataset, by name or ID.
            space: Only experiments of this space, by name or ID.
            page_size: How many to read at a time, 1 to 100.
        """
        dataset_id = None if dataset is None else await self._find.dataset(dataset, space)
        space_id = await self._find.optional_space(space)
        rows = self._iterate(
            lambda cursor: api.experiments.list_experiments(
                name=name, dataset_id=dataset_id, space_id=space_id, limit=page_size, cursor=cursor
            ),
            lambda page: page.experiments,
        )
        async for experiment in rows:
            yield experiment

    async def get(
        self, *, experiment: str, dataset: str | None = None, space: str | None = None
    ) -> models.Experiment:
        """Get an experiment by name or ID.

        Args:
            experiment: The experiment.
            dataset: Where its name is looked up; names are unique inside a dataset.
            space: Where names are looked up.
        """
        experiment_id = await self._find.experiment(experiment, dataset, space)
        return await self._session.send(api.experiments.get_experiment(experiment_id))

    async def create(
        self,
        *,
        name: str,
        dataset: str,
        experiment_runs: Sequence[Mapping[str, object] | models.ExperimentRunCreate],
        space: str | None = None,
    ) -> models.Experiment:
        """Create an experiment from outputs that exist already.

        Beyond 1,000 outputs, the rest is appended in further requests; should one of them fail,
        the experiment stays with the outputs that made it.

        Args:
            name: Its name, unique inside the dataset, without quotes and backslashes.
            dataset: The dataset whose latest version it answers, by name or ID.
            experiment_runs: At least one output, each with `example_id`, `output` and any further
                columns; NaN becomes null.
            space: Where the dataset's name is looked up.
        """
        first, *others = batches(experiment_runs, "experiment_runs")
        members: dict[str, object] = {
            "name": name,
            "dataset_id": dataset,
            "experiment_runs": first,
        }
        build(models.CreateExperimentRequest, members, arguments={"dataset_id": "dataset"})
        members["dataset_id"] = await self._find.dataset(dataset, space)
        body = build(models.CreateExperimentRequest, members)
        experiment = await self._session.send(api.experiments.create_experiment(body=body))
        for rows in others:
            more = build(models.AppendExperimentRunsRequest, {"experiment_runs": rows})
            await self._session.send(
                api.experiments.append_experiment_runs(experiment.id, body=more)
            )
        return experiment

    async def delete(
        self, *, experiment: str, dataset: str | None = None, space: str | None = None
    ) -> None:
        """Delete an experiment by name or ID, its runs and their evaluations.

        Args:
            experiment: The experiment.
            dataset: Where its name is looked up.
            space: Where names are looked up.
        """
        experiment_id = await self._find.experiment(experiment, dataset, space)
        await self._session.send(api.experiments.delete_experiment(experiment_id))
