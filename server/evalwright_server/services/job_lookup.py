"""Finding jobs by their public IDs."""

from sqlalchemy import Connection

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.kinds import RunKind
from evalwright_server.runs.records import RunRow
from evalwright_server.services.errors import ResourceNotFound


def find_job(conn: Connection, job_id: str, *, engine: Engine) -> RunRow:
    """Return the run of a job.

    Raises:
        ResourceNotFound: No job has this ID.
    """
    run = engine.find(conn, job_id)
    if run is None or run.kind != RunKind.JOB:
        raise ResourceNotFound("Job not found")
    return run
