"""Jobs in the database, as services put them there, and what is left of them."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, select

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.job_payload import MAX_ATTEMPTS, QUEUE, JobPayload
from evalwright_server.runs.job_report import ArtifactFile
from evalwright_server.runs.openings import Opening
from evalwright_server.runs.records import NewRun, SubmittedRun
from evalwright_server.store.tables.jobs import (
    dead_letters,
    job_artifacts,
    job_output,
    job_results,
    jobs,
)


def submit_job(
    connection: Connection,
    engine: Engine,
    space_id: int,
    payload: JobPayload | None = None,
    opening: Opening | None = None,
    **options: Any,
) -> SubmittedRun:
    """Insert a job and its run."""
    payload = payload or JobPayload("print(1)", {})
    stored = payload.to_json()
    values = {"queue": QUEUE, "max_attempts": MAX_ATTEMPTS, "uid": str(uuid4()), **options}
    submitted = engine.submit(connection, NewRun("job", space_id, stored, **values), opening)
    code, data = payload.code.encode(), json.dumps(payload.input_data).encode()
    if submitted.created:
        connection.execute(
            insert(jobs),
            {
                "run_id": submitted.id,
                "job_type": payload.job_type,
                "job_ref": payload.job_version,
                "job_version": payload.job_version,
                "is_held": False,
                "correlation_id": "correlation",
                "code_hash": hashlib.sha256(code).hexdigest(),
                "code_bytes": len(code),
                "input_hash": hashlib.sha256(data).hexdigest(),
                "input_bytes": len(data),
            },
        )
    return submitted


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a job."""

    record: dict[str, Any]
    stdout: str
    stderr: str
    output: str | None
    job: dict[str, Any]
    artifacts: dict[str, str]
    live: list[tuple[int, int, str, str]]
    dead: list[dict[str, Any]]


def remains(connection: Connection, run_id: int) -> Remains:
    """Return what is left of a job that has ended."""
    found = connection.execute(select(job_results).where(job_results.c.run_id == run_id)).one()
    job = connection.execute(select(jobs).where(jobs.c.run_id == run_id)).mappings().one()
    files = connection.execute(
        select(job_artifacts).where(job_artifacts.c.run_id == run_id).order_by("position")
    )
    pieces = connection.execute(
        select(job_output).where(job_output.c.run_id == run_id).order_by("attempt", "seq")
    )
    dead = connection.execute(select(dead_letters).where(dead_letters.c.run_id == run_id))
    return Remains(
        found.record,
        found.stdout,
        found.stderr,
        found.output,
        dict(job),
        {file.name: file.sha256 for file in files},
        [(piece.attempt, piece.seq, piece.stream, piece.text) for piece in pieces],
        [dict(row) for row in dead.mappings()],
    )


def file_of(name: str, content: bytes, *, is_inline: bool = True) -> ArtifactFile:
    """Return a file of a report, with its content or after it."""
    data = base64.b64encode(content).decode() if is_inline else None
    return ArtifactFile(name, len(content), hashlib.sha256(content).hexdigest(), None, data)
