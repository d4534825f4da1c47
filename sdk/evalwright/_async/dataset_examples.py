"""Examples of datasets."""

from collections.abc import AsyncIterator, Mapping, Sequence

from evalwright._async.resource import AsyncResource
from evalwright._fields import build
from evalwright._given import given
from evalwright_api import api, models
from evalwright_api.types import Request

AnnotationsChoice = Sequence[Mapping[str, object] | models.AnnotateRecordInput]
"""Annotations by record: mappings or models with `record_id` and `values`, each of which has a
`name` and any of `score`, `label` and `text`."""


class AsyncDatasetExamples(AsyncResource):
    """The part of `AsyncDatasetsClient` that is about examples."""

    async def append_examples(
        self,
        *,
        dataset: str,
        examples: Sequence[Mapping[str, object]],
        space: str | None = None,
        dataset_version_id: str | None = None,
    ) -> models.DatasetVersionWithExampleIds:
        """Append examples to a dataset.

        Args:
            dataset: The dataset, by name or ID.
            examples: 1 to 1,000 rows, as for `create`.
            space: Where the name is looked up.
            dataset_version_id: The version to write to; the latest when None.
        """
        body = build(models.InsertDatasetExamplesRequest, {"examples": examples})
        dataset_id = await self._find.dataset(dataset, space)
        return await self._session.send(
            api.datasets.insert_dataset_examples(
                dataset_id, body=body, dataset_version_id=dataset_version_id
            )
        )

    async def update_examples(
        self,
        *,
        dataset: str,
        examples: Sequence[Mapping[str, object]],
        space: str | None = None,
        dataset_version_id: str | None = None,
        new_version: str | None = None,
    ) -> models.DatasetVersionWithExampleIds:
        """Change examples of a dataset; IDs that don't exist are skipped.

        Args:
            dataset: The dataset, by name or ID.
            examples: 1 to 1,000 rows with their `id` and the columns to replace.
            space: Where the name is looked up.
            dataset_version_id: The version to start from; the latest when None.
            new_version: The name of a version to write into; else the change is made in place.
        """
        members = given(examples=examples, new_version=new_version)
        body = build(models.UpdateDatasetExamplesRequest, members)
        dataset_id = await self._find.dataset(dataset, space)
        return await self._session.send(
            api.datasets.update_dataset_examples(
                dataset_id, body=body, dataset_version_id=dataset_version_id
            )
        )

    async def delete_examples(
        self,
        *,
        dataset: str,
        example_ids: Sequence[str],
        space: str | None = None,
        dataset_version_id: str | None = None,
    ) -> models.DeleteDatasetExamplesResponse:
        """Remove examples from a version of a dataset; other versions keep them.

        Args:
            dataset: The dataset, by name or ID.
            example_ids: 1 to 1,000 IDs; those that are not in the version are listed as such.
            space: Where the name is looked up.
            dataset_version_id: The version; the latest when None.
        """
        members = {"example_ids": example_ids, "dataset_version_id": dataset_version_id or ""}
        body = build(models.DeleteDatasetExamplesRequest, members)
        dataset_id = await self._find.dataset(dataset, space)
        return await self._session.send(api.datasets.delete_dataset_examples(dataset_id, body=body))

    async def annotate_examples(
        self, *, dataset: str, annotations: AnnotationsChoice, space: str | None = None
    ) -> None:
        """Say of examples what people think of them; values that are left out stay as they are.

        Args:
            dataset: The dataset, by name or ID.
            annotations: 1 to 1,000 entries with `record_id`, an example's ID, and `values`.
            space: Where the name is looked up.
        """
        body = build(models.AnnotateDatasetExamplesRequest, {"annotations": annotations})
        dataset_id = await self._find.dataset(dataset, space)
        await self._session.send(api.datasets.annotate_dataset_examples(dataset_id, body=body))

    async def list_examples(
        self,
        *,
        dataset: str,
        space: str | None = None,
        dataset_version_id: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> models.DatasetExampleList:
        """Get one page of a dataset's examples, in the order of their insertion.

        Args:
            dataset: The dataset, by name or ID.
            space: Where the name is looked up.
            dataset_version_id: The version to read; the latest when None.
            limit: The largest number of rows, 1 to 500.
            cursor: The `pagination.next_cursor` of the page before.
        """
        dataset_id = await self._find.dataset(dataset, space)
        return await self._session.send(
            api.datasets.list_dataset_examples(
                dataset_id, dataset_version_id=dataset_version_id, limit=limit, cursor=cursor
            )
        )

    async def search_examples(
        self,
        *,
        dataset: str,
        filter: str | None = None,
        space: str | None = None,
        dataset_version_id: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> models.DatasetExampleList:
        """Get one page of the examples that a filter lets through.

        The server looks at so many examples for one page and no more: a page may have few
        examples or none, and still not be the last one.

        Args:
            dataset: The dataset, by name or ID.
            filter: A condition over their columns, such as `topic = 'refunds' AND score < 0.5`.
            space: Where the name is looked up.
            dataset_version_id: The version to read; the latest when None.
            limit: The largest number of rows, 1 to 500.
            cursor: The `pagination.next_cursor` of the page before.

        Raises:
            InvalidRequest: The filter is wrong; says where, and what is allowed.
        """
        dataset_id = await self._find.dataset(dataset, space)
        return await self._session.send(
            _search(dataset_id, filter, dataset_version_id, limit, cursor)
        )

    async def iter_examples(
        self,
        *,
        dataset: str,
        filter: str | None = None,
        space: str | None = None,
        dataset_version_id: str | None = None,
        page_size: int = 500,
    ) -> AsyncIterator[models.DatasetExample]:
        """Go through the examples of a dataset, reading page by page.

        Args:
            dataset: The dataset, by name or ID.
            filter: A condition over their columns; all examples when None.
            space: Where the name is looked up.
            dataset_version_id: The version to read; the latest when None.
            page_size: How many to read at a time, 1 to 500.
        """
        dataset_id = await self._find.dataset(dataset, space)
        rows = self._iterate(
            lambda cursor: _search(dataset_id, filter, dataset_version_id, page_size, cursor),
            lambda page: page.examples,
        )
        async for example in rows:
            yield example


def _search(
    dataset_id: str, condition: str | None, version_id: str | None, limit: int, cursor: str | None
) -> Request[models.DatasetExampleList]:
    if condition is None:
        return api.datasets.list_dataset_examples(
            dataset_id, dataset_version_id=version_id, limit=limit, cursor=cursor
        )
    members = given(filter=condition, dataset_version_id=version_id, limit=limit, cursor=cursor)
    body = build(models.SearchDatasetExamplesRequest, members)
    return api.datasets.search_dataset_examples(dataset_id, body=body)
