"""What a run of a run_experiment task may be asked to do, and what its worker is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Row, func, select

from evalwright_server.runs.experiment_payload import ExperimentPayload
from evalwright_server.runs.producers.build import check_configuration
from evalwright_server.services.errors import Findings, ServiceError, UnprocessableRequest
from evalwright_server.services.examples import rows_of
from evalwright_server.services.model_access import ModelChoice, choose_model
from evalwright_server.services.names import require_free_name
from evalwright_server.services.query_filters import check_filter
from evalwright_server.services.references import find
from evalwright_server.services.requests import TriggerRunExperimentTaskRunRequest
from evalwright_server.services.task_rules import RUN_EXPERIMENT
from evalwright_server.services.versions import choose_version
from evalwright_server.store.ids import Kind, encode
from evalwright_server.store.tables.datasets import dataset_examples, datasets
from evalwright_server.store.tables.experiments import experiments

_LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class ExperimentPlan:
    """A run of a run_experiment task.

    Attributes:
        name: The name of the experiment to create.
        version: The dataset version it is over.
        last_example: The last example of it that belongs to the run.
        examples: Only these, if they were chosen one by one.
        choice: The model.
        evaluations: Tasks to run over the experiment afterwards.
        query_filter: Only examples for which this is true.
        most: How many of those; None where `last_example` says it.
    """

    name: str
    version: Row[Any]
    last_example: int
    examples: tuple[int, ...] | None
    choice: ModelChoice
    evaluations: tuple[int, ...]
    query_filter: str | None
    most: int | None

    def payload(
        self, task: Row[Any], experiment: int, body: TriggerRunExperimentTaskRunRequest
    ) -> dict[str, JsonValue]:
        """Return all that the worker needs, once the experiment exists."""
        payload = ExperimentPayload(
            experiment_id=experiment,
            dataset_version_id=self.version.id,
            last_example_id=self.last_example,
            example_ids=self.examples,
            configuration=task.run_configuration,
            model=self.choice.model,
            integration=self.choice.integration,
            tracing_metadata=body.get("tracing_metadata"),
            evaluation_task_ids=self.evaluations,
            query_filter=self.query_filter,
            max_examples=self.most,
        )
        return {"task_id": task.id, "type": task.type, **payload.to_json()}


def check_experiment(
    conn: Connection, task: Row[Any], body: TriggerRunExperimentTaskRunRequest
) -> ExperimentPlan:
    """Return what a run of a run_experiment task consists of.

    Raises:
        ServiceError: The request breaks a rule; all findings are listed.
    """
    findings = Findings()
    if "example_ids" in body and "max_examples" in body:
        for name in ("example_ids", "max_examples"):
            findings.add(f"/{name}", "give only one of example_ids and max_examples")
    dataset = conn.execute(select(datasets).where(datasets.c.id == task.dataset_id)).one()
    with findings.collecting():
        require_free_name(
            conn,
            experiments,
            Kind.EXPERIMENT,
            body["experiment_name"],
            experiments.c.dataset_id == dataset.id,
            place="in this dataset",
            pointer="/experiment_name",
        )
    version = _version(conn, dataset, body.get("dataset_version_id"), findings)
    given = body.get("example_ids")
    chosen = _examples(conn, version, given, findings) if version is not None and given else None
    evaluations = _evaluations(conn, dataset, body.get("evaluation_task_ids", []), findings)
    choice = _choose_model(conn, task, findings)
    query_filter = body.get("query_filter") or None
    check_filter(findings, "/query_filter", query_filter)
    findings.raise_if_any()
    if version is None or choice is None:
        raise LookupError("the findings should have been raised")
    most = None if "max_examples" not in body else min(int(body["max_examples"]), _LARGEST)
    # Which examples are the first ones that pass a filter, only going through them tells.
    last = chosen[-1] if chosen else _last(conn, version, None if query_filter else most)
    return ExperimentPlan(
        name=body["experiment_name"],
        version=version,
        last_example=last,
        examples=chosen,
        choice=choice,
        evaluations=evaluations,
        query_filter=query_filter,
        most=most if query_filter else None,
    )


def _version(
    conn: Connection, dataset: Row[Any], wanted: str | None, findings: Findings
) -> Row[Any] | None:
    try:
        return choose_version(conn, dataset, wanted, "/dataset_version_id")
    except ServiceError as error:
        findings.absorb(error)
        return None


def _choose_model(conn: Connection, task: Row[Any], findings: Findings) -> ModelChoice | None:
    configuration = task.run_configuration
    for wrong in check_configuration(configuration):
        message = f"the task's run_configuration{wrong.pointer}: {wrong.message}"
        findings.add("", message, error=UnprocessableRequest)
    return choose_model(conn, task.space_id, configuration, "the task", findings)


def _examples(
    conn: Connection, version: Row[Any], given: Sequence[str], findings: Findings
) -> tuple[int, ...]:
    """Return the keys of examples in the order of the dataset."""
    columns = (dataset_examples.c.id, dataset_examples.c.suffix)
    rows = conn.execute(rows_of(version).with_only_columns(*columns))
    known = {encode(Kind.DATASET_EXAMPLE, row.id, row.suffix): row.id for row in rows}
    for index, example_id in enumerate(given):
        if example_id not in known:
            pointer = f"/example_ids/{index}"
            message = "no example of the dataset version has this ID"
            findings.add(pointer, message, error=UnprocessableRequest)
    return tuple(sorted({known[example_id] for example_id in given if example_id in known}))


def _evaluations(
    conn: Connection, dataset: Row[Any], given: Sequence[str], findings: Findings
) -> tuple[int, ...]:
    """Return the keys of evaluation tasks over the same dataset."""
    keys: dict[int, None] = {}
    for index, task_id in enumerate(given):
        pointer = f"/evaluation_task_ids/{index}"
        other = find(conn, Kind.TASK, task_id, pointer, findings)
        if other is None:
            continue
        if other.type == RUN_EXPERIMENT or other.dataset_id != dataset.id:
            message = f"{other.name!r} is no evaluation task over the same dataset"
            findings.add(pointer, message, error=UnprocessableRequest)
        keys[other.id] = None
    return tuple(keys)


def _last(conn: Connection, version: Row[Any], most: int | None) -> int:
    """Return the last example of a version, or of the first so many; 0 if there is none.

    It holds the run to the examples there are now: a version may be added to in place.
    """
    ids = rows_of(version).with_only_columns(dataset_examples.c.id).order_by(dataset_examples.c.id)
    if most is not None:
        ids = ids.limit(most)
    last: int | None = conn.scalar(select(func.max(ids.subquery().c.id)))
    return last or 0
