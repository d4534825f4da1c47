"""All files of a job as one zip archive, made while it is sent."""

import asyncio
import hashlib
import io
import random
import shutil
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from databases import database_url, db, postgresql
from evalwright_server.runs.engine import Engine
from evalwright_server.runs.job_payload import QUEUE
from evalwright_server.runs.job_report import ArtifactFile, JobRecord, JobReport
from evalwright_server.runs.kinds import SOURCES
from evalwright_server.runs.leases import Leases
from evalwright_server.runs.records import Finish
from evalwright_server.runs.states import State
from evalwright_server.services.archive_names import archive_names
from evalwright_server.services.errors import ResourceNotFound
from evalwright_server.services.job_archive import get_archive, pack
from evalwright_server.store.blobs import put
from evalwright_server.store.database import Database
from runs.conftest import space_id
from runs.jobs_data import file_of, submit_job

__all__ = ["database_url", "db", "postgresql", "space_id"]

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["b.txt", "a b.txt"], ["a b.txt", "b.txt"]),
        (["grün.txt", "文件.csv", "🎉"], ["grün.txt", "文件.csv", "🎉"]),
        (["A.txt", "a.txt", "a (2).txt"], ["A.txt", "a (2).txt", "a (3).txt"]),
        (["\u00e9", "e\u0301"], ["e\u0301", "\u00e9 (2)"]),
        (["a:b", "a?b"], ["a_b", "a_b (2)"]),
        (["nul", "CON.txt", "com1.log", "console"], ["_CON.txt", "_com1.log", "console", "_nul"]),
        (["dots..", " blanks "], ["blanks_", "dots__"]),
        (["in\u202ecod.exe"], ["in_cod.exe"]),
        (["C:\\x", "a/b"], ["C__x", "a_b"]),
        (["x" * 255, "X" * 255], ["X" * 255, "x" * 251 + " (2)"]),
    ],
)
def test_names_stay_unless_some_system_has_no_such_file(
    names: list[str], expected: list[str]
) -> None:
    assert list(archive_names(names).values()) == expected


@given(st.lists(st.text(st.characters(exclude_characters="/\x00"), min_size=1), unique=True))
def test_any_names_give_names_that_differ_on_every_system(names: list[str]) -> None:
    chosen = archive_names(names)
    assert set(chosen) == set(names)
    assert len({name.casefold() for name in chosen.values()}) == len(names)
    for name in chosen.values():
        assert 0 < len(name.encode()) <= 255
        assert not set(name) & set('/\\:*?"<>|\x00')
        assert name.strip(". ")


class Desk:
    """An engine whose jobs end with files."""

    def __init__(self, db: Database, space_id: int) -> None:
        self.engine = Engine(db)
        self.space_id = space_id

    async def submit(self) -> str:
        submitted = await self.engine.db.write(
            lambda connection: submit_job(connection, self.engine, self.space_id)
        )
        assert submitted.uid is not None
        return submitted.uid

    async def finish(self, *files: ArtifactFile) -> str:
        """Insert a job that has ended with these files, and return its ID."""
        job_id = await self.submit()
        worker = Leases(self.engine, "worker", SOURCES)
        [(claimed, _)] = await worker.claim(QUEUE, 1)
        report = JobReport(JobRecord().to_json(), artifacts=files)
        await worker.finish(claimed, Finish(State.SUCCEEDED, result=report.to_json()))
        return job_id

    async def keep(self, name: str, content: bytes) -> ArtifactFile:
        """Send a content in before the end, as workers do with large ones."""
        digest = hashlib.sha256(content).hexdigest()
        await self.engine.db.write(lambda connection: put(connection, digest, content))
        return file_of(name, content, is_inline=False)

    async def pieces(self, job_id: str) -> list[bytes]:
        db = self.engine.db
        archive = await db.read(lambda connection: get_archive(connection, job_id))
        return [piece async for piece in pack(db, archive)]


@pytest.fixture
def desk(db: Database, space_id: int) -> Desk:
    return Desk(db, space_id)


def contents(archive: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        for info in opened.infolist():
            yield info.filename, opened.read(info)


async def test_the_archive_holds_every_file(desk: Desk, tmp_path: Path) -> None:
    large = random.Random(1).randbytes(MIB + 7)
    files = {"z.txt": b"last", "grün 文件.bin": large, "empty": b"", "a.json": b"{}"}
    job_id = await desk.finish(*[await desk.keep(*each) for each in files.items()])
    archive = b"".join(await desk.pieces(job_id))
    assert list(contents(archive)) == sorted(files.items())
    unzip = shutil.which("unzip")
    if unzip is not None:
        (tmp_path / "all.zip").write_bytes(archive)
        process = await asyncio.create_subprocess_exec(unzip, "-tq", tmp_path / "all.zip")
        assert await process.wait() == 0


async def test_the_same_files_give_the_same_bytes_and_the_time_of_the_end(desk: Desk) -> None:
    job_id = await desk.finish(file_of("b", b"2"), file_of("a", b"1"))
    first, second = [b"".join(await desk.pieces(job_id)) for _ in range(2)]
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as opened:
        moments = {datetime(*info.date_time, tzinfo=UTC) for info in opened.infolist()}
        assert {info.external_attr >> 16 for info in opened.infolist()} == {0o100644}
    [moment] = moments
    assert abs((moment - datetime.now(UTC)).total_seconds()) < 60


async def test_no_piece_is_much_larger_than_a_chunk(desk: Desk) -> None:
    """What bounds the memory: a file is never held as a whole."""
    content = random.Random(2).randbytes(4 * MIB)
    pieces = await desk.pieces(await desk.finish(await desk.keep("large", content)))
    assert max(map(len, pieces)) < 512 * 1024


async def test_a_job_without_files_gives_an_empty_archive(desk: Desk) -> None:
    assert list(contents(b"".join(await desk.pieces(await desk.finish())))) == []


async def test_a_download_that_is_given_up_leaves_nothing_open(desk: Desk) -> None:
    job_id = await desk.finish(await desk.keep("large", random.Random(3).randbytes(MIB)))
    db = desk.engine.db
    archive = await db.read(lambda connection: get_archive(connection, job_id))
    pieces = pack(db, archive)
    assert await anext(pieces)
    await pieces.aclose()


async def test_only_a_job_that_has_ended_has_an_archive(desk: Desk) -> None:
    waiting = await desk.submit()
    for job_id in (waiting, "no-such-job"):
        with pytest.raises(ResourceNotFound, match="Job not found"):
            await desk.pieces(job_id)
