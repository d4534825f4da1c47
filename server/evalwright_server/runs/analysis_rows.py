"""The rows that an analysis begins with, inserted in the transaction that submits its run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final
from uuid import uuid4

from pydantic import JsonValue
from sqlalchemy import Connection, insert

from evalwright_server.runs.analysis_payload import (
    MAX_ATTEMPTS,
    AnalysisKind,
    AnalysisPayload,
    queue_for,
)
from evalwright_server.runs.records import IdempotencyKey, NewRun
from evalwright_server.runs.sources.source import Item
from evalwright_server.store.tables.analyses import analyses, analysis_items, red_team_attacks

_CHUNK: Final = 500
_INSERT: Final = insert(analyses)
_INSERT_ITEMS: Final = insert(analysis_items)
_INSERT_ATTACKS: Final = insert(red_team_attacks)


@dataclass(frozen=True, slots=True)
class NewAnalysis:
    """An analysis to be.

    Attributes:
        kind: What kind it is.
        project_id: Key of the project it belongs to.
        payload: What to do.
        items: What to do it with.
        name: What its owner calls it.
        metadata: What is to come back with it.
        sealed: `Secrets` in a `SecretBox`.
        usage_key: Digest of the API key whose quota it counts for.
        usage_period: In which period, such as `2026-11`.
    """

    kind: AnalysisKind
    project_id: int
    payload: AnalysisPayload
    items: Sequence[Item]
    name: str | None = None
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    sealed: bytes | None = field(default=None, repr=False)
    usage_key: str | None = None
    usage_period: str | None = None


def new_run(
    kind: AnalysisKind,
    space_id: int,
    payload: AnalysisPayload,
    *,
    total_items: int,
    idempotency: IdempotencyKey | None = None,
    queue_limit: int | None = None,
) -> NewRun:
    """Return the run of an analysis.

    Submit it without an opening: what its worker is told in confidence is in the row of
    `add_analysis`, which is only there after the run.

    Args:
        kind: What kind it is.
        space_id: Key of the space it belongs to.
        payload: What to do.
        total_items: With how many items.
        idempotency: Makes submitting it twice harmless.
        queue_limit: How many analyses may wait; None for any number.
    """
    return NewRun(
        kind,
        space_id,
        payload.to_json(),
        queue=queue_for(total_items),
        max_attempts=MAX_ATTEMPTS,
        idempotency=idempotency,
        uid=str(uuid4()),
        queue_limit=queue_limit,
    )


def add_analysis(connection: Connection, run_id: int, new: NewAnalysis) -> None:
    """Insert what belongs to an analysis besides its run."""
    connection.execute(
        _INSERT,
        {
            "run_id": run_id,
            "project_id": new.project_id,
            "kind": new.kind,
            "name": new.name,
            "total_items": len(new.items),
            "usage_key": new.usage_key,
            "usage_period": new.usage_period,
            "sealed": new.sealed,
            "options": dict(new.payload.options),
            "metadata": dict(new.metadata),
        },
    )
    rows = (
        {"run_id": run_id, "position": position, "item": dict(item)}
        for position, item in enumerate(new.items)
    )
    while chunk := list(islice(rows, _CHUNK)):
        connection.execute(_INSERT_ITEMS, chunk)
    if new.kind is AnalysisKind.RED_TEAM:
        connection.execute(_INSERT_ATTACKS, list(_attacks(run_id, new.items)))


def _attacks(run_id: int, items: Sequence[Item]) -> Iterator[dict[str, object]]:
    for position, item in enumerate(items):
        yield {
            "run_id": run_id,
            "position": position,
            "vector": item["vector"],
            "category": item["category"],
            "status": "pending",
        }
