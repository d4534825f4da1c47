"""The files that jobs left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, select

from evalwright_server.services.errors import ResourceNotFound
from evalwright_server.services.job_views import FULL, view_records
from evalwright_server.services.jobs import find_job
from evalwright_server.services.requests import JsonObject
from evalwright_server.store.tables.jobs import job_artifacts

_FIND: Final = select(job_artifacts).where(
    job_artifacts.c.run_id == bindparam("of_run"), job_artifacts.c.name == bindparam("name")
)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file of a job.

    Attributes:
        name: Its name.
        size: In bytes.
        sha256: Of its content; what contents are kept by.
        content_type: Its media type, if its name tells.
        made_at: When the job that left it ended.
    """

    name: str
    size: int
    sha256: str
    content_type: str | None
    made_at: datetime


def list_artifacts(conn: Connection, job_id: str) -> JsonObject:
    """Return the files of a job; none before it has ended.

    Raises:
        ResourceNotFound: There is no such job.
    """
    record = view_records(conn, [find_job(conn, job_id)], FULL)[0]
    return {"artifacts": record["artifacts"], "left_out": record["artifacts_left_out"]}


def find_artifact(conn: Connection, job_id: str, name: str) -> Artifact:
    """Return a file of a job, by the name in its list: nothing is looked up on a disk.

    Raises:
        ResourceNotFound: There is no such job, it has not ended, or left no file of this name.
    """
    run = find_job(conn, job_id).run
    row = conn.execute(_FIND, {"of_run": run.id, "name": name}).one_or_none()
    if row is None or run.finished_at is None:
        hint = f"GET /jobs/{job_id}/artifacts lists the files of this job, once it has ended"
        raise ResourceNotFound("Artifact not found", hint=hint)
    return Artifact(row.name, row.size, row.sha256, row.content_type, run.finished_at)
