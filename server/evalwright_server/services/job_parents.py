"""What is equal in a job and the one it was made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, select

from evalwright_server.services.jobs import StoredJob
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.jobs import jobs
from evalwright_server.store.tables.runs import runs

_HASHES: Final = (
    select(
        runs.c.uid,
        jobs.c.code_hash,
        jobs.c.input_hash,
        jobs.c.environment_hash,
        jobs.c.output_hash,
    )
    .join_from(runs, jobs)
    .where(runs.c.uid.in_(bindparam("uids", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class ParentHashes:
    """What is compared of the job that another one was made from."""

    code: str
    input: str
    environment: str | None
    output: str | None


def find_parents(conn: Connection, uids: Sequence[str]) -> dict[str, ParentHashes]:
    """Return what there is of these jobs, by public ID."""
    if not uids:
        return {}
    rows = conn.execute(_HASHES, {"uids": list(uids)})
    return {
        row.uid: ParentHashes(row.code_hash, row.input_hash, row.environment_hash, row.output_hash)
        for row in rows
    }


def compare(job: StoredJob, parent: ParentHashes | None) -> JsonObject:
    """Return what is equal in a job and its parent; None where that can't be told (yet)."""
    if parent is None:
        return dict.fromkeys(("code", "input", "environment", "output"))
    return {
        "code": _equal(job.code_hash, parent.code),
        "input": _equal(job.input_hash, parent.input),
        "environment": _equal(job.environment_hash, parent.environment),
        "output": _equal(job.output_hash, parent.output),
    }


def _equal(one: str | None, other: str | None) -> bool | None:
    return None if one is None or other is None else one == other
