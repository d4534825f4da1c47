"""Datasets and their examples."""

from evalwright_server.services import datasets, example_changes, examples
from evalwright_server.web.call import DEFAULT_ROW_LIMIT, Answer, Call


async def list_datasets(call: Call) -> Answer:
    """Answer a page of datasets."""
    return Answer(await call.read(datasets.list_datasets, call.page(), call.list_filter()))


async def create_dataset(call: Call) -> Answer:
    """Create a dataset with its first examples."""
    return Answer(await call.write(datasets.create_dataset, call.body, stamp=call.stamp()))


async def get_dataset(call: Call) -> Answer:
    """Answer a dataset with its versions."""
    return Answer(await call.read(datasets.get_dataset, call.values["dataset_id"]))


async def update_dataset(call: Call) -> Answer:
    """Rename a dataset."""
    dataset_id, if_match = call.values["dataset_id"], call.values.get("If-Match")
    view = await call.write(datasets.update_dataset, dataset_id, call.body, if_match=if_match)
    return Answer(view)


async def delete_dataset(call: Call) -> Answer:
    """Delete a dataset with its experiments and tasks."""
    engine = call.context.engine
    await call.write(datasets.delete_dataset, call.values["dataset_id"], engine=engine)
    return Answer()


async def list_dataset_examples(call: Call) -> Answer:
    """Answer a page of a version's examples."""
    page = call.page(DEFAULT_ROW_LIMIT)
    return Answer(await call.read(examples.list_examples, *_target(call), page))


async def insert_dataset_examples(call: Call) -> Answer:
    """Append examples."""
    stamp = call.stamp()
    return Answer(
        await call.write(examples.insert_examples, *_target(call), call.body, stamp=stamp)
    )


async def update_dataset_examples(call: Call) -> Answer:
    """Change examples, in place or in a new version."""
    stamp = call.stamp()
    return Answer(
        await call.write(example_changes.update_examples, *_target(call), call.body, stamp=stamp)
    )


async def delete_dataset_examples(call: Call) -> Answer:
    """Remove examples from a version."""
    dataset_id, stamp = call.values["dataset_id"], call.stamp()
    view = await call.write(example_changes.delete_examples, dataset_id, call.body, stamp=stamp)
    return Answer(view)


async def search_dataset_examples(call: Call) -> Answer:
    """Answer a page of the examples that a filter lets through."""
    dataset_id, page = call.values["dataset_id"], call.searched_page()
    return Answer(await call.read(examples.search_examples, dataset_id, call.body, page))


async def annotate_dataset_examples(call: Call) -> Answer:
    """Annotate examples."""
    dataset_id, stamp = call.values["dataset_id"], call.stamp()
    await call.write(examples.annotate_examples, dataset_id, call.body, stamp=stamp)
    return Answer()


def _target(call: Call) -> tuple[str, str | None]:
    return call.values["dataset_id"], call.values.get("dataset_version_id")
