"""From public IDs to rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, bindparam, select

from evalwright_server.services.errors import (
    FieldError,
    Findings,
    InvalidRequest,
    ResourceNotFound,
    ServiceError,
)
from evalwright_server.store.ids import InvalidId, Kind, ResourceId, decode
from evalwright_server.store.tables.ai_integrations import ai_integrations
from evalwright_server.store.tables.datasets import dataset_examples, dataset_versions, datasets
from evalwright_server.store.tables.evaluators import evaluator_versions, evaluators
from evalwright_server.store.tables.experiments import experiment_runs, experiments
from evalwright_server.store.tables.projects import projects
from evalwright_server.store.tables.runs import runs
from evalwright_server.store.tables.spaces import organizations, spaces, users
from evalwright_server.store.tables.tasks import tasks

_TABLES: dict[Kind, tuple[Table, str]] = {
    Kind.AI_INTEGRATION: (ai_integrations, "AI integration"),
    Kind.DATASET: (datasets, "dataset"),
    Kind.DATASET_EXAMPLE: (dataset_examples, "dataset example"),
    Kind.DATASET_VERSION: (dataset_versions, "dataset version"),
    Kind.EVALUATOR: (evaluators, "evaluator"),
    Kind.EVALUATOR_VERSION: (evaluator_versions, "evaluator version"),
    Kind.EXPERIMENT: (experiments, "experiment"),
    Kind.EXPERIMENT_RUN: (experiment_runs, "experiment run"),
    Kind.ORGANIZATION: (organizations, "organization"),
    Kind.PROJECT: (projects, "project"),
    Kind.SPACE: (spaces, "space"),
    Kind.TASK: (tasks, "task"),
    Kind.TASK_RUN: (runs, "run"),
    Kind.USER: (users, "user"),
}


# Built once: most requests begin with one, and building it costs as much as running it.
_STATEMENTS: dict[Kind, Select[Any]] = {
    kind: select(table).where(table.c.id == bindparam("number"))
    for kind, (table, _) in _TABLES.items()
}


def require(conn: Connection, kind: Kind, text: str, pointer: str) -> Row[Any]:
    """Return the row that a public ID names.

    Args:
        conn: The transaction.
        kind: What the ID has to name.
        text: The ID.
        pointer: Where in the request the ID stands.

    Raises:
        InvalidRequest: The text is no ID.
        ResourceNotFound: No row has it, or it names something of another kind.
    """
    _, noun = _TABLES[kind]
    try:
        resource = decode(text)
    except InvalidId as error:
        raise _refusal(InvalidRequest, pointer, str(error)) from error
    if resource.kind is not kind:
        other = noun_of(resource.kind)
        message = f"{text!r} is the ID of a {other}; expected that of a {noun}"
        raise _refusal(ResourceNotFound, pointer, message)
    row = conn.execute(_STATEMENTS[kind], {"number": resource.number}).one_or_none()
    if row is None or row.suffix != resource.suffix:
        message = f"no {noun} has the ID {text!r}; it may have been deleted"
        raise _refusal(ResourceNotFound, pointer, message)
    return row


def noun_of(kind: Kind) -> str:
    """Return what a kind of thing is called in messages."""
    return _TABLES[kind][1] if kind in _TABLES else kind.value


def find(
    conn: Connection, kind: Kind, text: str, pointer: str, findings: Findings
) -> Row[Any] | None:
    """Return the row that a public ID names, or None with the reason added to `findings`."""
    try:
        return require(conn, kind, text, pointer)
    except ServiceError as error:
        findings.absorb(error)
        return None


def decode_all(texts: Sequence[str], pointer: str) -> list[ResourceId]:
    """Return IDs taken apart, whether there is something behind them or not.

    Raises:
        InvalidRequest: Naming every text that is no ID.
    """
    findings = Findings()
    decoded: list[ResourceId] = []
    for text in texts:
        try:
            decoded.append(decode(text))
        except InvalidId as error:
            findings.add(pointer, str(error))
    findings.raise_if_any()
    return decoded


def decode_each(texts: Sequence[str], pointer: str) -> list[ResourceId]:
    """Return the IDs in a member of the body taken apart, whether something is behind them or not.

    Raises:
        InvalidRequest: Naming the place of every text that is no ID.
    """
    findings = Findings()
    decoded: list[ResourceId] = []
    for index, text in enumerate(texts):
        try:
            decoded.append(decode(text))
        except InvalidId as error:
            findings.add(f"{pointer}/{index}", str(error))
    findings.raise_if_any()
    return decoded


def _refusal(error: type[ServiceError], pointer: str, message: str) -> ServiceError:
    return error(message, [FieldError(pointer, message)])
