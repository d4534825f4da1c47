"""Experiments and their runs."""

from evalwright_server.services import experiment_runs, experiments
from evalwright_server.web.call import DEFAULT_ROW_LIMIT, Answer, Call


async def list_experiments(call: Call) -> Answer:
    """Answer a page of experiments."""
    dataset_id = call.values.get("dataset_id")
    page, chosen = call.page(), call.list_filter()
    return Answer(await call.read(experiments.list_experiments, page, chosen, dataset_id))


async def create_experiment(call: Call) -> Answer:
    """Create an experiment from outputs."""
    return Answer(await call.write(experiments.create_experiment, call.body, stamp=call.stamp()))


async def get_experiment(call: Call) -> Answer:
    """Answer an experiment."""
    return Answer(await call.read(experiments.get_experiment, call.values["experiment_id"]))


async def delete_experiment(call: Call) -> Answer:
    """Delete an experiment with its runs."""
    await call.write(experiments.delete_experiment, call.values["experiment_id"])
    return Answer()


async def list_experiment_runs(call: Call) -> Answer:
    """Answer a page of an experiment's runs with their evaluations."""
    experiment_id, page = call.values["experiment_id"], call.page(DEFAULT_ROW_LIMIT)
    return Answer(await call.read(experiment_runs.list_experiment_runs, experiment_id, page))


async def append_experiment_runs(call: Call) -> Answer:
    """Append runs to an experiment."""
    experiment_id, stamp = call.values["experiment_id"], call.stamp()
    view = await call.write(experiments.append_runs, experiment_id, call.body, stamp=stamp)
    return Answer(view)


async def search_experiment_runs(call: Call) -> Answer:
    """Answer a page of the runs that a filter lets through."""
    experiment_id, page = call.values["experiment_id"], call.searched_page()
    return Answer(await call.read(experiment_runs.search_runs, experiment_id, call.body, page))


async def annotate_experiment_runs(call: Call) -> Answer:
    """Annotate runs of an experiment."""
    experiment_id, stamp = call.values["experiment_id"], call.stamp()
    await call.write(experiment_runs.annotate_runs, experiment_id, call.body, stamp=stamp)
    return Answer()
