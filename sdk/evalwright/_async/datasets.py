"""Datasets and their examples."""

from collections.abc import AsyncIterator, Mapping, Sequence

from evalwright._async.dataset_examples import AsyncDatasetExamples
from evalwright._batches import batches
from evalwright._fields import build
from evalwright._given import something
from evalwright._unset import UNSET, Unset
from evalwright_api import api, models


class AsyncDatasetsClient(AsyncDatasetExamples):
    """Versioned tables of examples."""

    async def list(
        self,
        *,
        name: str | None = None,
        space: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> models.DatasetList:
        """Get one page of datasets, newest first.

        Args:
            name: Only datasets whose name contains this text, whatever its case.
            space: Only datasets of this space, by name or ID.
            limit: The largest number of rows, 1 to 100.
            cursor: The `pagination.next_cursor` of the page before.
        """
        space_id = await self._find.optional_space(space)
        return await self._session.send(
            api.datasets.list_datasets(name=name, space_id=space_id, limit=limit, cursor=cursor)
        )

    async def iter(
        self, *, name: str | None = None, space: str | None = None, page_size: int = 100
    ) -> AsyncIterator[models.Dataset]:
        """Go through all datasets, newest first, reading page by page.

        Args:
            name: Only datasets whose name contains this text, whatever its case.
            space: Only datasets of this space, by name or ID.
            page_size: How many to read at a time, 1 to 100.
        """
        space_id = await self._find.optional_space(space)
        rows = self._iterate(
            lambda cursor: api.datasets.list_datasets(
                name=name, space_id=space_id, limit=page_size, cursor=cursor
            ),
            lambda page: page.datasets,
        )
        async for dataset in rows:
            yield dataset

    async def get(self, *, dataset: str, space: str | None = None) -> models.Dataset:
        """Get a dataset and its versions, by name or ID."""
        dataset_id = await self._find.dataset(dataset, space)
        return await self._session.send(api.datasets.get_dataset(dataset_id))

    async def create(
        self, *, name: str, space: str, examples: Sequence[Mapping[str, object]]
    ) -> models.Dataset:
        """Create a dataset with its first examples.

        Beyond 1,000 examples, the rest is appended in further requests; should one of them fail,
        the dataset stays with the examples that made it.

        Args:
            name: Its name, unique inside the space.
            space: The space that holds it, by name or ID.
            examples: At least one row, each with at least one column; NaN becomes null. The
                columns id, created_at and updated_at are the server's.
        """
        first, *others = batches(examples, "examples")
        members: dict[str, object] = {"name": name, "space_id": space, "examples": first}
        build(models.CreateDatasetRequest, members, arguments={"space_id": "space"})
        members["space_id"] = await self._find.space(space)
        body = build(models.CreateDatasetRequest, members)
        dataset = await self._session.send(api.datasets.create_dataset(body=body))
        for rows in others:
            more = build(models.InsertDatasetExamplesRequest, {"examples": rows})
            await self._session.send(api.datasets.insert_dataset_examples(dataset.id, body=more))
        return dataset

    async def update(
        self, *, dataset: str, space: str | None = None, name: str | Unset = UNSET
    ) -> models.Dataset:
        """Rename a dataset.

        Args:
            dataset: The dataset, by name or ID.
            space: Where the name is looked up.
            name: Its new name, unique inside the space.
        """
        body = build(models.UpdateDatasetRequest, something(name=name))
        dataset_id = await self._find.dataset(dataset, space)
        return await self._session.send(api.datasets.update_dataset(dataset_id, body=body))

    async def delete(self, *, dataset: str, space: str | None = None) -> None:
        """Delete a dataset by name or ID, with its experiments and its tasks."""
        dataset_id = await self._find.dataset(dataset, space)
        await self._session.send(api.datasets.delete_dataset(dataset_id))
