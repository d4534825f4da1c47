"""Whether many finished jobs slow the next one down: submit, poll and list with few and with many.

The rows are written straight into the database; what is measured goes over HTTP.
"""

import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.jobs import JobsApi

FEW, MANY = 1_000, 100_000
CALLS = 60


@dataclass(frozen=True)
class Times:
    """Medians in seconds, by what was called."""

    jobs: int
    seconds: Mapping[str, float]


def report(address: str, database: Path) -> str:
    """Measure with `FEW` and with `MANY` finished jobs; return text."""
    api = JobsApi(address)
    first = api.result(api.submit())["execution_id"]
    laps = []
    for jobs in (FEW, MANY):
        multiply(database, str(first), jobs)
        laps.append(Times(jobs, measure(api)))
    few, many = laps
    lines = [
        f"{name:<42}{seconds * 1e3:>9.2f} ms{seconds / few.seconds[name]:>9.2f}x"
        for name, seconds in many.seconds.items()
    ]
    return "\n".join([f"{MANY} finished jobs, of {FEW}", *lines, ""])


def measure(api: JobsApi) -> dict[str, float]:
    """Return medians of each call."""
    job = api.submit()
    api.result(job)
    calls: dict[str, Callable[[], object]] = {
        "submit": api.submit,
        "poll": lambda: api.call("GET", f"/jobs/{job}"),
        "list the newest 50": lambda: api.call("GET", "/executions?limit=50"),
        "list those with a rare status": lambda: api.call("GET", "/executions?status=oom&limit=50"),
    }
    found = {}
    for name, call in calls.items():
        seconds = []
        for _ in range(CALLS):
            began = time.perf_counter()
            answer = call()
            seconds.append(time.perf_counter() - began)
            if name == "submit":
                api.result(str(answer))  # so that the queue never fills
        found[name] = median(seconds)
    return found


def multiply(database: Path, uid: str, jobs: int) -> None:
    """Copy a finished job until there are so many."""
    with sqlite3.connect(database, timeout=60) as connection:
        connection.row_factory = sqlite3.Row
        (there,) = connection.execute("SELECT count(*) FROM jobs").fetchone()
        (run_id,) = connection.execute("SELECT id FROM runs WHERE uid = ?", [uid]).fetchone()
        for _ in range(jobs - there):
            copy = _copy(connection, "runs", "id", run_id, {"id": None, "uid": str(uuid.uuid4())})
            for table in ("jobs", "job_results"):
                _copy(connection, table, "run_id", run_id, {"run_id": copy})
        connection.execute("ANALYZE")


def _copy(
    connection: sqlite3.Connection,
    table: str,
    key: str,
    value: object,
    changes: Mapping[str, object],
) -> int:
    row = dict(connection.execute(f"SELECT * FROM {table} WHERE {key} = ?", [value]).fetchone())
    row.update(changes)
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    inserted = connection.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks})", [*row.values()]
    )
    return int(inserted.lastrowid or 0)
