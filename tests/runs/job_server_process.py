"""A server for jobs without a web side, as a process a test can kill.

`python -m runs.job_server_process URL`. Takes commands on standard input, one JSON object per
line: `{"submit": code}` is answered with the run's number once it is stored, `{"pids": null}` with
the workers' process IDs.
"""

import asyncio
import json
import sys

from sqlalchemy import Connection, select

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.job_payload import QUEUE, JobPayload
from evalwright_server.runs.openings import Opening
from evalwright_server.runs.pool import WorkerPool
from evalwright_server.runs.records import SubmittedRun
from evalwright_server.store.database import Database
from evalwright_server.store.tables.spaces import spaces
from runs.conftest import make_space
from runs.jobs_data import submit_job


async def main(url: str) -> None:
    async with await Database.open(url) as db:
        found: int | None = await db.read(lambda connection: connection.scalar(select(spaces.c.id)))
        space_id = await db.write(make_space) if found is None else found
        engine = Engine(db, lease_seconds=3)
        pool = WorkerPool(engine, workers=2)
        await pool.start()
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            command = json.loads(line)
            if "submit" not in command:
                print(pool.pids, flush=True)
                continue
            payload = JobPayload(command["submit"], {})

            def unit(
                connection: Connection, opening: Opening | None, payload: JobPayload = payload
            ) -> SubmittedRun:
                return submit_job(connection, engine, space_id, payload, opening)

            print((await engine.submit_directly(QUEUE, unit)).id, flush=True)
        await pool.stop(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
