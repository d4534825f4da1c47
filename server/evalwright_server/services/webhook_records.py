"""What webhooks tell about a job."""

from sqlalchemy import Connection

from evalwright_server.runs.engine import Engine
from evalwright_server.services.job_views import view_details
from evalwright_server.services.jobs import find_job
from evalwright_server.services.requests import JsonObject


def read_record(conn: Connection, run_id: int, *, engine: Engine) -> JsonObject | None:
    """Return everything that is known about a job, or None if it was deleted."""
    run = engine.get(conn, run_id)
    if run is None or run.uid is None:
        return None
    return view_details(conn, find_job(conn, run.uid), None)
