"""Files with names that mean something to somebody, on their way to a client."""

import io
import zipfile
from collections.abc import Iterator
from email.message import Message
from urllib.parse import quote

import pytest

from evalwright_server.attack import CASES, Setting
from evalwright_server.attack.judging import is_plain
from evalwright_server.attack.prelude import source
from fixtures_server import RunningServer
from server.client import Api
from server.jobs import run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("attack")]

(PROGRAM,) = [case.program for case in CASES if case.name == "odd-names"]


@pytest.fixture(scope="module")
def api(running_server: RunningServer) -> Iterator[Api]:
    client = Api(running_server.url)
    yield client
    client.pool.clear()


@pytest.fixture(scope="module")
def job(api: Api) -> dict[str, object]:
    record = run(api, source(PROGRAM), input_data=Setting("mark", "").input_data())
    assert record["status"] == "succeeded", record
    return record


def names_of(job: dict[str, object]) -> list[str]:
    artifacts = job["artifacts"]
    assert isinstance(artifacts, list)
    return [each["name"] for each in artifacts]


def test_odd_names_are_kept_and_impossible_ones_told(job: dict[str, object]) -> None:
    names = names_of(job)
    assert {"good.txt", '"; filename="x', "$(reboot)", "ü😀", "x" * 255, "_code.py"} <= {*names}
    assert all(is_plain(name) for name in names)
    left_out = job["artifacts_left_out"]
    assert isinstance(left_out, list)
    assert len(left_out) >= 8
    assert all(each["name"].isprintable() and each["reason"] for each in left_out)


def test_each_comes_as_a_file_of_its_own_name(api: Api, job: dict[str, object]) -> None:
    for name in names_of(job):
        reply = api.get(f"/jobs/{job['job_id']}/artifacts/{quote(name, safe='')}")
        assert (reply.status, reply.content) == (200, b"good" if name == "good.txt" else b"odd")
        header = Message()
        header["Content-Disposition"] = reply.headers["Content-Disposition"]
        assert header.get_content_disposition() == "attachment"
        assert header.get_filename() == name.strip()  # as Python reads names
        assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_the_archive_unpacks_within_its_folder(api: Api, job: dict[str, object]) -> None:
    reply = api.get(f"/jobs/{job['job_id']}/artifacts.zip")
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        assert archive.testzip() is None
        unpacked = archive.namelist()
    assert len(unpacked) == len(names_of(job))
    for name in unpacked:
        assert ".." not in name.split("/")
        assert not name.startswith("/")
        assert is_plain(name.rpartition("/")[2])
