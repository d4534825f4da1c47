"""A server without a web side, as a process a test can kill: `python -m runs.server_process URL`.

It makes a space if there is none, and takes commands on standard input, one JSON object per line:
`{"submit": payload}` is answered with the run's number, `{"pids": null}` with the workers'
process IDs.
"""

import asyncio
import json
import sys
from functools import partial

from sqlalchemy import Connection, select

from evalwright_server.runs.engine import Engine
from evalwright_server.runs.pool import WorkerPool
from evalwright_server.runs.records import NewRun, SubmittedRun
from evalwright_server.store.database import Database
from evalwright_server.store.tables.spaces import spaces
from runs.conftest import make_space
from runs.sample_handlers import KIND, SOURCES


def submit(engine: Engine, run: NewRun, connection: Connection) -> SubmittedRun:
    return engine.submit(connection, run)


async def main(url: str) -> None:
    async with await Database.open(url) as db:
        found: int | None = await db.read(lambda connection: connection.scalar(select(spaces.c.id)))
        space_id = await db.write(make_space) if found is None else found
        engine = Engine(db, lease_seconds=3)
        pool = WorkerPool(
            engine, workers=2, sources=SOURCES, handlers="runs.sample_handlers:make_handlers"
        )
        await pool.start()
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            command = json.loads(line)
            if "submit" in command:
                run = NewRun(KIND, space_id, command["submit"])
                print((await db.write(partial(submit, engine, run))).id, flush=True)
            else:
                print(pool.pids, flush=True)
        await pool.stop(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
