"""All files of a job as one archive."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection, bindparam, select

from evalwright_server.services.archive_names import archive_names
from evalwright_server.services.errors import ResourceNotFound
from evalwright_server.services.jobs import find_job
from evalwright_server.services.zip_stream import ZipStream
from evalwright_server.store.blobs import chunk_count, read_chunk
from evalwright_server.store.database import Database
from evalwright_server.store.tables.jobs import job_artifacts

_FILES: Final = select(job_artifacts.c.name, job_artifacts.c.size, job_artifacts.c.sha256).where(
    job_artifacts.c.run_id == bindparam("of_run")
)


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file that goes into an archive under this name."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive is made of.

    Attributes:
        job_id: Whose files they are.
        moment: When the job ended: the time of every file.
        files: In their order.
    """

    job_id: str
    moment: datetime
    files: list[ArchivedFile]


def get_archive(conn: Connection, job_id: str) -> Archive:
    """Return what the archive of a job's files is made of.

    Raises:
        ResourceNotFound: There is no such job, or it has not ended.
    """
    run = find_job(conn, job_id).run
    if run.finished_at is None:
        hint = f"it is {run.state}: its files are kept when it ends"
        raise ResourceNotFound("Job not found or not completed", hint=hint)
    found = {row.name: row for row in conn.execute(_FILES, {"of_run": run.id})}
    files = [
        ArchivedFile(name, found[own].size, found[own].sha256)
        for own, name in archive_names(found).items()
    ]
    return Archive(job_id, run.finished_at, files)


async def pack(db: Database, archive: Archive) -> AsyncGenerator[bytes, None]:
    """Yield the archive, with no more than a chunk of a file in memory at a time.

    Raises:
        LookupError: A file was deleted meanwhile; what was yielded is no archive.
    """
    stream = ZipStream(archive.moment)
    try:
        for file in archive.files:
            yield stream.begin(file.name, file.size)
            for position in range(chunk_count(file.size)):
                chunk = await db.read(partial(read_chunk, digest=file.sha256, position=position))
                piece = await asyncio.to_thread(stream.write, chunk)
                if piece:
                    yield piece
            yield stream.end()
        yield stream.close()
    finally:
        stream.close()
