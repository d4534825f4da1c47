"""Jobs as they stand in answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import Connection, bindparam, null, select

from evalwright_server.runs.result_json import NAME
from evalwright_server.services.job_parents import ParentHashes, compare, find_parents
from evalwright_server.services.jobs import StoredJob
from evalwright_server.services.requests import JsonObject
from evalwright_server.services.webhooks import view_webhooks
from evalwright_server.store.tables.jobs import job_artifacts, job_results

FULL: Final = "full"
"""The view that shows everything; every other one is the usual one."""

_OF_RUNS: Final = job_results.c.run_id.in_(bindparam("of_runs", expanding=True))
_RESULTS: Final = select(job_results).where(_OF_RUNS)
_RESULTS_ALONE: Final = select(
    *(null().label("output") if column.name == "output" else column for column in job_results.c)
).where(_OF_RUNS)
_RESULT_SIZES: Final = select(job_artifacts.c.run_id, job_artifacts.c.size).where(
    job_artifacts.c.run_id.in_(bindparam("of_runs", expanding=True)),
    job_artifacts.c.name == NAME,
)
_ARTIFACTS: Final = (
    select(job_artifacts)
    .where(job_artifacts.c.run_id.in_(bindparam("of_runs", expanding=True)))
    .order_by(job_artifacts.c.run_id, job_artifacts.c.position)
)


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a job that has ended; empty before.

    Attributes:
        record: See `runs.job_report.JobRecord`.
        stdout: What was kept of it.
        stderr: What was kept of it.
        output: The text of a JSON object, if there is one.
    """

    record: Mapping[str, Any] = field(default_factory=dict)
    stdout: str = ""
    stderr: str = ""
    output: str | None = None

    def view_output(self) -> orjson.Fragment | None:
        """Return the output as it stands in answers: as the program wrote it, digit by digit."""
        return None if self.output is None else orjson.Fragment(self.output)


NOTHING: Final = Remains()
_LEFT_OUT: Final = "the output is too large for this page; GET /executions/{id} has it"


def view_status(job: StoredJob, position: int | None) -> JsonObject:
    """Return where a job stands.

    Args:
        job: The job.
        position: Its place among those that wait.
    """
    run = job.run
    return {
        "job_id": job.uid,
        "status": run.state,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "duration_ms": duration_ms(job),
        "queue_position": position,
    }


def view_details(conn: Connection, job: StoredJob, position: int | None) -> JsonObject:
    """Return where a job stands, and everything that is known about it."""
    return {**view_records(conn, [job], FULL)[0], **view_status(job, position)}


def view_records(
    conn: Connection,
    found: Sequence[StoredJob],
    view: str | None,
    most_output_bytes: int | None = None,
) -> list[JsonObject]:
    """Return the records of jobs.

    Args:
        conn: Where they are.
        found: The jobs.
        view: How much is shown of them.
        most_output_bytes: Of all outputs together; those for which no room is left are left out,
            or a page of jobs with large ones would be more than a server can hold.
    """
    keys = [job.run.id for job in found]
    remains = _find_remains(conn, keys, most_output_bytes)
    records = [view_record(job, remains.get(job.run.id, NOTHING)) for job in found]
    if view != FULL:
        return records
    artifacts = _view_artifacts(conn, keys)
    parents = find_parents(conn, [job.parent_uid for job in found if job.parent_uid])
    webhooks = view_webhooks(conn, keys)
    return [
        {
            **record,
            **_extend(job, remains.get(job.run.id, NOTHING), artifacts.get(job.run.id, [])),
            **_view_lineage(job, parents),
            **_view_webhook(job, webhooks),
        }
        for job, record in zip(found, records, strict=True)
    ]


def _find_remains(conn: Connection, keys: list[int], most: int | None) -> dict[int, Remains]:
    large = set[int]()
    if most is not None:
        room = most
        sizes = {row.run_id: row.size for row in conn.execute(_RESULT_SIZES, {"of_runs": keys})}
        for key in keys:
            if sizes.get(key, 0) > room:
                large.add(key)
            else:
                room -= sizes.get(key, 0)
    rows = list(conn.execute(_RESULTS, {"of_runs": [key for key in keys if key not in large]}))
    alone = list(conn.execute(_RESULTS_ALONE, {"of_runs": list(large)})) if large else []
    remains = {row.run_id: Remains(row.record, row.stdout, row.stderr, row.output) for row in rows}
    noted = {
        row.run_id: Remains({**row.record, "note": _LEFT_OUT}, row.stdout, row.stderr)
        for row in alone
    }
    return remains | noted


def view_record(job: StoredJob, remains: Remains) -> JsonObject:
    """Return the record of a job, without what only its full view has."""
    run, record = job.run, remains.record
    return {
        "execution_id": job.uid,
        "status": run.state,
        "job_type": job.job_type,
        "job_version": job.job_version,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.finished_at,
        "duration_ms": duration_ms(job),
        "exit_code": record.get("exit_code"),
        "stdout": remains.stdout,
        "stderr": remains.stderr,
        "output": remains.view_output(),
        "error": record.get("error"),
        "timing": record.get("timing"),
        "runtime": record.get("runtime"),
    }


def duration_ms(job: StoredJob) -> int | None:
    """Return how long a job ran, or None if it has not ended or never ran."""
    started, ended = job.run.started_at, job.run.finished_at
    if started is None or ended is None:
        return None
    return round((ended - started).total_seconds() * 1000)


def _extend(job: StoredJob, remains: Remains, artifacts: list[JsonObject]) -> JsonObject:
    """Return what only the full view of a record has."""
    record = remains.record
    hashes = {
        "code_hash": job.code_hash,
        "input_hash": job.input_hash,
        "environment_hash": job.environment_hash,
        "output_hash": job.output_hash,
    }
    return {
        "job_id": job.uid,
        "attempt": job.run.attempt,
        "job_ref": job.job_ref,
        "stdout_truncated": record.get("stdout_truncated", False),
        "stderr_truncated": record.get("stderr_truncated", False),
        "note": record.get("note"),
        "isolation": record.get("isolation"),
        "artifacts": artifacts,
        "artifacts_left_out": record.get("artifacts_left_out", []),
        "input_artifacts": _view_inputs(job),
        "resource_usage": record.get("resource_usage") or {},
        "content_hashes": {name: value for name, value in hashes.items() if value is not None},
        "code_hash": job.code_hash,
        "input_hash": job.input_hash,
        "idempotency_key": job.key,
    }


def _view_inputs(job: StoredJob) -> list[JsonObject]:
    return [
        view_file("_code.py", job.code_bytes, job.code_hash, "text/x-python"),
        view_file("_input.json", job.input_bytes, job.input_hash, "application/json"),
    ]


def view_file(name: str, size: int, sha256: str, content_type: str | None) -> JsonObject:
    """Return a file of a job; clients of different ages look for its size by different names."""
    return {
        "name": name,
        "size": size,
        "size_bytes": size,
        "sha256": sha256,
        "content_type": content_type,
    }


def _view_artifacts(conn: Connection, keys: Sequence[int]) -> dict[int, list[JsonObject]]:
    found: dict[int, list[JsonObject]] = {}
    for row in conn.execute(_ARTIFACTS, {"of_runs": keys}):
        view = view_file(row.name, row.size, row.sha256, row.content_type)
        found.setdefault(row.run_id, []).append(view)
    return found


def _view_lineage(job: StoredJob, parents: Mapping[str, ParentHashes]) -> JsonObject:
    """Return where a job came from; the members are missing if it came from no other."""
    if job.parent_uid is None:
        return {}
    return {
        "parent_execution_id": job.parent_uid,
        "relationship": job.relationship,
        "comparison": compare(job, parents.get(job.parent_uid)),
    }


def _view_webhook(job: StoredJob, webhooks: Mapping[int, JsonObject]) -> JsonObject:
    webhook = webhooks.get(job.run.id)
    return {} if webhook is None else {"webhook": webhook}
